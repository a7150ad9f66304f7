"""Lists as people like to see them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from ..models import SavedView, Staff
from . import staff as colleagues


def visible_to(staff: Staff, list_name: str) -> QuerySet[SavedView]:
    """A person's own views of a list, the nameless one with their columns too, and those that colleagues of the same
    role share with them; own ones first."""
    if not staff.is_active:
        return SavedView.objects.none()
    near = colleagues.visible_to(staff).values("pk")
    shared = Q(role=staff.role, owner__in=near, owner__is_active=True)
    rows = SavedView.objects.filter(Q(owner=staff) | shared, list=list_name).select_related("owner")
    return rows.order_by("name", "pk")


def own(staff: Staff, list_name: str) -> QuerySet[SavedView]:
    """Those that this person may change."""
    return SavedView.objects.filter(owner=staff, list=list_name).exclude(name="")
