"""The accounts that messages leave through."""

from __future__ import annotations

from django.db.models import QuerySet

from ..models import Sender, Staff


def visible_to(staff: Staff) -> QuerySet[Sender]:
    """All of them for headquarters; nobody else sees how messages leave."""
    return Sender.objects.all() if staff.is_active and staff.is_headquarters else Sender.objects.none()


def usable() -> QuerySet[Sender]:
    """Those that a campaign may be given."""
    return Sender.objects.filter(is_active=True)


def by_code(code: str) -> Sender | None:
    """The active sender of a code."""
    return Sender.objects.filter(code=code, is_active=True).first()


def of_account(kind: str, key_id: str) -> QuerySet[Sender]:
    """The senders of a kind that use this access key."""
    return Sender.objects.filter(kind=kind, settings__key_id=key_id) if key_id else Sender.objects.none()
