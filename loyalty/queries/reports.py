"""Figures of loyalty for pages and the replay. Whole points; all scoped by brands where a person asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from stores.models import Brand

from ..models import Account, Book, Entry, Standing, Tier


@dataclass(frozen=True)
class PointsFigures:
    """``earned`` and ``taken`` in a period; ``outstanding`` and ``debt`` as they stand now."""

    earned: int
    taken: int
    outstanding: int
    debt: int


def points(brands: QuerySet[Brand], *, since: datetime, until: datetime) -> PointsFigures:
    """Points of these brands: moved in the period by the time of their cause, and held now."""
    books = Book.objects.filter(asset=Book.Asset.POINTS, program__brand__in=brands).values("pk")
    moved = Entry.objects.filter(book__in=books, occurred_at__gte=since, occurred_at__lt=until).aggregate(
        earned=Sum("amount", filter=Q(amount__gt=0)), taken=Sum("amount", filter=Q(amount__lt=0))
    )
    held = Account.objects.filter(book__in=books).aggregate(balance=Sum("balance"), debt=Sum("debt"))
    return PointsFigures(moved["earned"] or 0, -(moved["taken"] or 0), held["balance"] or 0, held["debt"] or 0)


def in_ledger(brands: QuerySet[Brand], *, asset: str = Book.Asset.POINTS) -> int:
    """The sum of every ledger entry of these brands in one asset."""
    books = Book.objects.filter(asset=asset, program__brand__in=brands).values("pk")
    return Entry.objects.filter(book__in=books).aggregate(total=Sum("amount"))["total"] or 0


def members_by_tier(brands: QuerySet[Brand]) -> list[dict]:
    """Rows of {program, brand_name, rank, name, name_en, members}, each ladder from the bottom up."""
    counts = Standing.objects.filter(program__brand__in=brands).values("tier").annotate(members=Count("member"))
    members = {row["tier"]: row["members"] for row in counts.order_by()}
    tiers = Tier.objects.filter(program__brand__in=brands).order_by("program", "rank")
    rows = tiers.values("pk", "program", "rank", "name", "name_en", "threshold", brand_name=F("program__brand__name"))
    return [{**row, "members": members.get(row["pk"], 0)} for row in rows]


def earned_by_day(brands: QuerySet[Brand], *, since: datetime, until: datetime, zone: ZoneInfo) -> dict[date, int]:
    """Points that came in, by the day of their cause in a zone; days without any are left out."""
    books = Book.objects.filter(asset=Book.Asset.POINTS, program__brand__in=brands).values("pk")
    moved = Entry.objects.filter(book__in=books, occurred_at__gte=since, occurred_at__lt=until, amount__gt=0)
    rows = moved.annotate(day=TruncDate("occurred_at", tzinfo=zone)).order_by("day").values("day")
    return {row["day"]: row["earned"] for row in rows.annotate(earned=Sum("amount"))}


def compared_earned(
    brands: QuerySet[Brand], *, now: tuple[datetime, datetime], before: tuple[datetime, datetime]
) -> tuple[int, int]:
    """Points that came in within two spans (start, end), in one question; ``before`` starts first."""
    books = Book.objects.filter(asset=Book.Asset.POINTS, program__brand__in=brands).values("pk")
    moved = Entry.objects.filter(book__in=books, occurred_at__gte=before[0], occurred_at__lt=now[1], amount__gt=0)
    found = moved.aggregate(
        now=Sum("amount", filter=Q(occurred_at__gte=now[0])),
        before=Sum("amount", filter=Q(occurred_at__lt=before[1])),
    )
    return found["now"] or 0, found["before"] or 0


def outstanding(brands: QuerySet[Brand]) -> int:
    """Points that members of these brands hold now."""
    books = Book.objects.filter(asset=Book.Asset.POINTS, program__brand__in=brands).values("pk")
    return Account.objects.filter(book__in=books).aggregate(held=Sum("balance"))["held"] or 0
