"""One-time links by which associates help people to join."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import Assist


def live(token: str, *, now: datetime) -> Assist | None:
    """The link behind a token while it can be used; None for one that ran out, was used, or never was."""
    if not 20 <= len(token) <= 32 or not token.isascii():
        return None
    rows = Assist.objects.select_related("code__store__brand", "associate")
    return rows.filter(token=token, done_at=None, ends_at__gt=now).first()


def visible_to(staff: Staff) -> QuerySet[Assist]:
    """The links of the stores that this person sees, latest first."""
    rows = Assist.objects.filter(store__in=stores.visible_to(staff).values("pk")).select_related("associate")
    return rows.order_by("-made_at", "-pk")


def of(staff: Staff) -> QuerySet[Assist]:
    """This person's own links, latest first."""
    return visible_to(staff).filter(associate=staff)
