"""Renew the lock files: exact versions with hashes, and no host name anywhere. ``make locks``.

Words are handed to uv: ``make locks ARGS="--upgrade-package django"``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "-q"]
SILENT = ["--no-emit-index-url", "--no-emit-find-links"]
LOCKS = {
    "bootstrap": ["requirements/bootstrap.in"],
    "node": ["requirements/node.in"],
    "runtime": ["pyproject.toml"],
    "dev": ["pyproject.toml", "--extra", "dev", "-c", "requirements/runtime.lock"],
}
HOST = re.compile(r"https?://|--index-url|--find-links|git\+")


def compile_one(name: str, inputs: list[str], extra: list[str]) -> None:
    target = f"requirements/{name}.lock"
    command = [sys.executable, "-m", "uv", "--system-certs", "pip", "compile", *inputs, "-o", target]
    subprocess.run([*command, *QUIET, *SILENT, *extra], cwd=ROOT, check=True)


def clean_npm_lock() -> None:
    """npm notes where packages ask for money and where they came from; the lock needs neither."""
    path = ROOT / "package-lock.json"
    lock = json.loads(path.read_text())
    for package in lock["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(lock, indent=2) + "\n")


def main(extra: list[str]) -> int:
    """Compile all; 1 when a lock names a host."""
    for name, inputs in LOCKS.items():
        compile_one(name, inputs, extra)
    clean_npm_lock()
    named = [str(p) for p in (ROOT / "requirements").glob("*.lock") if HOST.search(p.read_text())]
    if named:
        print("these locks name a host: " + ", ".join(named))
    return 1 if named else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
