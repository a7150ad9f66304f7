"""JD's signature: MD5, as it prescribes, over the secret, sorted names and values, and the secret. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5


def sign(secret: str, words: Mapping[str, str]) -> str:
    """Capital hex over all words but ``sign``."""
    text = "".join(f"{name}{words[name]}" for name in sorted(words) if name != "sign" and words[name])
    return md5(f"{secret}{text}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
