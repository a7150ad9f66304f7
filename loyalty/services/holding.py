"""A till holds a coupon while its receipt is being made: hold, then redeem with the same key, or let go."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction

from stores.models import Channel, Store

from ..models import Coupon
from ..queries import coupons as queries
from ..rules.redeeming import HOLD_FOR, Refusal
from . import redeeming
from .redeeming import Checked, Redeemed, Till


class Held(NamedTuple):
    """A coupon that nobody else may redeem until then."""

    checked: Checked
    until: datetime


def hold(
    code: str, *, store: Store | None, channel: Channel, key: str, amount: Decimal | None = None, now: datetime
) -> Held:
    """Keep a coupon for this till for a quarter of an hour; asking again with the same key begins it anew.

    Of tills that race one gets it. Opens its own transaction. Raises CannotRedeem with the reason, TooManyGuesses.
    """
    till = Till(store, channel, None, key)
    checked = redeeming.check(code, store=store, channel=channel, key=key, amount=amount, now=now)
    until = now + HOLD_FOR
    if not _take(checked.coupon, till, until, now):
        redeeming.check(code, store=store, channel=channel, key=key, amount=amount, now=now)  # says who was quicker
        raise redeeming.refused(Refusal.KEY_USED, checked.coupon, till)
    return Held(checked, until)


@transaction.atomic(durable=True)
def _take(coupon: Coupon, till: Till, until: datetime, now: datetime) -> bool:
    live = Coupon.objects.filter(pk=coupon.pk, redeemed_at=None, voided_at=None, expires_at__gt=now)
    try:
        with transaction.atomic():  # the same key for two coupons at once: the index decides
            free = live.filter(redeeming.free_for(till, now))
            return bool(free.update(held_until=until, held_channel=till.channel, held_key=till.key))
    except IntegrityError:
        return False


def commit(
    *,
    store: Store | None,
    channel: Channel,
    key: str,
    amount: Decimal | None = None,
    order_number: str = "",
    now: datetime,
) -> Redeemed:
    """Use up what this key holds, once; also later than the quarter of an hour, if nobody took it meanwhile.

    Opens its own transaction. Raises CannotRedeem.
    """
    coupon = queries.redeemed_with(channel, key) or Coupon.objects.filter(held_channel=channel, held_key=key).first()
    if coupon is None:
        raise redeeming.refused(Refusal.UNKNOWN, None, Till(store, channel, None, key))
    return redeeming.redeem(
        coupon.code, store=store, channel=channel, key=key, amount=amount, order_number=order_number, now=now
    )


@transaction.atomic(durable=True)
def release(*, channel: Channel, key: str) -> bool:
    """Let go of what this key holds; False when it holds nothing. Safe to repeat."""
    held = Coupon.objects.filter(held_channel=channel, held_key=key, redeemed_at=None)
    return bool(held.update(held_until=None, held_channel=None, held_key=None))
