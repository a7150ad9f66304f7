"""Pairs of members that wait for a decision."""

from __future__ import annotations

from django.db.models import QuerySet

from stores.models import Staff

from ..models import MatchCase
from . import members


def open_for(staff: Staff) -> QuerySet[MatchCase]:
    """The open cases of which this person may see both members, conflicts first."""
    rows = MatchCase.objects.filter(
        state=MatchCase.State.OPEN, one__merged_into=None, other__merged_into=None
    ).select_related("one__home_store", "other__home_store")
    if not staff.sees_every_store:
        mine = members.visible_to(staff).order_by().values("pk")
        rows = rows.filter(one__in=mine, other__in=mine)
    return rows if staff.is_active else rows.none()
