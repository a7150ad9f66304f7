"""What a member's QR code says: who, since when, and a signature that only we can make. Pure.

``QM`` + ten digits of the member number + eight signs of the time + sixteen signs of HMAC-SHA256, capitals and digits
only, so that the QR code stays small and a scanner gun types it right.
"""

import base64
import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256

LIFE = timedelta(seconds=60)
SKEW = timedelta(seconds=10)  # a card drawn by one machine and read by another
_PREFIX = "QM"
_SHAPE = re.compile(r"QM([0-9]{10})([A-Z2-7]{8})([A-Z2-7]{16})")


class BadToken(ValueError):
    """Not a member's code, or changed by somebody."""


class OldToken(BadToken):
    """A member's code, but of more than a minute ago."""


def _sign(text: str, key: str) -> str:
    mac = hmac.digest(key.encode(), f"member-card:{text}".encode(), sha256)
    return base64.b32encode(mac[:10]).decode()


def make(number: str, *, key: str, now: datetime) -> str:
    """The token of a member number (``M`` and ten digits) that is good for ``LIFE``."""
    stamp = base64.b32encode(int(now.timestamp()).to_bytes(5, "big")).decode()
    text = f"{_PREFIX}{number[1:]}{stamp}"
    return text + _sign(text, key)


def read(token: str, *, key: str, now: datetime) -> str:
    """The member number in a token. Raises BadToken, or OldToken when its minute is over."""
    found = _SHAPE.fullmatch(token.strip().upper())
    if not found:
        raise BadToken
    digits, stamp, mac = found.groups()
    if not hmac.compare_digest(mac, _sign(f"{_PREFIX}{digits}{stamp}", key)):
        raise BadToken
    age = now.timestamp() - int.from_bytes(base64.b32decode(stamp), "big")
    if not -SKEW.total_seconds() <= age <= (LIFE + SKEW).total_seconds():
        raise OldToken
    return f"M{digits}"


def looks_like(text: str) -> bool:
    """Whether a text has the shape of a token."""
    return bool(_SHAPE.fullmatch(text.strip().upper()))
