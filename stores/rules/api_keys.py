"""What a channel's key looks like: ``qy_<prefix>_<secret>``. The prefix finds it, the secret proves it. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

ALPHABET = "abcdefghijkmnopqrstuvwxyz23456789"
PREFIX, SECRET = 10, 40  # characters; the secret has 200 bits
SHAPE = re.compile(rf"qy_([{ALPHABET}]{{{PREFIX}}})_([{ALPHABET}]{{{SECRET}}})", re.ASCII)


def new_token() -> str:
    """A fresh key."""
    return f"qy_{_drawn(PREFIX)}_{new_secret()}"


def new_secret() -> str:
    """The part of a key that proves it."""
    return _drawn(SECRET)


def _drawn(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def parts(token: str) -> tuple[str, str] | None:
    """(prefix, secret) of a key; None when it does not look like one."""
    found = SHAPE.fullmatch(token)
    return (found[1], found[2]) if found else None


def fingerprint(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def proves(secret: str, kept: str) -> bool:
    """Whether a secret is the one that was kept, compared in constant time."""
    return hmac.compare_digest(fingerprint(secret), kept)
