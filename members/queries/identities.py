"""Who stands behind a phone, a card or an openid."""

from __future__ import annotations

from django.db.models import QuerySet

from stores.models import Store

from ..models import Identity, Member, Order, StoreBinding
from ..rules.receipts import MemberRef


def owner(ref: MemberRef) -> int | None:
    """The id of the member who owns this identity; None when nobody does."""
    return Identity.objects.filter(kind=ref.kind, value=ref.value).values_list("member_id", flat=True).first()


def member(member_id: int | None) -> Member | None:
    """The member of this id; None for none."""
    return Member.objects.filter(pk=member_id, erased_at=None).first() if member_id else None


def phone_of(member: Member) -> str | None:
    """The member's phone in canonical form; show it masked."""
    phones = Identity.objects.filter(member=member, kind=Identity.Kind.PHONE).order_by("-is_verified", "value")
    return phones.values_list("value", flat=True).first()


def is_known_at(member: Member, stores: QuerySet[Store]) -> bool:
    """Whether the member belongs or belonged to one of these stores, or bought there."""
    return (
        stores.filter(members=member.pk).exists()
        or StoreBinding.objects.filter(member=member, store__in=stores).exists()
        or Order.objects.filter(member=member, store__in=stores).exists()
    )
