"""A wire from our side to a fake without a server in between: for tests that look at what we make of the answers."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from stores.connectors.calling import Call, Reply
from tests.fakes.server import Asked, Fake


def to(fake: Fake):
    """An ``ask`` that puts every call to this fake."""

    def ask(call: Call) -> Reply:
        parts = urlsplit(call.url)
        words = dict(parse_qsl(parts.query, keep_blank_values=True))
        answer = fake.answer(Asked(call.method, parts.path, parts.query, dict(call.headers), call.body or b"", words))
        status, headers, body = answer
        return Reply(status, {name.lower(): value for name, value in headers.items()}, body)

    return ask
