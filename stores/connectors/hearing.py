"""What a platform says to us, and what it wants to hear back. Plain data; an ear knows nothing of ours."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import parse_qsl
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .calling import Keys

FRESH = 300  # seconds between two clocks
MOST = 1024 * 1024  # bytes of one notice
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Arrival:
    """An HTTP request as it came: ``query`` and ``body`` untouched, header names in small letters."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def asked(self) -> dict[str, str]:
        """The query's words."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True)
class Said:
    """Our answer, exactly as the platform wants it."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Told:
    """One thing that a platform tells. ``key`` is the same whenever it tells it again; ``happened_at`` in seconds."""

    key: str
    kind: str
    happened_at: float | None
    subject: str = ""
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Heard:
    """What a genuine request held, none for a greeting; and the answer once it is stored."""

    told: tuple[Told, ...]
    answer: Said


class Refused(Exception):
    """Not taken. ``word``: signature, stale, probe, malformed, foreign or biometric."""

    def __init__(self, word: str, answer: Said) -> None:
        super().__init__(word)
        self.word, self.answer = word, answer


class Ear(Protocol):
    """Listens to one platform."""

    later: Said  # when we cannot store: the platform tells it again

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        """Check who speaks and read what is told; ``now`` in seconds since 1970. Raises Refused."""
        ...


class Malformed(Exception):
    """The content is not what the platform's papers say; an ear turns it into Refused."""


def same(given: str, right: str) -> bool:
    """Whether two signatures are one, in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), right.encode())


def seconds(text: object) -> float | None:
    """A number of seconds, or None."""
    said = str(text)
    return float(said) if said.isascii() and said.isdigit() and len(said) <= 11 else None


def is_fresh(at: float | None, now: float, *, within: float = FRESH) -> bool:
    """Whether a time is near enough to ours."""
    return at is not None and abs(now - at) <= within


def short(key: str, most: int = 120) -> str:
    """A key that fits: itself, or its SHA-256 when it is longer."""
    return key if 0 < len(key) <= most else sha256(key.encode()).hexdigest()


def from_json(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Malformed."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("no JSON") from None
    if not isinstance(found, dict):
        raise Malformed("no object")
    return found


def from_xml(body: bytes) -> dict[str, str]:
    """The texts of an XML document's first level, of a deeper level as its joined text. Raises Malformed."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Malformed("no XML") from None
    return {child.tag: "".join(child.itertext()).strip() if len(child) else (child.text or "") for child in root}
