"""Where facts come from."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet

from ..models import Channel, Staff
from . import stores


def visible_to(staff: Staff) -> QuerySet[Channel]:
    """The channels of the brands that a person sees; those of the whole chain for everybody who may look."""
    if not staff.is_active:
        return Channel.objects.none()
    if staff.sees_every_store:
        return Channel.objects.all()
    return Channel.objects.filter(Q(brand=None) | Q(brand__in=stores.brands_visible_to(staff)))


def for_list(staff: Staff) -> QuerySet[Channel]:
    """The channels on the list page, with their live keys and when one was last used."""
    live = Q(keys__revoked_at=None, keys__isnull=False)
    return (
        visible_to(staff)
        .select_related("brand")
        .annotate(live_keys=Count("keys", filter=live), last_used_at=Max("keys__last_used_at"))
    )


def editable_by(staff: Staff) -> QuerySet[Channel]:
    """The channels that a person may change: those of their own brands; the chain's own only with the whole chain."""
    channels = visible_to(staff)
    return channels if staff.sees_every_store else channels.exclude(brand=None)
