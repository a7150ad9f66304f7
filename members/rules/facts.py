"""The six kinds of fact that a timeline links, and what is about the membership itself. Pure.

Events that partners tell say their kind in the registry; our own are sorted here.
"""

from __future__ import annotations

from .event_schemas import SCHEMAS, Fact

OWN = {
    Fact.CONSUMPTION: ("order.paid",),
    Fact.TRADE: ("order.refunded", "payment.made", "payment.moved", "delivery.moved", "points.adjusted", "group.joined"),
    Fact.BEHAVIOUR: (
        "wechat.followed", "wechat.left", "wecom.added", "wecom.removed", "wecom.left", "douyin.joined", "douyin.left",
        "livestream.watched", "community.joined", "community.left",
    ),
    Fact.PREFERENCE: ("consent.given", "consent.refused", "consent.withdrawn"),
    Fact.ACTIVITY: ("coupon.issued", "coupon.redeemed", "coupon.restored", "coupon.voided"),
    Fact.OFFLINE: ("code.scanned", "wechat.scanned", "shelf.put_back", "vending.bought"),
}  # fmt: skip
BY_KIND = {schema.name: schema.fact for schema in SCHEMAS} | {
    kind: fact for fact, kinds in OWN.items() for kind in kinds
}


def of(kind: str) -> Fact | None:
    """What an event of this kind tells; None for the membership itself: joining, tiers, tags, merges."""
    return BY_KIND.get(kind)


def kinds_of(fact: str) -> list[str]:
    """Every kind of event that tells this; empty for what is no fact."""
    return sorted(kind for kind, told in BY_KIND.items() if told == fact)
