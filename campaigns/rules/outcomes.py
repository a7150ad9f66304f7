"""What the other side's answer means for a message, and when a sender or a campaign should rest. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from .exclusions import Reason

MOST_TRIES = 6
ERRORS_IN_ROW = 10  # then the sender rests
REST = timedelta(seconds=20)  # after which one message tries whether the other side is back
WINDOW = 500  # messages whose share of errors is watched
WORST = 5  # one in so many may go wrong


class Fate(Enum):
    """What becomes of a message. ``AGAIN``: it was not taken; ``SAME_AGAIN``: it may have been, the key tells."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    AGAIN = "again"
    SAME_AGAIN = "same_again"


class Outcome(NamedTuple):
    fate: Fate
    reason: Reason | None = None


def fate_of_failure(
    *, permanent: bool, is_unknown: bool, is_garbled: bool, may_repeat: bool, tries: int
) -> Outcome:  # fmt: skip
    """A message that was not plainly taken. ``may_repeat``: the same message twice does no harm."""
    if permanent:
        return Outcome(Fate.FAILED, Reason.REFUSED)
    is_last = tries >= MOST_TRIES
    if is_unknown:
        if may_repeat and not is_last:
            return Outcome(Fate.SAME_AGAIN)
        return Outcome(Fate.UNKNOWN, Reason.GARBLED if is_garbled else Reason.UNREACHABLE)
    return Outcome(Fate.FAILED, Reason.UNREACHABLE) if is_last else Outcome(Fate.AGAIN)


def pause_before_try(tries: int) -> timedelta:
    """How long a message waits after so many tries: 5 seconds, doubling, five minutes at most."""
    return timedelta(seconds=min(5 * 2 ** max(tries - 1, 0), 300))


def is_too_bad(sends: int, errors: int) -> bool:
    """Whether more than a fifth of the last 500 went wrong; of fewer sends, more than a fifth of at least 100."""
    return errors * WORST > min(max(sends, 100), WINDOW)
