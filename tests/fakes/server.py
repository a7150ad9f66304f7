"""What all fakes share: an HTTP server with a log, a clock that can be moved, bad moods, and callbacks on a schedule."""

from __future__ import annotations

import heapq
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qsl, urlsplit

from stores.connectors.hearing import Arrival


@dataclass
class Clock:
    """Seconds since 1970. It runs by itself, or stands at ``at`` until it is moved."""

    at: float | None = None

    def __call__(self) -> float:
        return time.time() if self.at is None else self.at

    def move(self, seconds: float) -> None:
        self.at = self() + seconds


@dataclass
class Asked:
    """A request to a fake: ``words`` are those of the query."""

    method: str
    path: str
    query: str
    headers: dict
    body: bytes
    words: dict = field(default_factory=dict)

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def form(self) -> dict:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> dict:
        return json.loads(self.body or b"{}")


class Fake:
    """``answer(asked)`` gives (status, headers, body). ``moods``: words for the next requests, one each.

    ``drop`` takes the request and closes the connection, ``garbled`` answers half a JSON, ``broken`` answers 502 and
    takes nothing. ``log`` holds (time, method, path, status, remark) of the last thousand requests.
    """

    name = "fake"
    retries: tuple[float, ...] = ()  # seconds between two tellings of the same thing

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.log: deque[tuple] = deque(maxlen=1000)
        self.moods: deque[str] = deque()
        self.counts: Counter[str] = Counter()
        self.nonces: set[str] = set()
        self.lock = threading.Lock()
        self.waiting: list[tuple[float, int, int, object]] = []
        self.turn = count()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error) -> None:
        self.server.shutdown()
        self.server.server_close()

    # --- what it is asked ------------------------------------------------------------------------------
    def answer(self, asked: Asked) -> tuple[int, dict, bytes]:
        raise NotImplementedError

    def handle(self, asked: Asked) -> tuple[int, dict, bytes] | None:
        """The answer; None to close the connection."""
        with self.lock:
            mood = self.moods.popleft() if self.moods else ""
            status, headers, body = (502, {}, b"<html>bad gateway</html>") if mood == "broken" else self.answer(asked)
            self.log.append(
                (self.clock(), asked.method, asked.path, status, mood or body[:60].decode("utf-8", "replace"))
            )
        if mood == "drop":
            return None
        return status, headers, body[: len(body) // 2] if mood == "garbled" else body

    def is_new(self, nonce: str) -> bool:
        """Whether a nonce was not seen before."""
        if not nonce or nonce in self.nonces:
            return False
        self.nonces.add(nonce)
        return True

    def within(self, name: str, most: int, seconds: float) -> bool:
        """Whether there is room in the window of this name."""
        key = f"{name}@{int(self.clock() // seconds)}"
        self.counts[key] += 1
        return self.counts[key] <= most

    # --- what it tells ---------------------------------------------------------------------------------
    def tell(self, site: str, make, *, delay: float = 0) -> None:
        """Tell something later: ``make(now)`` gives the request, signed when it is sent. Repeated until it is taken."""
        heapq.heappush(self.waiting, (self.clock() + delay, next(self.turn), 0, (site, make)))

    def run(self) -> list[int]:
        """Send what is due by the clock; the statuses that came back."""
        told = []
        while self.waiting and self.waiting[0][0] <= self.clock():
            _at, _turn, tries, (site, make) = heapq.heappop(self.waiting)
            status = self.post(site, make(self.clock()))
            told.append(status)
            if not 200 <= status < 300 and tries < len(self.retries):
                again = (self.clock() + self.retries[tries], next(self.turn), tries + 1, (site, make))
                heapq.heappush(self.waiting, again)
        return told

    def post(self, site: str, arrival: Arrival) -> int:
        """One request to our side; 0 when nobody answered in five seconds."""
        url = f"{site}{arrival.path}" + (f"?{arrival.query}" if arrival.query else "")
        request = urllib.request.Request(url, arrival.body or None, dict(arrival.headers), method=arrival.method)
        request.add_header("content-type", "application/octet-stream")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def as_json(content: object, status: int = 200) -> tuple[int, dict, bytes]:
    """An answer in JSON."""
    return status, {"Content-Type": "application/json"}, json.dumps(content, ensure_ascii=False).encode()


def _handler_of(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            words = dict(parse_qsl(parts.query, keep_blank_values=True))
            said = fake.handle(Asked(self.command, parts.path, parts.query, headers, body, words))
            if said is None:
                self.close_connection = True
                return
            status, more, content = said
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST

        def log_message(self, *words: object) -> None:
            """Say nothing: the fake keeps its own log."""

    return Handler
