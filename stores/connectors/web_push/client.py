"""Hands a note to the browser's push service."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from ..base import SendFailed
from ..calling import Ask, Call, Keys
from . import sealing

MOST = 3000  # bytes of a note


@dataclass(frozen=True)
class Subscription:
    """What a browser gave us: where to send, its public point and its secret, both in base64url."""

    endpoint: str
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)


class Gone(SendFailed):
    """The browser unsubscribed: forget the subscription."""


def push(
    keys: Keys, reader: Subscription, content: bytes, ask: Ask, *, at: int, seconds: int = 86_400, topic: str = ""
) -> None:
    """Send one note; it waits ``seconds`` for a browser that is off. Raises SendFailed, Gone."""
    if len(content) > MOST or len(topic) > 32:
        raise SendFailed("the note or its topic is too long", permanent=True)
    parts = urlsplit(reader.endpoint)
    try:
        signer = sealing.private_key(keys.newest("private_key"))
        own = ec.generate_private_key(ec.SECP256R1())
        where, auth = sealing.plain64(reader.p256dh), sealing.plain64(reader.auth)
        body = sealing.seal(content, where, auth, own=own, salt=secrets.token_bytes(16))
    except ValueError:
        raise SendFailed("the key or the subscription cannot be read", permanent=True) from None
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": at + 43_200, "sub": keys.told("contact")}
    headers = {
        "authorization": sealing.vapid(signer, claims), "content-encoding": "aes128gcm", "ttl": str(seconds),
        "content-type": "application/octet-stream",
    } | ({"topic": topic} if topic else {})  # fmt: skip
    reply = ask(Call("POST", reader.endpoint, headers, body))
    if reply.status in (404, 410):
        raise Gone(f"HTTP {reply.status}", permanent=True)
    if reply.status == 429 or reply.status >= 500:
        raise SendFailed(f"HTTP {reply.status}", wait=60.0)
    if not 200 <= reply.status < 300:
        raise SendFailed(f"HTTP {reply.status}", permanent=True)
