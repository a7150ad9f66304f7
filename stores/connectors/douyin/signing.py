"""Douyin's two signatures: SHA-256 for what it asks us (SPI), SHA-1 as it prescribes for webhooks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1, sha256


def sign_spi(secret: str, query: Mapping[str, str], body: bytes) -> str:
    """Over the secret, the sorted query without ``sign``, and the body as it came."""
    words = "&".join(f"{name}={query[name]}" for name in sorted(query) if name != "sign")
    return sha256(f"{secret}&{words}&http_body=".encode() + body).hexdigest()


def sign_webhook(secret: str, body: bytes) -> str:
    """Over the secret and the body as it came."""
    return sha1(secret.encode() + body, usedforsecurity=False).hexdigest()
