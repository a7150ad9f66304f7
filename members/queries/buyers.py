"""Members who bought: people, not sums, so that they cannot be added up over days and are counted from the orders.

In a chain where that takes seconds, ``members.services.days.keep_buyers`` counts every ten minutes and keeps the answer
in the cache with its time. Without a kept answer the orders are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from stores.models import Brand, Staff, Store
from stores.queries import stores

from ..models import Order
from .days import calendar

if TYPE_CHECKING:
    from .reports import Span

KEEP_FROM = 200_000  # member orders in thirty days: below, counting takes a blink
KEPT_FOR = timedelta(minutes=25)  # two rounds of the clock may fail


@dataclass(frozen=True)
class Buyers:
    """Members who bought in a span, in the span before it, and on each day of a month, as of ``at``."""

    now: int
    before: int
    daily: dict[date, int]
    at: datetime


def of(staff: Staff, span: Span, month: Span) -> Buyers:
    """The members who bought in the stores this person sees; kept ones when there are."""
    key = key_of(staff, len(span.days))
    held: Buyers | None = cache.get(key) if key else None
    if held and held.at.astimezone(calendar()).date() == span.end.astimezone(calendar()).date():
        return held
    shops = None if staff.is_active and staff.sees_every_store else stores.visible_to(staff)
    return counted(shops, span, month)


def counted(shops: QuerySet[Store] | None, span: Span, month: Span) -> Buyers:
    """The same from the orders; ``shops`` None: every store."""
    rows = Order.objects.filter(member__isnull=False)
    rows = rows if shops is None else rows.filter(store__in=shops.order_by().values("pk"))
    spans = rows.filter(paid_at__gte=span.before.start, paid_at__lt=span.end).aggregate(
        now=Count("member", distinct=True, filter=Q(paid_at__gte=span.start)),
        before=Count("member", distinct=True, filter=Q(paid_at__lt=span.before.end)),
    )
    daily = rows.filter(paid_at__gte=month.start, paid_at__lt=month.end).annotate(
        day=TruncDate("paid_at", tzinfo=calendar())
    )
    people = dict(
        daily.order_by("day").values("day").annotate(n=Count("member", distinct=True)).values_list("day", "n")
    )
    return Buyers(spans["now"], spans["before"], people, span.end)


def key_of(staff: Staff, days: int) -> str:
    """Under which name the answer for this person is kept; empty when it is not: few stores are counted quickly."""
    if not staff.is_active:
        return ""
    if staff.sees_every_store:
        return key(None, days)
    if staff.scope == Staff.Scope.BRAND:
        brands = list(stores.brands_visible_to(staff).values_list("pk", flat=True)[:2])
        return key(brands[0], days) if len(brands) == 1 else ""
    return ""


def key(brand_id: int | None, days: int) -> str:
    """The name in the cache for a brand, or the whole chain."""
    return f"buyers:{brand_id or 'chain'}:{days}"


def worth_keeping(orders_in_month: int) -> bool:
    """Whether counting takes so long that it is done ahead."""
    return orders_in_month >= KEEP_FROM


def keepers() -> list[tuple[int | None, QuerySet[Store] | None]]:
    """For whom it is kept: the whole chain, and each brand where there are several."""
    brands = list(Brand.objects.order_by("pk").values_list("pk", flat=True))
    each = [(pk, Store.objects.filter(brand=pk)) for pk in brands]
    return [(None, None), *(each if len(brands) > 1 else [])]
