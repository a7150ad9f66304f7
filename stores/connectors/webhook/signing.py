"""Signatures as in Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body``, base64 after ``v1,``. Pure."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300  # seconds between two clocks


def sign(secret: str, name: str, at: int, body: bytes) -> str:
    """What stands in the header ``webhook-signature``; ``at`` is in seconds since 1970."""
    made = hmac.digest(secret.encode(), b".".join((name.encode(), str(at).encode(), body)), sha256)
    return "v1," + base64.b64encode(made).decode()


def is_genuine(secret: str, name: str, at: str, body: bytes, signature: str, *, now: float) -> bool:
    """Whether one of the signatures in the header is right and the time is within five minutes of ours."""
    if not secret or not at.isascii() or not at.isdigit() or len(at) > 12 or abs(now - int(at)) > TOLERANCE:
        return False
    right = sign(secret, name, int(at), body).encode()
    return any(hmac.compare_digest(right, each.encode()) for each in signature.split()[:5])
