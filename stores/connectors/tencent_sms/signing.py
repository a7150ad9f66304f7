"""TC3-HMAC-SHA256, as Tencent Cloud signs. Pure."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256

METHOD = "TC3-HMAC-SHA256"
SIGNED = "content-type;host"


def sign(secret: str, service: str, host: str, body: bytes, at: int, *, content_type: str = "application/json") -> str:
    """Small hex over a POST to ``/``; ``at`` in seconds since 1970."""
    day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    lines = f"content-type:{content_type}\nhost:{host}\n"
    request = f"POST\n/\n\n{lines}\n{SIGNED}\n{sha256(body).hexdigest()}"
    words = f"{METHOD}\n{at}\n{day}/{service}/tc3_request\n{sha256(request.encode()).hexdigest()}"
    key = _step(_step(_step(f"TC3{secret}".encode(), day), service), "tc3_request")
    return hmac.new(key, words.encode(), sha256).hexdigest()


def _step(key: bytes, word: str) -> bytes:
    return hmac.digest(key, word.encode(), sha256)


def authorization(key_id: str, secret: str, service: str, host: str, body: bytes, at: int, *, content_type: str) -> str:
    """The header ``Authorization``."""
    day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    made = sign(secret, service, host, body, at, content_type=content_type)
    scope = f"{key_id}/{day}/{service}/tc3_request"
    return f"{METHOD} Credential={scope}, SignedHeaders={SIGNED}, Signature={made}"
