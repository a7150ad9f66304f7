"""What is going on and what comes next, for the first page."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from stores.models import Staff

from ..models import Campaign
from . import campaigns

DAYS = 7


def of(staff: Staff, *, now: datetime) -> QuerySet[Campaign]:
    """Campaigns and promotions that run, are held, or start within a week: those to start first, then the running.

    Without those that wait for an event: they have no day.
    """
    soon = Q(status=Campaign.Status.SCHEDULED, starts_at__lt=now + timedelta(days=DAYS))
    going = Q(status__in=(Campaign.Status.RUNNING, Campaign.Status.PAUSED)) & (Q(ends_at=None) | Q(ends_at__gt=now))
    rows = campaigns.visible_to(staff).filter(soon | going).exclude(kind=Campaign.Kind.TRIGGERED)
    return rows.select_related("store", "brand").order_by("-starts_at", "-pk")
