"""How a till signs a call, so that its secret never travels. Pure; docs/api.md has the vector. ::

v1=hex(HMAC-SHA256(secret, "v1\\nMETHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nhex(SHA-256(body))"))
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

TOLERANCE = timedelta(seconds=300)
NONCE_LIFE = timedelta(minutes=10)  # a call whose time runs ahead may be repeated until then
NONCE = re.compile(r"[\x21-\x7e]{16,64}", re.ASCII)
TIMESTAMP = re.compile(r"[0-9]{10}", re.ASCII)


class Sent(NamedTuple):
    """What a signature covers. ``target`` is the path, with ``?`` and the query when there is one."""

    method: str
    target: str
    timestamp: str
    nonce: str
    body: bytes


def sign(secret: str, sent: Sent) -> str:
    """The value of ``X-Signature``."""
    words = ("v1", sent.method, sent.target, sent.timestamp, sent.nonce, hashlib.sha256(sent.body).hexdigest())
    return "v1=" + hmac.new(secret.encode(), "\n".join(words).encode(), hashlib.sha256).hexdigest()


def is_genuine(secrets: Iterable[str], sent: Sent, signature: str, *, targets: Iterable[str] = ()) -> bool:
    """Whether one of the secrets made this signature; ``targets`` are other spellings of the same address."""
    if not (NONCE.fullmatch(sent.nonce) and TIMESTAMP.fullmatch(sent.timestamp)):
        return False
    spelled = [sent, *(sent._replace(target=target) for target in targets)]
    made = [sign(secret, each) for secret in secrets for each in spelled]
    return any([hmac.compare_digest(each.encode(), signature.encode()) for each in made])


def is_fresh(timestamp: str, *, now: float) -> bool:
    """Whether the till's clock was within five minutes of ours."""
    return bool(TIMESTAMP.fullmatch(timestamp)) and abs(int(timestamp) - now) <= TOLERANCE.total_seconds()
