"""Signatures of TOP over sorted names and values without separators. MD5 is one of those that TOP prescribes. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import md5, sha256


def joined(words: Mapping[str, str]) -> str:
    """``foo1bar2``: sorted, without ``sign``, empty values dropped."""
    return "".join(f"{name}{words[name]}" for name in sorted(words) if name != "sign" and words[name])


def sign(secret: str, words: Mapping[str, str], method: str = "hmac-sha256") -> str:
    """Capital hex; ``method``: md5, hmac (its MD5 form) or hmac-sha256. Raises ValueError."""
    text = joined(words).encode()
    if method == "md5":
        return md5(secret.encode() + text + secret.encode(), usedforsecurity=False).hexdigest().upper()
    if method == "hmac":
        return hmac.new(secret.encode(), text, "md5").hexdigest().upper()
    if method == "hmac-sha256":
        return hmac.new(secret.encode(), text, sha256).hexdigest().upper()
    raise ValueError(f"unknown sign_method {method}")
