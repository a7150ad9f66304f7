"""What a store may start by itself: headquarters' limits, each with its own reason. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple


class Allowance(NamedTuple):
    """Headquarters' limits. ``floor``: the least share of the price that stays, in percent; ``budget`` in yuan."""

    first_day: date | None
    last_day: date | None
    most_days: int
    floor: int
    budget: Decimal
    most_at_once: int
    radius_m: int


class Wish(NamedTuple):
    """What a store wants. ``value`` in yuan or, ``is_percent``, in percent off; ``threshold`` and ``most`` in yuan."""

    first_day: date
    days: int
    value: Decimal
    is_percent: bool
    threshold: Decimal
    most: Decimal | None
    radius_m: int
    coupons: int
    running: int


def face_value(wish: Wish) -> Decimal | None:
    """What one coupon costs at most, in yuan; None if it has no upper limit."""
    return wish.most if wish.is_percent else wish.value


def price_kept(wish: Wish) -> Decimal:
    """The least share of the price that a shopper still pays, in percent."""
    if wish.is_percent:
        return 100 - wish.value
    if wish.threshold <= 0:
        return Decimal(0)  # an order of the coupon's own value costs nothing
    return 100 - 100 * wish.value / wish.threshold


def broken(wish: Wish, allowed: Allowance, *, today: date) -> list[str]:
    """The limits that a wish breaks: past, first_day, last_day, days, value, floor, budget, radius, at_once, nobody."""
    last = wish.first_day + timedelta(days=wish.days - 1) if 0 < wish.days < 3_000 else wish.first_day
    face = face_value(wish)
    found = {
        "past": wish.first_day < today,
        "first_day": allowed.first_day is not None and wish.first_day < allowed.first_day,
        "last_day": allowed.last_day is not None and last > allowed.last_day,
        "days": not 1 <= wish.days <= allowed.most_days,
        "value": wish.value <= 0 or (wish.is_percent and wish.value >= 100),
        "floor": wish.value > 0 and price_kept(wish) < allowed.floor,
        "budget": face is None or face * wish.coupons > allowed.budget,
        "radius": not 0 < wish.radius_m <= allowed.radius_m,
        "at_once": wish.running >= allowed.most_at_once,
        "nobody": wish.coupons <= 0,
    }
    return [name for name, is_broken in found.items() if is_broken]


def highest_value(is_percent: bool, threshold: Decimal, floor: int) -> Decimal:
    """The largest value that keeps so much of the price: yuan, or percent off."""
    off = Decimal(max(0, 100 - floor))
    return min(off, Decimal(99)) if is_percent else threshold * off / 100


def coupons_within(face: Decimal | None, budget: Decimal) -> int:
    """How many coupons of this face value the budget pays; none of one without an upper limit."""
    return int(budget // face) if face else 0
