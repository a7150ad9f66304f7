"""When a coupon counts, and what it takes off. Plain values in, plain values out; amounts are yuan."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

FEN = Decimal("0.01")
MOST_AMOUNT = Decimal("9999999999.99")  # of an order, as the column holds it
UNDO_WITHIN = timedelta(minutes=2)
HOLD_FOR = timedelta(minutes=15)  # between a till's asking and its receipt


class Refusal(StrEnum):
    """Why a coupon is not taken."""

    UNKNOWN = "unknown_coupon"
    OTHER_BRAND = "other_brand"
    VOIDED = "voided"
    USED = "used"
    NOT_YET = "not_yet_valid"
    EXPIRED = "expired"
    STORE_ONLY = "store_only"
    ONLINE_ONLY = "online_only"
    OTHER_STORE = "other_store"
    BAD_AMOUNT = "bad_amount"
    AMOUNT_NEEDED = "amount_needed"
    BELOW_THRESHOLD = "below_threshold"
    KEY_USED = "key_used"
    UNDONE = "undone"
    HELD = "held"


TEXTS: dict[Refusal, Any] = {
    Refusal.UNKNOWN: _("There is no coupon with this code. Check the letters."),
    Refusal.OTHER_BRAND: _("This coupon is of another brand."),
    Refusal.VOIDED: _("This coupon was withdrawn."),
    Refusal.USED: _("Already used %(when)s at %(place)s."),
    Refusal.NOT_YET: _("This coupon counts from %(when)s on."),
    Refusal.EXPIRED: _("This coupon ran out %(when)s."),
    Refusal.STORE_ONLY: _("This coupon counts in stores only."),
    Refusal.ONLINE_ONLY: _("This coupon counts online only."),
    Refusal.OTHER_STORE: _("This coupon counts at other stores of the brand."),
    Refusal.BAD_AMOUNT: _("The order amount must be above zero, with at most two decimals."),
    Refusal.AMOUNT_NEEDED: _("This coupon needs the order amount."),
    Refusal.BELOW_THRESHOLD: _("This coupon counts from an order of ¥%(threshold)s."),
    Refusal.KEY_USED: _("This key was used for another coupon."),
    Refusal.HELD: _("This coupon is being used at a till right now. Try again in a few minutes."),
    Refusal.UNDONE: _("This redemption was taken back. Redeem again with a new key."),
}


class Terms(NamedTuple):
    """What a template promises. ``store_ids`` empty: every store of the brand; they bind use in stores only."""

    kind: str
    value: Decimal
    most: Decimal | None
    threshold: Decimal
    place: str
    brand_id: int
    store_ids: frozenset[int] = frozenset()


class State(NamedTuple):
    """Where one coupon stands."""

    starts_at: datetime | None
    expires_at: datetime
    redeemed_at: datetime | None = None
    voided_at: datetime | None = None


class Where(NamedTuple):
    """Where it is shown. ``brand_id`` None: a channel of the whole chain; ``store_id`` None: online, at no store."""

    brand_id: int | None
    store_id: int | None
    is_online: bool = False


def refusal(terms: Terms, state: State, where: Where, *, now: datetime) -> Refusal | None:
    """Why this coupon does not count here and now, whatever the order; None when it does."""
    if where.brand_id is not None and where.brand_id != terms.brand_id:
        return Refusal.OTHER_BRAND  # first: a stranger learns nothing more
    return _stale(state, now) or _misplaced(terms, where)


def _stale(state: State, now: datetime) -> Refusal | None:
    if state.voided_at is not None:
        return Refusal.VOIDED
    if state.redeemed_at is not None:
        return Refusal.USED
    if now >= state.expires_at:
        return Refusal.EXPIRED
    return Refusal.NOT_YET if state.starts_at is not None and now < state.starts_at else None


def _misplaced(terms: Terms, where: Where) -> Refusal | None:
    if where.is_online:
        return Refusal.STORE_ONLY if terms.place == "store" else None
    if terms.place == "online":
        return Refusal.ONLINE_ONLY
    return Refusal.OTHER_STORE if terms.store_ids and where.store_id not in terms.store_ids else None


def needs_amount(terms: Terms) -> bool:
    """Whether only the order amount says if it counts or what it takes off."""
    return terms.kind == "percent" or terms.threshold > 0


def short(terms: Terms, amount: Decimal | None) -> Refusal | None:
    """Why this coupon does not count for an order of this amount; None when it does."""
    if amount is None:
        return Refusal.AMOUNT_NEEDED if needs_amount(terms) else None
    if not (0 < amount <= MOST_AMOUNT) or amount != amount.quantize(FEN, ROUND_DOWN):
        return Refusal.BAD_AMOUNT
    return Refusal.BELOW_THRESHOLD if amount < terms.threshold else None


def quote(terms: Terms, amount: Decimal | None) -> Decimal | None:
    """What it takes off an order of this amount: never more than the order, a percentage rounded down to the fen.

    None when the amount is needed and not known.
    """
    if amount is None:
        return None if needs_amount(terms) else terms.value
    off = terms.value
    if terms.kind == "percent":
        off = (amount * terms.value / 100).quantize(FEN, ROUND_DOWN)
        if terms.most is not None:
            off = min(off, terms.most)
    return max(min(off, amount), Decimal(0))


class Life(NamedTuple):
    """From when (None for at once) until when, exclusively, a coupon counts."""

    starts_at: datetime | None
    expires_at: datetime


def life(
    issued_at: datetime, *, days: int, first_day: date | None, last_day: date | None, zone: ZoneInfo
) -> Life | None:
    """The life of a coupon given out at this moment: ``days`` long, yet within the template's first and last day.

    Days begin and end at midnight of ``zone``. None when it would be over before it begins.
    """
    starts_at = _midnight(first_day, zone) if first_day else None
    if starts_at is not None and starts_at <= issued_at:
        starts_at = None
    expires_at = issued_at + timedelta(days=days)
    if last_day is not None:
        expires_at = min(expires_at, _midnight(last_day + timedelta(days=1), zone))
    return Life(starts_at, expires_at) if expires_at > (starts_at or issued_at) else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
