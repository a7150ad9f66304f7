"""How long a sign-in lasts: until idle too long, and at most so long. Shops' phones live longer than desks."""

from dataclasses import dataclass
from datetime import timedelta

from ..access import Role


@dataclass(frozen=True)
class Life:
    idle: timedelta
    absolute: timedelta


DESK = Life(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
STORE_PHONE = Life(idle=timedelta(hours=12), absolute=timedelta(days=7))


def life_of(role: str) -> Life:
    """The life of a session for this role."""
    return STORE_PHONE if role in Role.STORE else DESK


def is_over(role: str, *, started: float, seen: float, now: float) -> bool:
    """Whether a session (times in seconds since 1970) has ended."""
    life = life_of(role)
    return now - seen > life.idle.total_seconds() or now - started > life.absolute.total_seconds()
