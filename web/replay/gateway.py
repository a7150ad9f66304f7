"""A gateway of our own on the wire: takes each message once by its key, and counts."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Gateway:
    """An HTTP server on this machine, used as a context manager. ``taken``: how often each key was offered."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps({"results": gateway.take(said["messages"])}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/send"

    def take(self, messages: list[dict[str, Any]]) -> list[dict[str, str]]:
        """The same answer for the same key, however often it comes."""
        with self.lock:
            for each in messages:
                self.taken[each["key"]] = self.taken.get(each["key"], 0) + 1
        return [{"key": each["key"], "id": f"g-{each['key']}"} for each in messages]

    def __enter__(self) -> Gateway:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
