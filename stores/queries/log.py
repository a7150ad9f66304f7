"""Reading the action log."""

from django.db.models import Model, Q, QuerySet

from ..models import LogEntry, Staff
from . import stores


def visible_to(staff: Staff) -> QuerySet[LogEntry]:
    """The whole log for the chain; otherwise what happened at one's stores, and what one did oneself."""
    if not staff.is_active:
        return LogEntry.objects.none()
    if staff.sees_every_store:
        return LogEntry.objects.all()
    mine = stores.visible_to(staff).values("pk")
    return LogEntry.objects.filter(Q(store_id__in=mine) | Q(actor_id=staff.pk))


def of(thing: Model, *, limit: int = 20) -> QuerySet[LogEntry]:
    """The last lines about one thing."""
    return LogEntry.objects.filter(object_kind=thing._meta.model_name, object_id=thing.pk)[:limit]
