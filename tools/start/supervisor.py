"""Watch over child processes: prefix their lines, restart those that end, stop them in order.

One thread only, so that children may safely be started with ``preexec_fn`` at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.places import Account
from config.processes import dies_with_parent, identity

CALM = 60.0  # seconds alive after which earlier failures are forgotten
HOPELESS = 5  # failures in a row while a start waits for health
LONGEST = 10.0  # seconds between two restarts, at most


def say(who: str, text: str) -> None:
    """One line of progress."""
    with contextlib.suppress(BrokenPipeError):
        print(f"{who:<8}| {text}", flush=True)


@dataclass(frozen=True)
class Identity:
    """How children shed root: an account for Popen, or words before their command."""

    account: Account | None = None
    prefix: tuple[str, ...] = ()


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    command: list[str]
    grace: float = 30.0  # seconds to finish after TERM
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    next_try: float = 0.0
    rest: bytes = field(default=b"", repr=False)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts, restarts and stops children; remembers them in ``record`` for the next start."""

    def __init__(self, record: Path, *, identity: Identity, cwd: Path, env: dict[str, str]) -> None:
        self.record, self.identity, self.cwd, self.env = record, identity, cwd, env
        self.children: list[Child] = []
        self.stopping = False
        self._lines = selectors.DefaultSelector()

    def obey_signals(self) -> None:
        """Ctrl-C, kill and a closed terminal all mean: stop cleanly."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    # --- starting --------------------------------------------------------------------------------------
    def add(self, child: Child) -> None:
        self.children.append(child)
        self._launch(child)

    def _launch(self, child: Child) -> None:
        child.process = subprocess.Popen(
            [*self.identity.prefix, *child.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.cwd,
            env=self.env,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
            **identity(self.identity.account),
        )
        child.started = time.monotonic()
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._lines.register(child.process.stdout, selectors.EVENT_READ, child)
        self._remember()

    def _remember(self) -> None:
        entries = []
        for child in self.children:
            if child.running and child.process:
                with contextlib.suppress(psutil.NoSuchProcess):
                    born = psutil.Process(child.process.pid).create_time()
                    entries.append({"name": child.name, "pid": child.process.pid, "born": born})
        half = self.record.with_suffix(".half")
        half.write_text(json.dumps(entries))
        half.replace(self.record)

    # --- watching --------------------------------------------------------------------------------------
    def turn(self, seconds: float = 0.25) -> None:
        """Show what the children said, and start again those that ended."""
        for key, _ in self._lines.select(seconds):
            self._read(key.data, key.fileobj)
        now = time.monotonic()
        for child in self.children:
            if self.stopping:
                return
            if child.running:
                if child.failures and now - child.started > CALM:
                    child.failures = 0
            elif child.process is not None:
                self._ended(child, now)
            elif now >= child.next_try:
                self._launch(child)

    def _ended(self, child: Child, now: float) -> None:
        assert child.process is not None
        end_session(child.process.pid)  # helpers of a killed process must not keep its port
        child.failures += 1
        pause = min(LONGEST, 0.5 * 2 ** (child.failures - 1))
        code = child.process.returncode
        say(child.name, f"ended with {code}; starting it again in {pause:g} s (failure {child.failures})")
        child.process, child.next_try = None, now + pause

    def _read(self, child: Child, stream: object) -> None:
        try:
            block = os.read(stream.fileno(), 65536)  # type: ignore[attr-defined]
        except BlockingIOError:
            return
        if not block:
            self._drop(stream)
            return
        *whole, child.rest = (child.rest + block).split(b"\n")
        for line in whole:
            if text := line.decode(errors="replace").rstrip():
                say(child.name, text)

    def _drop(self, stream: object) -> None:
        if not stream.closed:  # type: ignore[attr-defined]
            self._lines.unregister(stream)  # type: ignore[arg-type]
            stream.close()  # type: ignore[attr-defined]

    def until(self, ready: Callable[[], bool], *, timeout: float) -> bool:
        """Keep watch until ``ready`` says so. False when stopped, out of time, or a child keeps ending."""
        deadline = time.monotonic() + timeout
        while not self.stopping and time.monotonic() < deadline:
            if ready():
                return True
            if any(child.failures >= HOPELESS for child in self.children):
                return False
            self.turn(0.1)
        return False

    # --- stopping --------------------------------------------------------------------------------------
    def stop(self) -> None:
        """TERM to all at once, in the order they were added; what does not end in its grace is killed."""
        self.stopping = True
        for child in self.children:
            if child.running and child.process:
                child.process.terminate()
        for child in self.children:
            deadline = time.monotonic() + child.grace
            while child.running and time.monotonic() < deadline:
                for key, _ in self._lines.select(0.05):
                    self._read(key.data, key.fileobj)
            if child.running:
                say(child.name, f"did not stop in {child.grace:g} s: killed")
            if child.process:
                end_session(child.process.pid)
                child.process.wait()
        for key in list(self._lines.get_map().values()):
            self._read(key.data, key.fileobj)
            self._drop(key.fileobj)
        self.record.unlink(missing_ok=True)


def session_of(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return -1


def end_session(leader: int) -> int:
    """Kill every process of the session that ``leader`` opened; gives how many."""
    ended = 0
    for process in psutil.process_iter():
        if session_of(process) == leader:
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    process.kill()
                    ended += 1
    return ended


def clear_orphans(record: Path) -> list[str]:
    """Stop the children that a killed supervisor left, found by pid and start time. Gives their names."""
    try:
        entries = json.loads(record.read_text())
    except (OSError, ValueError):
        return []
    stopped = []
    for entry in entries:
        pid = entry["pid"]
        with contextlib.suppress(psutil.NoSuchProcess):
            if abs(psutil.Process(pid).create_time() - entry["born"]) > 1:
                continue  # the pid was given to somebody else
        helpers = [p for p in psutil.process_iter() if session_of(p) == pid]
        for process in helpers:
            with contextlib.suppress(psutil.Error):
                process.terminate()
        _, left = psutil.wait_procs(helpers, timeout=10)
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if helpers:
            stopped.append(entry["name"])
    record.unlink(missing_ok=True)
    return stopped


def this_python(*words: str) -> list[str]:
    return [sys.executable, *words]
