"""Figures of loyalty for pages and the replay. Whole points; all scoped by brands where a person asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Sum

from members.queries.days import calendar
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


def earned_until(books: list[int], moment: datetime) -> int:
    """Points that came in on a day as far as this moment, from its entries."""
    since = moment.astimezone(calendar()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Entry.objects.filter(book__in=books, occurred_at__gte=since, occurred_at__lt=moment, amount__gt=0)
    return rows.aggregate(earned=Sum("amount"))["earned"] or 0
