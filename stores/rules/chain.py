"""The chain of the action log: what of a line is hashed, and how one hash stands upon the one before. Pure."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

FIRST = "0" * 64  # what the first line stands upon
# every column of a line but those of the chain itself; a test compares it with the model
CONTENT = (
    "id", "at", "actor_id", "actor_name", "action", "object_kind", "object_id", "object_label", "store_id", "before",
    "after", "reason", "address",
)  # fmt: skip


class Link(NamedTuple):
    """One sealed line. ``salt`` is empty when personal words in it were erased: the digest of what it said stays."""

    number: int
    salt: str
    digest: str
    hash: str
    content: Sequence[object]


class Broken(NamedTuple):
    """The first line that is not as it was sealed. ``what``: missing, changed, moved, or an anchor that disagrees."""

    number: int
    line_id: int | None
    what: str


def text(content: Sequence[object]) -> str:
    """A line as one text, the same on every machine."""
    return json.dumps([_plain(value) for value in content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(salt: str, content: Sequence[object]) -> str:
    """What a line says, in 64 hex digits. The salt keeps short words (a phone) from being guessed out of it."""
    return sha256(f"{salt}\n{text(content)}".encode()).hexdigest()


def hash_of(before: str, number: int, said: str) -> str:
    """The hash that makes line ``number`` with digest ``said`` stand upon ``before``."""
    return sha256(f"{before}\n{number}\n{said}".encode()).hexdigest()


def first_broken(links: Iterable[Link], *, erased: Iterable[int] = ()) -> tuple[Broken | None, int, str]:
    """Walk the chain: (the first broken line or None, the last good number, its hash).

    ``erased``: ids of lines that the log itself says were emptied of personal words; no others may lack their salt.
    """
    may_lack, before, number = set(erased), FIRST, 0
    for link in links:
        line_id = link.content[0] if isinstance(link.content[0], int) else None
        if link.number != number + 1:
            return Broken(number + 1, None, "missing"), number, before
        is_emptied = not link.salt and line_id in may_lack
        if not is_emptied and digest(link.salt, link.content) != link.digest:
            return Broken(link.number, line_id, "changed"), number, before
        if hash_of(before, link.number, link.digest) != link.hash:
            return Broken(link.number, line_id, "moved"), number, before
        before, number = link.hash, link.number
    return None, number, before


def signature(key: str, fields: Mapping[str, object]) -> str:
    """Signs an anchor: who holds only the database cannot make one."""
    said = json.dumps(dict(fields), sort_keys=True, separators=(",", ":"))
    return hmac.digest(key.encode(), f"log-anchor:{said}".encode(), sha256).hex()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
