"""Links that know whom they were sent to: a delivery's number and a check that only the key's owner can make. Pure.

A token is for one purpose: that of the link does not unsubscribe. The check is 50 bits, enough against guessing over
the network; there is no column and no look-up of secrets.
"""

from __future__ import annotations

import base64
import hmac
import re
from hashlib import sha256

OPEN, UNSUBSCRIBE, FEEDBACK = "open", "unsubscribe", "feedback"
PATHS = {OPEN: "/l/", UNSUBSCRIBE: "/u/", FEEDBACK: "/f/"}  # web/h5/urls.py answers there
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
CHECK = 10  # characters
_OURS = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())
_SHAPE = re.compile(rf"([{ALPHABET}]{{1,13}})-([{ALPHABET}]{{{CHECK}}})")
_ROBOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|facebookexternalhit|slurp|curl/|wget/|python-|headlesschrome|scanner|monitor",
    re.I,
)


def token(delivery_id: int, purpose: str, key: str) -> str:
    """The end of a link: the number in base 32, a dash and the check."""
    number, signs = delivery_id, ""
    while number:
        number, rest = divmod(number, 32)
        signs = ALPHABET[rest] + signs
    return f"{signs}-{_check(signs, purpose, key)}"


def delivery_of(text: str, purpose: str, key: str) -> int | None:
    """The delivery a token belongs to; None if it is misshapen, forged or for another purpose."""
    found = _SHAPE.fullmatch(text.strip().lower()) if len(text) <= 40 else None
    if found is None or not hmac.compare_digest(found[2], _check(found[1], purpose, key)):
        return None
    number = 0
    for sign in found[1]:
        number = number * 32 + ALPHABET.index(sign)
    return number if number < 2**63 else None


def is_robot(method: str, agent: str) -> bool:
    """Whether a visit is a machine's look and no person's: anything but GET, and readers that say what they are."""
    return method.upper() != "GET" or not agent.strip() or bool(_ROBOTS.search(agent))


def _check(signs: str, purpose: str, key: str) -> str:
    made = hmac.digest(key.encode(), f"{purpose}:{signs}".encode(), sha256)
    return base64.b32encode(made[:10])[:CHECK].translate(_OURS).decode()
