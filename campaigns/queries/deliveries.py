"""The messages of a campaign, person by person."""

from __future__ import annotations

from django.db.models import QuerySet

from members.models import Member
from members.queries import members
from stores.models import Staff

from ..models import Campaign, Delivery


def visible_to(staff: Staff) -> QuerySet[Delivery]:
    """The messages to the members that a person may see."""
    if staff.is_active and staff.sees_every_store:
        return Delivery.objects.all()
    return Delivery.objects.filter(member__in=members.visible_to(staff).values("pk"))


def for_list(
    staff: Staff, campaign: Campaign, *, status: int | None = None, reason: str = "", is_opened: bool | None = None
) -> QuerySet[Delivery]:  # fmt: skip
    """Those of one campaign with one state or reason, if asked for: the people behind a number of the funnel."""
    rows = visible_to(staff).filter(campaign=campaign).select_related("member__home_store").order_by("pk")
    if status is not None:
        rows = rows.filter(status=status)
    if reason:
        rows = rows.filter(reason=reason)
    if is_opened is not None:
        rows = rows.filter(opened_at__isnull=not is_opened)
    return rows


def of_member(member: Member) -> QuerySet[Delivery]:
    """What was said to a member, the newest first."""
    rows = Delivery.objects.filter(member=member).select_related("campaign")
    return rows.order_by("-created_at", "-pk")
