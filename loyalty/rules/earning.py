"""What an amount earns, and what giving part of it back takes away. Pure arithmetic."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

ONE = Decimal(1)


def quote(amount: Decimal, rate: Decimal) -> int:
    """Whole points (or growth value) for an order of ``amount`` yuan, rounded down once for the whole order."""
    if rate == 1:
        return int(amount)
    return int((amount * rate).to_integral_value(rounding=ROUND_FLOOR))


def take_back(amount: Decimal, *, before: Decimal, after: Decimal, rate: Decimal) -> int:
    """What a refund takes back: an order of ``amount`` yuan had ``before`` refunded and has ``after`` now.

    The steps add up: whatever the order and number of refunds, a full refund leaves exactly nothing.
    """
    return quote(amount - before, rate) - quote(amount - after, rate)
