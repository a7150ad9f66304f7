"""What a member is worth, and at which stage they are, by what they bought. Pure: the same facts give the same verdict.

Value looks at the last 365 days: high from 2,000 yuan or 12 orders, middle from 500 yuan or 3 orders, else low. Refunds
are taken off first. The stage looks at all orders and at the days since the last one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

YEAR = timedelta(days=365)
HIGH_SPENT, HIGH_ORDERS = Decimal(2000), 12
MIDDLE_SPENT, MIDDLE_ORDERS = Decimal(500), 3
ASLEEP = timedelta(days=180)
LOYAL_ORDERS = 6  # in a year


class Value(TextChoices):
    LOW = "low", _("Low value")
    MIDDLE = "middle", _("Middle value")
    HIGH = "high", _("High value")


class Stage(TextChoices):
    NEWCOMER = "newcomer", _("Newcomer")
    FIRST_PURCHASE = "first_purchase", _("First purchase")
    REPURCHASE = "repurchase", _("Repurchase")
    LOYAL_ACTIVE = "loyal_active", _("Loyal and active")
    DORMANT = "dormant", _("Dormant")


class Bought(NamedTuple):
    """All that a verdict looks at: orders that were not refunded in full; yuan after refunds."""

    orders: int = 0
    year_orders: int = 0
    year_spent: Decimal = Decimal(0)
    last_paid_at: datetime | None = None


class Verdict(NamedTuple):
    """The value and the stage."""

    value: Value
    stage: Stage


def judge(bought: Bought, *, now: datetime) -> Verdict:
    """The verdict at a moment."""
    return Verdict(_value(bought), _stage(bought, now))


def _value(bought: Bought) -> Value:
    if bought.year_spent >= HIGH_SPENT or bought.year_orders >= HIGH_ORDERS:
        return Value.HIGH
    if bought.year_spent >= MIDDLE_SPENT or bought.year_orders >= MIDDLE_ORDERS:
        return Value.MIDDLE
    return Value.LOW


def _stage(bought: Bought, now: datetime) -> Stage:
    if not bought.orders or bought.last_paid_at is None:
        return Stage.NEWCOMER
    if now - bought.last_paid_at > ASLEEP:
        return Stage.DORMANT
    if bought.year_orders >= LOYAL_ORDERS:
        return Stage.LOYAL_ACTIVE
    return Stage.REPURCHASE if bought.orders > 1 else Stage.FIRST_PURCHASE
