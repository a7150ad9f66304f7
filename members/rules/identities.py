"""The one form in which an identity is kept: ``scope:value`` where a value means something inside a scope only. Pure.

An OpenID belongs to one app, a card to one brand, a buyer to one platform: two of them may hand out the same characters.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from . import phones
from .receipts import printable

SCOPED = {"card": "brand", "openid": "app", "buyer": "platform"}
_SCOPE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_HASH = re.compile(r"[0-9a-f]{64}")
LONGEST = 128


class BadIdentity(ValueError):
    """Not an identity of this kind."""


class Split(NamedTuple):
    """What a kept value says: the scope (empty for most kinds) and the value inside it."""

    scope: str
    value: str


def canonical(kind: str, value: str, *, scope: str = "") -> str:
    """The text to keep and to look for. Raises BadIdentity for what no such identity can be.

    ``kind``: phone, card, openid, unionid, email, wecom, alipay, buyer or device. A device comes in as anything stable
    and is kept as a hash, salted by nothing: it is a weak sign and never shown.
    """
    scope, value = scope.strip().lower(), printable(value).strip()
    if bool(scope) != (kind in SCOPED):
        raise BadIdentity(f"{kind}: a scope is needed for {', '.join(SCOPED)} and for nothing else")
    if scope and not _SCOPE.fullmatch(scope):
        raise BadIdentity(f"{kind}: not a scope")
    kept = _inside(kind, value)
    if not kept or len(kept) + len(scope) >= LONGEST:
        raise BadIdentity(f"{kind}: empty or too long")
    return f"{scope}:{kept}" if scope else kept


def _inside(kind: str, value: str) -> str:
    if kind == "phone":
        return phones.normalise(value) or ""
    if kind == "email":
        lowered = value.lower()
        return lowered if _EMAIL.fullmatch(lowered) else ""
    if kind == "card":
        return "".join(value.split()).upper()
    if kind == "device":
        return value if _HASH.fullmatch(value) else sha256(value.encode()).hexdigest() if value else ""
    if kind in {"openid", "unionid", "wecom", "alipay", "buyer"}:
        return value  # as the platform wrote it: capitals count
    raise BadIdentity(f"{kind}: no such kind")


def split(kind: str, kept: str) -> Split:
    """Scope and value of a kept text; one from before scopes were kept has none."""
    if kind in SCOPED and ":" in kept:
        return Split(*kept.split(":", 1))
    return Split("", kept)
