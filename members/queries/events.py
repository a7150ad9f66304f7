"""What happened to one member."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import Event, Member


def timeline(member: Member, staff: Staff | None = None, *, programs: Collection[int] = ()) -> QuerySet[Event]:
    """The member's events, latest first.

    For a person bound to stores: those of their stores, and those of no store unless they tell of a programme
    (its id stands in ``data["program"]``) that is not among ``programs``.
    """
    rows = Event.objects.filter(member=member).select_related("store", "channel").order_by("-at", "-pk")
    if staff is None or staff.sees_every_store:
        return rows
    told = ~Q(data__has_key="program") | Q(data__program__in=list(programs))
    return rows.filter(Q(store__in=stores.visible_to(staff).values("pk")) | Q(store=None) & told)
