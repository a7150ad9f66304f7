"""What a member's page shows from this app: links, identities, consents, tags."""

from __future__ import annotations

from django.db.models import QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import Consent, Identity, Medium, Member, MemberTag, StoreBinding


def links(member: Member, staff: Staff) -> QuerySet[StoreBinding]:
    """Which stores and associates the member belonged to, the present one first; only stores the person sees."""
    rows = StoreBinding.objects.filter(member=member).select_related("store", "associate", "code")
    if not staff.sees_every_store:
        rows = rows.filter(store__in=stores.visible_to(staff).values("pk"))
    return rows.order_by("-bound_at", "-pk")


def identities(member: Member) -> QuerySet[Identity]:
    """Every phone, card and account that leads to this member."""
    return Identity.objects.filter(member=member).select_related("channel").order_by("kind", "added_at")


def consents(member: Member) -> list[Consent]:
    """What holds now: the latest answer for each purpose, with the text it was given to."""
    rows = Consent.objects.filter(member=member, medium=Medium.EVERY).select_related("text", "store")
    return list(rows.order_by("purpose", "-at", "-pk").distinct("purpose"))


def tags(member: Member) -> QuerySet[MemberTag]:
    """The tags on the member, latest first."""
    return MemberTag.objects.filter(member=member).select_related("tag").order_by("-added_at")
