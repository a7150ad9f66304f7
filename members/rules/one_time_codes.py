"""Six digits that prove a phone: how they are kept, and how many may be sent. Pure."""

import hmac
import ipaddress
import secrets
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

DIGITS = 6
LIFE = timedelta(minutes=5)
TRIES = 5  # wrong ones, then the code is burnt
VERIFY_HOURLY = 20  # wrong tries of one phone in an hour, over all its codes
PAUSE = timedelta(seconds=60)  # between two codes to one phone
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Cap(NamedTuple):
    """At most ``most`` codes within ``span``."""

    span: timedelta
    most: int


PHONE = (Cap(PAUSE, 1), Cap(HOUR, 5), Cap(DAY, 8))
DEVICE = (Cap(HOUR, 6), Cap(DAY, 12))
NETWORK = (Cap(HOUR, 60), Cap(DAY, 300))  # a mall's shared address still opens a store
STORE_CODE = (Cap(HOUR, 200), Cap(DAY, 1000))


class Limit(StrEnum):
    """Which cap stopped a code."""

    PHONE = "phone"
    DEVICE = "device"
    NETWORK = "network"
    STORE_CODE = "store_code"
    BUDGET = "budget"


class Outcome(StrEnum):
    """What a typed code turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    BURNT = "burnt"
    EXPIRED = "expired"
    LOCKED = "locked"


def new_code() -> str:
    """Six random digits, leading zeros and all."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def digest(key: str, purpose: str, *parts: str) -> str:
    """A keyed fingerprint (HMAC-SHA256, hex) of some parts, for one purpose only."""
    message = "\x1f".join((purpose, *parts)).encode()
    return hmac.digest(key.encode(), message, sha256).hex()


def network(address: str) -> tuple[str, str]:
    """First and last address of the caller's network: /24, or /56 in IPv6."""
    caller = ipaddress.ip_address(address)
    block = ipaddress.ip_network((caller, 24 if caller.version == 4 else 56), strict=False)
    return str(block[0]), str(block[-1])


def clean(typed: str) -> str:
    """The digits of what was typed or pasted: full-width signs and gaps are forgiven."""
    return "".join(str(int(sign)) for sign in typed if sign.isdecimal())[: DIGITS + 1]
