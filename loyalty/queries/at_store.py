"""Coupons at one store: used today, and about to run out in the wallets of its members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Sum

from members.models import Member
from members.queries import today
from stores.models import Store

from ..models import Coupon

SOON = timedelta(days=3)


@dataclass(frozen=True)
class Redeemed:
    """Coupons used, and what they took off in yuan."""

    count: int
    discount: Decimal


def redeemed(store: Store, *, now: datetime) -> Redeemed:
    """What the store redeemed today, by its own clock."""
    since = today.midnight(store, now=now)
    used = Coupon.objects.filter(redeemed_store=store, redeemed_at__gte=since, redeemed_at__lte=now)
    found = used.aggregate(count=Count("pk"), discount=Sum("discount"))
    return Redeemed(found["count"], found["discount"] or Decimal(0))


def expiring(store: Store, *, now: datetime) -> QuerySet[Member]:
    """The store's members who hold a coupon that runs out within three days, with when (``runs_out``), soonest first."""
    held = Coupon.objects.filter(
        member=OuterRef("pk"), expires_at__gt=now, expires_at__lte=now + SOON, redeemed_at=None, voided_at=None
    )
    soonest = held.order_by().values("member").annotate(first=Min("expires_at")).values("first")
    return Member.objects.filter(Exists(held), home_store=store).annotate(runs_out=soonest).order_by("runs_out", "pk")
