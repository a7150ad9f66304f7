"""Events in words, with a picture and the place they lead to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members.models import Event
from members.models.consent import Purpose
from members.rules import event_schemas
from web.ui import formats

KINDS = {
    "prospect.found": (_("Seen for the first time"), "eye"),
    "member.joined": (_("Became a member"), "user-plus"),
    "member.imported": (_("Came by a file"), "file-spreadsheet"),
    "member.merged": (_("Merged with another record"), "link"),
    "member.unmerged": (_("Merge taken back"), "arrow-back-up"),
    "member.bound": (_("Bound to a store"), "building-store"),
    "program.joined": (_("Joined the programme"), "award"),
    "order.paid": (_("Bought"), "receipt"),
    "order.refunded": (_("Gave back"), "receipt-refund"),
    "tier.changed": (_("Tier changed"), "trending-up"),
    "coupon.issued": (_("Was given a coupon"), "ticket"),
    "coupon.redeemed": (_("Used a coupon"), "ticket"),
    "coupon.restored": (_("Got a used coupon back"), "arrow-back-up"),
    "coupon.voided": (_("A coupon was withdrawn"), "ticket"),
    "points.adjusted": (_("Points corrected"), "coins"),
    "consent.given": (_("Agreed"), "shield-check"),
    "consent.refused": (_("Did not agree"), "shield-lock"),
    "consent.withdrawn": (_("Withdrew consent"), "shield-lock"),
    "wechat.followed": (_("Followed the official account"), "user-plus"),
    "wechat.left": (_("Unfollowed the official account"), "user-off"),
    "wechat.scanned": (_("Scanned a code in WeChat"), "qrcode"),
    "wecom.added": (_("Added an associate in WeCom"), "users"),
    "wecom.removed": (_("Was removed by an associate in WeCom"), "user-off"),
    "wecom.left": (_("Deleted an associate in WeCom"), "user-off"),
    "douyin.joined": (_("Joined in Douyin"), "user-plus"),
    "douyin.left": (_("Left in Douyin"), "user-off"),
    "delivery.moved": (_("A delivery moved on"), "box"),
    "shelf.put_back": (_("Put a product back"), "arrow-back-up"),
    "vending.bought": (_("Bought at a vending machine"), "receipt"),
    "payment.made": (_("Paid"), "cash"),
    "payment.moved": (_("A payment changed"), "cash"),
    "code.scanned": (_("Scanned a code"), "qrcode"),
    "community.joined": (_("Joined a community group"), "users-group"),
    "community.left": (_("Left a community group"), "user-off"),
    "livestream.watched": (_("Watched a live-stream"), "device-desktop"),
    "group.joined": (_("Joined a group order"), "users-group"),
}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline; ``place`` are the store and the channel."""

    label: Any
    icon: str
    at: datetime
    detail: str = ""
    place: str = ""
    url: str = ""


def moment(event: Event, tiers: dict[int, str]) -> Moment:
    """An event in words. ``tiers`` are the names of tiers by id."""
    schema = event_schemas.NEWEST.get(event.kind)
    label, icon = KINDS.get(event.kind, (schema.label if schema else event.kind, "point"))
    data, url = event.data, ""
    if order := data.get("order"):
        url = reverse("order-detail", args=[order])
    store = event.store
    place = (store.name if formats.is_chinese() else store.name_en or store.name) if store else ""
    through = formats.local_name(event.channel) if event.channel else ""
    return Moment(
        label, icon, event.at, detail(event.kind, data, tiers), " · ".join(filter(None, [place, through])), url
    )


def detail(kind: str, data: dict, tiers: dict[int, str]) -> str:
    """What else the event says: money, tiers, purpose, amount."""
    if kind.startswith("order."):
        return formats.money(_money(data.get("amount")))
    if kind == "tier.changed":
        return " → ".join(tiers.get(data.get(side), "–") for side in ("before", "after"))
    if kind.startswith("consent."):
        return str(dict(Purpose.choices).get(data.get("purpose"), ""))
    if kind == "coupon.redeemed":
        return formats.money(_money(data.get("discount")))
    if kind == "points.adjusted":
        return formats.signed(data.get("amount"))
    return ""


def _money(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
