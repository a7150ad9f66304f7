"""Saved rules: which of them a person may see."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from stores.access import Role
from stores.models import Staff

from ..models import Segment


def visible_to(staff: Staff) -> QuerySet[Segment]:
    """Rules belong to headquarters: its people see all that are not archived, others none."""
    if not staff.is_active or staff.role not in Role.HEADQUARTERS:
        return Segment.objects.none()
    return Segment.objects.filter(archived_at=None)


def for_list(staff: Staff) -> QuerySet[Segment]:
    """The segments on the list page, with who made them and how often they were locked (``locked``)."""
    return (
        visible_to(staff)
        .select_related("created_by")
        .annotate(locked=Count("snapshots"))
        .order_by("-updated_at", "-pk")
    )
