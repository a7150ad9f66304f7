"""Files that were asked for: one's own, and those that wait for a second person."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from ..access import Permission, may
from ..models import ExportRequest, Staff


def visible_to(staff: Staff) -> QuerySet[ExportRequest]:
    """One's own; and everybody's for those of the whole chain who release."""
    rows = ExportRequest.objects.select_related("asked_by", "decided_by").order_by("-asked_at", "-pk")
    if not staff.is_active:
        return rows.none()
    if may(staff, Permission.EXPORT_RELEASE) and staff.sees_every_store:
        return rows
    return rows.filter(Q(asked_by=staff.pk))
