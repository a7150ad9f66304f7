"""`manage.py up` in a room of its own, and what it says."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from config.places import Account
from config.processes import reading_all

ROOT = Path(__file__).resolve().parents[2]
OURS = {"PYTEST_VERSION", "DATABASE_URL", "SITE_URL", "BROKER_URL", "PORT", "HOST"}


def clean_environment(**more: str) -> dict[str, str]:
    """The environment as a newcomer has it, and more."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | more


class Started:
    """One `manage.py up` in a room of its own, its lines in a file; or another command that does the same."""

    def __init__(
        self, var: Path, port: int, *, command: list[str] | None = None, env: dict[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:  # fmt: skip
        self.log = var / "up.log"
        with self.log.open("w") as lines:
            self.process = subprocess.Popen(
                command or [sys.executable, "manage.py", "up", "--port", str(port)],
                cwd=cwd, stdout=lines, stderr=subprocess.STDOUT, start_new_session=True,
                env=env or clean_environment(QUANYU_VAR=str(var), QUANYU_CHAIN="empty"),
            )  # fmt: skip
        self.run = var / "run"

    def said(self) -> str:
        return self.log.read_text()

    def ready(self) -> str:
        """Wait for the line that names the address; give the address."""
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline:
            for line in self.said().splitlines():
                if line.startswith("ready"):
                    return line.split()[2]
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)
        raise AssertionError(self.said())

    def child(self, name: str) -> int:
        return next(
            entry["pid"] for entry in json.loads((self.run / "children.json").read_text()) if entry["name"] == name
        )


def well(address: str) -> bool:
    with urllib.request.urlopen(f"{address}healthz", timeout=30) as answer:
        return json.loads(answer.read())["status"] == "ok"


def manage(*words: str, before: list[str] | None = None, **env: str) -> tuple[int, str]:
    """Run one command to its end: exit code and all its lines."""
    done = subprocess.run(
        [*(before or []), sys.executable, "manage.py", *words], cwd=ROOT, capture_output=True, text=True,
        timeout=120, check=False, env=clean_environment(QUANYU_CHAIN="empty", **env),
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def as_ordinary(account: Account | None) -> list[str]:
    """Words before a command that run it without root's rights, when root runs the tests."""
    if account is None:
        return []
    words = reading_all(account)
    assert words is not None, "setpriv is needed to run these tests as root"
    return words


@contextlib.contextmanager
def stopped_in_the_end(process: subprocess.Popen):
    """A helper process that does not outlive its test."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()
