"""What happened to one member."""

from __future__ import annotations

from django.db.models import QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import Event, Member


def timeline(member: Member, staff: Staff | None = None) -> QuerySet[Event]:
    """The member's events, latest first. For a person bound to stores: those of their stores and of no store."""
    rows = Event.objects.filter(member=member).select_related("store", "channel").order_by("-at", "-pk")
    if staff is None or staff.sees_every_store:
        return rows
    return rows.filter(store__in=stores.visible_to(staff).values("pk")) | rows.filter(store=None)
