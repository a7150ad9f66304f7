"""Signatures of official accounts, WeCom and the JS-SDK. SHA-1 is what these platforms prescribe. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha1

from ..hearing import same


def sign(token: str, timestamp: str, nonce: str, *more: str) -> str:
    """Over the sorted words: two for a URL check, with ``Encrypt`` as the third in safe mode."""
    joined = "".join(sorted([token, timestamp, nonce, *more]))
    return sha1(joined.encode(), usedforsecurity=False).hexdigest()


def is_signed(tokens: Iterable[str], given: str, timestamp: str, nonce: str, *more: str) -> bool:
    """Whether one of the live tokens made the signature."""
    found = False
    for token in tokens:
        found |= bool(token) and same(given, sign(token, timestamp, nonce, *more))
    return found


def sign_page(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """What ``wx.config`` needs for a page; ``url`` as the browser shows it."""
    words = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.split('#')[0]}"
    return sha1(words.encode(), usedforsecurity=False).hexdigest()
