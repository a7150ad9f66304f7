"""Who does not get the message, and why: one reason each, the first that holds. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from stores.rules.phones import is_demo

from .limits import Quiet, is_stale


class Reason(StrEnum):
    """Why a message was not sent or failed; the same words as ``Delivery.Reason``."""

    GONE = "gone"
    RESTRICTED = "restricted"
    MINOR = "minor"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    BLOCKED = "blocked"
    STALE = "stale"
    CAPPED = "capped"
    SOLD_OUT = "sold_out"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    GARBLED = "garbled"
    INTERRUPTED = "interrupted"


class Facts(NamedTuple):
    """What is known about one member at the moment of sending."""

    is_member: bool
    has_consent: bool
    address: str
    zone: str
    due_at: datetime
    is_restricted: bool = False
    is_minor: bool = False


class Limits(NamedTuple):
    """What a campaign allows. ``drop_after`` in hours, 0 for never."""

    quiet: Quiet
    drop_after: int
    ends_at: datetime | None
    blocks_demo: bool


class Verdict(NamedTuple):
    """Send it (both empty), do not send it for a reason, or hold it until a moment."""

    reason: Reason | None = None
    hold_until: datetime | None = None


SEND = Verdict()


def decide(facts: Facts, limits: Limits, *, now: datetime) -> Verdict:
    """What to do with a message now. The cap and the coupon come after this: they are taken, not looked at."""
    if not facts.is_member:
        return Verdict(Reason.GONE)
    if facts.is_restricted:
        return Verdict(Reason.RESTRICTED)
    if facts.is_minor:
        return Verdict(Reason.MINOR)
    if not facts.has_consent:
        return Verdict(Reason.NO_CONSENT)
    if not facts.address:
        return Verdict(Reason.NO_ADDRESS)
    if limits.blocks_demo and is_demo(facts.address):
        return Verdict(Reason.BLOCKED)
    opening = limits.quiet.opening(now, facts.zone)
    has_ended = limits.ends_at is not None and opening >= limits.ends_at
    if has_ended or is_stale(facts.due_at, opening, limits.drop_after):
        return Verdict(Reason.STALE)
    return SEND if opening == now else Verdict(hold_until=opening)
