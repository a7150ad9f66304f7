"""Processes that we start: as an ordinary account, dying with their parent, found again after a crash."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from .places import Account, key, reaches

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ServiceError(RuntimeError):
    """A service did not do what it must; the text says what to do."""


def dies_with_parent(number: int) -> Callable[[], None] | None:
    """For Popen's ``preexec_fn``: the kernel sends ``number`` when the parent ends in any way (Linux)."""
    if _libc is None:
        return None
    prctl = _libc.prctl
    return lambda: prctl(PR_SET_PDEATHSIG, number)


def identity(account: Account | None) -> dict[str, Any]:
    """Popen's words that drop root's rights and groups."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def reading_all(account: Account) -> list[str] | None:
    """Words before a command that run it as the account, still able to read (never write) what root keeps to itself.

    For a checkout or a Python below a private folder. None where the kernel or setpriv does not let us.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return None
    words = [setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--pdeathsig=TERM"]
    words += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    words += ["--bounding-set=-all,+dac_read_search", "--no-new-privs"]
    trial = subprocess.run([*words, sys.executable, "-c", "import django"], capture_output=True, check=False)
    return words if trial.returncode == 0 else None


def hand_over(folder: Path, account: Account | None) -> None:
    """Make a folder of ours if need be and give it to the account; folders that exist otherwise stay as they are."""
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o755 if account else 0o700)
    if account is not None and folder.stat().st_uid == 0:
        os.chown(folder, account.uid, account.gid)


def reachable(folder: Path, account: Account | None, *also: Path) -> Path:
    """``folder`` itself, or a copy under /var/lib/quanyu when the account cannot read it.

    ``also`` are folders that must keep their place relative to ``folder``'s grandparent.
    """
    if account is None or reaches(account, folder):
        return folder
    home = Path("/var/lib/quanyu/programs") / f"{folder.parent.name}-{key(folder)}"
    copy = home / folder.parent.name / folder.name
    for source, target in [(folder, copy), *((path, home / path.name) for path in also if path.exists())]:
        if not target.exists():
            half = target.with_name(target.name + ".half")
            shutil.rmtree(half, ignore_errors=True)
            half.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, half, symlinks=True)
            half.rename(target)
    return copy


def alive(pid: int | None, *words: str) -> psutil.Process | None:
    """The running process with this pid whose command line holds all the words."""
    if not pid:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        line = " ".join(process.cmdline())
    except psutil.AccessDenied:
        return None
    except psutil.NoSuchProcess:
        return None
    return process if all(word in line for word in words) else None


def stop(process: psutil.Process | subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and wait its seconds, until the process has ended."""
    for number, seconds in steps:
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            process.send_signal(number)
        try:
            process.wait(seconds)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            continue
        return


@contextlib.contextmanager
def locked(path: Path, *, wait: float = 60) -> Iterator[None]:
    """One process at a time; the lock falls with its process."""
    try:
        import fcntl  # noqa: PLC0415 -- absent on Windows
    except ImportError:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait
    with path.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ServiceError(
                        f"{path} is held by another start for {wait:.0f} s: wait for it, or stop it."
                    ) from None
                time.sleep(0.1)
        yield
