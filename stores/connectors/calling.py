"""What we ask a platform and what it answers, as plain data. ``asking.ask`` puts a call on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .base import SendFailed


@dataclass(frozen=True)
class Call:
    """One HTTP request, signed and ready. ``url`` holds the query."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reply:
    """What came back: header names in small letters, the body as far as a mebibyte."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Ask = Callable[[Call], Reply]


@dataclass(frozen=True)
class Keys:
    """What a platform's account is made of: open settings, and secrets by name, newest first, two live at most."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def told(self, name: str, default: str = "") -> str:
        """A setting as text."""
        return str(self.settings.get(name) or default)

    def live(self, name: str) -> tuple[str, ...]:
        """The values of a secret that are valid now."""
        return self.secrets.get(name, ())

    def newest(self, name: str) -> str:
        """The value to sign with. Raises SendFailed when there is none."""
        if not self.live(name):
            raise SendFailed(f"no secret: {name}", permanent=True)
        return self.live(name)[0]


def decoded(reply: Reply) -> dict[str, Any]:
    """The JSON object of an answer. Raises SendFailed: for a status that says try again, or for no JSON."""
    if reply.status == 429 or reply.status >= 500:
        wait = reply.headers.get("retry-after", "")
        raise SendFailed(
            f"HTTP {reply.status}",
            is_unknown=reply.status != 429,
            wait=float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 5 else 1.0,
        )
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SendFailed("the answer is no JSON object", is_unknown=True, is_garbled=True)
    return found


def as_json(content: object) -> bytes:
    """Compact JSON, Chinese as it is."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
