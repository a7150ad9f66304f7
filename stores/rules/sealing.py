"""Secrets at rest: sealed with a key that lives outside the database. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """The secret was sealed with another key."""


def seal(secret: str, keys: Sequence[str]) -> bytes:
    """The secret under the first key; nothing for nothing."""
    return _box(keys).encrypt(secret.encode()) if secret else b""


def unseal(sealed: bytes, keys: Sequence[str]) -> str:
    """The secret again, whichever of the keys it was sealed with. Raises CannotOpen."""
    if not sealed:
        return ""
    try:
        return _box(keys).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise CannotOpen from None


def _box(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(sha256(key.encode()).digest())) for key in keys])
