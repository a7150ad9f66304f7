"""Figures about members and what they bought, for a set of stores. All take a scope and a span of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from stores.models import Staff
from stores.queries import stores

from ..models import Member, Order

NET = F("amount") - F("refunded")


@dataclass(frozen=True)
class Span:
    """From the beginning of a day, in a zone, until a moment; and the span before it that it is compared with.

    The span before lies whole weeks earlier, so that weekdays meet weekdays, and ends at the same time of day.
    """

    start: datetime
    end: datetime
    weeks: int

    @classmethod
    def of_days(cls, days: int, *, now: datetime, zone: ZoneInfo) -> Span:
        """The last ``days`` days including today until ``now``."""
        today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(today - timedelta(days=days - 1), now.astimezone(zone), max(1, round(days / 7)))

    @property
    def before(self) -> Span:
        back = timedelta(weeks=self.weeks)
        return Span(self.start - back, self.end - back, self.weeks)

    @property
    def days(self) -> list[date]:
        """Each day of the span."""
        return [(self.start + timedelta(days=n)).date() for n in range((self.end - self.start).days + 1)]


@dataclass(frozen=True)
class Sales:
    """What was sold in a span. Money in yuan, refunds taken off."""

    orders: int = 0
    sales: Decimal = Decimal(0)
    member_sales: Decimal = Decimal(0)
    active: int = 0

    @property
    def member_share(self) -> Decimal | None:
        """The members' part of the sales, 0..1 (会员消费占比); None without sales."""
        return self.member_sales / self.sales if self.sales else None


def _orders(staff: Staff, start: datetime, end: datetime) -> QuerySet[Order]:
    rows = Order.objects.filter(paid_at__gte=start, paid_at__lt=end)
    return rows if staff.sees_every_store else rows.filter(store__in=stores.visible_to(staff).values("pk"))


def _joined(staff: Staff, start: datetime, end: datetime) -> QuerySet[Member]:
    rows = Member.objects.filter(joined_at__gte=start, joined_at__lt=end)
    return rows if staff.sees_every_store else rows.filter(home_store__in=stores.visible_to(staff).values("pk"))


def sales(staff: Staff, span: Span) -> Sales:
    """Orders, money and members who bought, in the stores this person sees."""
    return compared_sales(staff, span)[0]


def compared_sales(staff: Staff, span: Span) -> tuple[Sales, Sales]:
    """The sales of the span and of the span before it, in one question."""
    rows = _orders(staff, span.before.start, span.end)
    figures: dict[str, Any] = {}
    for name, one in (("now", span), ("before", span.before)):
        inside = Q(paid_at__gte=one.start, paid_at__lt=one.end)
        figures |= {
            f"{name}_orders": Count("pk", filter=inside), f"{name}_sales": Sum(NET, filter=inside),
            f"{name}_member_sales": Sum(NET, filter=inside & Q(member__isnull=False)),
            f"{name}_active": Count("member", distinct=True, filter=inside),
        }  # fmt: skip
    found = rows.aggregate(**figures)
    now, before = (
        Sales(**{key.removeprefix(f"{name}_"): value for key, value in found.items() if key.startswith(name) and value})
        for name in ("now", "before")
    )
    return now, before


def joined(staff: Staff, span: Span) -> int:
    """How many became members of these stores."""
    return compared_joined(staff, span)[0]


def compared_joined(staff: Staff, span: Span) -> tuple[int, int]:
    """How many joined in the span, and in the span before it."""
    found = _joined(staff, span.before.start, span.end).aggregate(
        now=Count("pk", filter=Q(joined_at__gte=span.start)),
        before=Count("pk", filter=Q(joined_at__lt=span.before.end)),
    )
    return found["now"], found["before"]


def joined_by_day(staff: Staff, span: Span) -> dict[date, int]:
    """New members for each day of the span; days without any are 0."""
    rows = _joined(staff, span.start, span.end).annotate(day=TruncDate("joined_at", tzinfo=span.start.tzinfo))
    return _filled(span, rows.order_by("day").values("day").annotate(value=Count("pk")), 0)


def sales_by_day(staff: Staff, span: Span) -> dict[str, dict[date, Decimal]]:
    """``all``, ``members`` and ``active``: sales in yuan, the members' part, and members who bought, by day."""
    rows = list(
        _orders(staff, span.start, span.end)
        .annotate(day=TruncDate("paid_at", tzinfo=span.start.tzinfo))
        .order_by("day")
        .values("day")
        .annotate(all=Sum(NET), members=Sum(NET, filter=Q(member__isnull=False)), active=Count("member", distinct=True))
    )
    return {
        name: _filled(span, ({"day": row["day"], "value": row[name]} for row in rows), Decimal(0))
        for name in ("all", "members", "active")
    }


def joined_by_channel(staff: Staff, span: Span) -> list[tuple[str, int]]:
    """Where new members came from: (channel name, how many), most first. Nameless: the channel is unknown."""
    rows = _joined(staff, span.start, span.end).values("joined_channel__name").annotate(count=Count("pk"))
    return [(row["joined_channel__name"] or "", row["count"]) for row in rows.order_by("-count")[:6]]


def joined_by_store(staff: Staff, span: Span, *, most: int = 6) -> list[dict]:
    """The stores with most new members: dicts with home_store, home_store__name and count."""
    rows = _joined(staff, span.start, span.end).exclude(home_store=None)
    keys = ("home_store", "home_store__name", "home_store__name_en")
    return list(rows.values(*keys).annotate(count=Count("pk")).order_by("-count", "home_store")[:most])


def _filled(span: Span, rows: Iterable[Any], nothing: int | Decimal) -> dict:
    found = {row["day"]: row["value"] or nothing for row in rows}
    return {day: found.get(day, nothing) for day in span.days}
