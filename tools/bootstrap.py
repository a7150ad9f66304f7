#!/usr/bin/env python3
"""Make .venv from the hash-pinned lock files, then run its Python with the given words.

    python3 tools/bootstrap.py [--dev] manage.py up
    python3 tools/bootstrap.py --dev -m pytest

Standard library only, and written so that an old Python can still say what is wrong.
QUANYU_PYTHON chooses the Python, QUANYU_VENV another folder than .venv.
"""

import contextlib
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEED = (3, 11)
VENV = Path(os.environ.get("QUANYU_VENV") or ROOT / ".venv")
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
STAMP = VENV / ".quanyu-stamp"
PROBE = "import sys, venv; print(sys.version_info[:2] >= (%d, %d)); import ensurepip"


def say(text):
    print("setup   | " + text, file=sys.stderr, flush=True)


def give_up(text):
    sys.exit("setup   | " + text)


def probe(exe):
    """'ok', 'no pip' (Debian without python3-venv) or '' for one Python."""
    try:
        done = subprocess.run([exe, "-c", PROBE % NEED], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.stdout.strip() != "True":
        return ""
    return "ok" if done.returncode == 0 else "no pip"


def candidates():
    """Pythons in the order of preference: the one asked for, the one running, then those found."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    yield os.environ.get("QUANYU_PYTHON")
    yield sys.executable
    for minor in (13, 12, 11, 14):
        yield shutil.which("python3.%d" % minor)
    yield shutil.which("python3")
    for pattern in (pyenv + "/versions/3.1[1-9]*/bin/python3", "/usr/local/bin/python3.1[1-9]"):
        yield from sorted(glob.glob(pattern), reverse=True)


def for_all(exe):
    """True when an ordinary account can run this Python (root's own, as of pyenv, lies in a private folder)."""
    path = Path(exe).resolve()
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def find_python():
    """The path of a Python that can make environments; installs python3-venv on Debian when root."""
    bare, asked = None, os.environ.get("QUANYU_PYTHON")
    if asked and not probe(asked):
        give_up("QUANYU_PYTHON=%s is no Python %d.%d or newer: give the path of one, or unset it" % (asked, *NEED))
    found = [exe for exe in candidates() if exe]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and not os.environ.get("QUANYU_PYTHON"):
        found.sort(key=lambda exe: not (os.path.exists(exe) and for_all(exe)))
    for exe in found:
        state = probe(exe)
        if state == "ok":
            return exe
        if state == "no pip":
            bare = bare or exe
    apt = shutil.which("apt-get")
    if bare and apt and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("this Python lacks venv; installing python3-venv with apt-get")
        subprocess.run([apt, "-qq", "update"], check=False)
        subprocess.run([apt, "-qq", "-y", "install", "python3-venv"], check=False)
        if probe(bare) == "ok":
            return bare
    if bare:
        give_up("%s cannot make environments. On Debian or Ubuntu: apt-get install python3-venv" % bare)
    return give_up(
        "Python %d.%d or newer was not found (this is %s). Install one, or point to it: QUANYU_PYTHON=/path/to/python3"
        % (*NEED, sys.version.split()[0])
    )


def digest(*locks):
    return hashlib.sha256(b"".join((ROOT / "requirements" / name).read_bytes() for name in locks)).hexdigest()


def works():
    """True when the environment's Python starts (it does not after the system's Python was replaced)."""
    try:
        return subprocess.run([str(PYTHON), "-c", ""], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def uv_environment():
    """uv does not read pip's settings: hand it pip's mirror, if there is one."""
    env = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_LINK_MODE="copy", UV_NO_CONFIG="1")
    if "UV_DEFAULT_INDEX" not in env:
        ask = [str(PYTHON), "-m", "pip", "config", "get", "global.index-url"]
        found = os.environ.get("PIP_INDEX_URL")
        if not found:
            found = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
        if found:
            env["UV_DEFAULT_INDEX"] = found
    return env


def install(lock):
    """Install one lock file with uv, or with pip where uv cannot."""
    requirements = ROOT / "requirements"
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]
    if subprocess.call([*pip, str(requirements / "bootstrap.lock")]):
        give_up(
            "the installer could not be fetched. Check the network or your mirror "
            "(pip config set global.index-url …), then run the same command again."
        )
    words = ["-m", "uv", "--system-certs", "pip", "install", "-q", "--compile-bytecode"]
    words += ["--require-hashes", "--python", str(PYTHON), "-r"]
    if subprocess.call([str(PYTHON), *words, str(requirements / lock)], env=uv_environment()):
        say("uv could not install; trying pip")
        if subprocess.call([*pip, str(requirements / lock)]):
            give_up(
                "packages could not be installed (the lines above say why). With no network: connect once, "
                "later starts need none. With a full disk: about 1 GB is needed. Then run the same command again."
            )


@contextlib.contextmanager
def alone():
    """Two commands started together must not build the same environment."""
    try:
        import fcntl

        VENV.parent.mkdir(parents=True, exist_ok=True)
        handle = open(str(VENV) + ".lock", "a")
    except (ImportError, OSError):
        yield
        return
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(dev):
    """Make or renew the environment; does nothing when the lock files did not change."""
    runtime = digest("bootstrap.lock", "runtime.lock")
    both = digest("bootstrap.lock", "dev.lock") + " " + runtime
    have = STAMP.read_text().split() if STAMP.exists() else []
    if (both.split()[0] if dev else runtime) in have and works():
        return
    dev = dev or len(have) > 1  # what the developers' tools need stays
    if not works():
        shutil.rmtree(VENV, ignore_errors=True)
        python = find_python()
        say("making %s with %s" % (VENV.name, python))
        if subprocess.call([python, "-m", "venv", str(VENV)]):
            give_up("%s could not be made; is the disk full, or the folder read-only?" % VENV)
    if STAMP.exists():
        STAMP.unlink()
    say("installing packages (once; about a minute)")
    install("dev.lock" if dev else "runtime.lock")
    STAMP.write_text(both if dev else runtime)


def main():
    words = sys.argv[1:]
    dev = words[:1] == ["--dev"]
    with alone():
        ensure(dev)
    command = [str(PYTHON), *words[dev:]]
    os.chdir(str(ROOT))
    if WINDOWS:
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
