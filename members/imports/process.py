"""The parent's side of the sealed child: give it an order, stream its answer, understand how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from .safety import MB, Refused

ROOT = Path(__file__).resolve().parent.parent.parent
MEMORY = 1024 * MB
SECONDS = 120
WALL_SECONDS = 900
BLOCK = 256 * 1024
logger = structlog.get_logger(__name__)
Report = Callable[[int], None]


class Child:
    """One run of the child. Iterate it for blocks of its answer; then ``last`` holds its final report."""

    def __init__(self, order: dict[str, Any], report: Report | None = None) -> None:
        self.order: dict[str, Any] = {"memory": MEMORY, "seconds": SECONDS, "given": {}, "sheet": None} | order
        self.report = report
        self.last: dict[str, Any] = {}
        self.stray = ""

    def __iter__(self) -> Iterator[bytes]:
        """The answer in blocks. Raises Refused when the child refused, ran out of its limits or broke."""
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "members.imports.child"], cwd=ROOT, env=environment, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        listener = threading.Thread(target=self._listen, args=(process.stderr,), daemon=True)
        watchdog = threading.Timer(WALL_SECONDS, process.kill)
        watchdog.daemon = True
        try:
            watchdog.start()
            listener.start()
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(self.order).encode())
                process.stdin.close()
            while block := process.stdout.read(BLOCK):
                yield block
            process.wait()
            listener.join()
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
            listener.join(5)
            process.stdout.close()
            process.stderr.close()
        self._judge(process.returncode)

    def _listen(self, stream: Any) -> None:
        for line in stream:
            try:
                words = json.loads(line)
            except ValueError:
                self.stray = line.decode(errors="replace").strip()[:200] or self.stray
                continue
            if "done" in words or "refused" in words:
                self.last = words
            elif self.report:
                self.report(words["rows"])

    def _judge(self, code: int) -> None:
        if "refused" in self.last:
            raise Refused(self.last["refused"], **self.last["detail"])
        if code == 0 and self.last.get("done"):
            return
        kind = self.stray.split(":")[0]  # the exception's class only: its text may hold a cell
        logger.warning("import_child_ended", code=code, error=kind)
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            raise Refused("child_time", limit=self.order["seconds"])
        if code == -signal.SIGABRT or "memory" in self.stray.lower():
            raise Refused("child_memory", limit=self.order["memory"] // MB)
        raise Refused("child_broken")


def ask(order: dict[str, Any]) -> dict[str, Any]:
    """A short answer as JSON. Raises Refused."""
    return json.loads(b"".join(Child(order)))
