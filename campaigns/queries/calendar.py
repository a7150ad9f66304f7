"""Campaigns by day: what runs when, as far as a person may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Case, Count, DateTimeField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest

from stores.models import Brand, Staff

from ..models import Campaign
from . import campaigns

Kind, Status = Campaign.Kind, Campaign.Status
MOST = 500  # campaigns of headquarters in six weeks; more would be no calendar any more


def between(
    staff: Staff, start: datetime, end: datetime, *, now: datetime, brand: Brand | None = None
) -> QuerySet[Campaign]:
    """Headquarters' campaigns that lie between two moments, by their start; each with ``until``, when it was over.

    Drafts with a day are among them; those that listen to an event have no day (see ``listening``).
    """
    rows = _in_time(_seen(staff, brand), start, end, now).exclude(kind__in=(Kind.LOCAL, Kind.TRIGGERED))
    return rows.select_related("brand").order_by("starts_at", "pk")[:MOST]


def promotions(
    staff: Staff, bounds: Sequence[tuple[datetime, datetime]], *, now: datetime, brand: Brand | None = None
) -> list[int]:
    """How many promotions of stores run on each of the days, given as (from, to): one statement for all of them."""
    rows = _in_time(_seen(staff, brand).filter(kind=Kind.LOCAL), bounds[0][0], bounds[-1][1], now)
    rows = rows.exclude(status=Status.DRAFT).order_by()
    counted = rows.aggregate(**{f"d{n}": Count("pk", filter=_lies_in(*each)) for n, each in enumerate(bounds)})
    return [counted[f"d{n}"] for n in range(len(bounds))]


def listening(staff: Staff, *, brand: Brand | None = None) -> QuerySet[Campaign]:
    """Those that run on an event, every day."""
    rows = _seen(staff, brand).filter(kind=Kind.TRIGGERED, status__in=(Status.RUNNING, Status.PAUSED))
    return rows.select_related("brand").order_by("name", "pk")


def _seen(staff: Staff, brand: Brand | None) -> QuerySet[Campaign]:
    rows = campaigns.visible_to(staff)
    return rows.filter(brand=brand) if brand else rows


def _in_time(rows: QuerySet[Campaign], start: datetime, end: datetime, now: datetime) -> QuerySet[Campaign]:
    """Those that lie in it. A campaign without an end lasts until it was finished, or until now while it runs."""
    going = When(status__in=(Status.RUNNING, Status.PAUSED), then=Value(now))
    over = Coalesce("finished_at", "ends_at", Case(going, default=F("starts_at"), output_field=DateTimeField()))
    return rows.annotate(until=Greatest("starts_at", over)).filter(_lies_in(start, end))


def _lies_in(start: datetime, end: datetime) -> Q:
    """Midnight belongs to the day that begins, not to the one before it."""
    return Q(starts_at__lt=end) & (Q(until__gt=start) | Q(starts_at__gte=start))
