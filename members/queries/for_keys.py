"""What a channel's key may read: the orders that its channel sent, and what a partner may know of a member."""

from __future__ import annotations

from django.db.models import QuerySet

from stores.models import ApiKey
from stores.queries import stores

from ..models import Consent, Identity, Member, Order, Product
from ..models.consent import Medium, Purpose


def orders(key: ApiKey) -> QuerySet[Order]:
    """The orders that came through the key's channel, at the stores of the key."""
    rows = Order.objects.filter(channel=key.channel, store__in=stores.visible_to_key(key).values("pk"))
    return rows.select_related("store", "member")


def by_number(number: str) -> Member | None:
    """The member with this number, before it is asked whether the key may know them."""
    return Member.objects.filter(number=number).first()


def identities(member: Member) -> list[Identity]:
    """Everything that a member is known by; show it masked."""
    return list(Identity.objects.filter(member=member).select_related("channel").order_by("kind", "value"))


def consents(member: Member) -> dict[str, Consent]:
    """The answer that holds, for each purpose that was ever asked."""
    held: dict[str, Consent] = {}
    rows = Consent.objects.filter(member=member, purpose__in=Purpose.values, medium=Medium.EVERY).select_related(
        "text", "store"
    )
    for row in rows.order_by("at", "pk"):
        held[row.purpose] = row
    return held


def products() -> QuerySet[Product]:
    """The catalogue of the chain."""
    return Product.objects.all()
