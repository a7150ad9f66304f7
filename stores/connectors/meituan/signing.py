"""Meituan delivery's signature: SHA-1, as it prescribes, over the secret and sorted names and values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1


def sign(secret: str, words: Mapping[str, str]) -> str:
    """Small hex over all words but ``sign``, empty values dropped."""
    text = "".join(f"{name}{words[name]}" for name in sorted(words) if name != "sign" and words[name])
    return sha1(f"{secret}{text}".encode(), usedforsecurity=False).hexdigest()
