"""What platforms and machines in stores tell about people, placed on their timelines by when it happened.

Somebody whom we do not know is counted without a name. Nothing here asks for, or takes as given, any consent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stores.models import Store
from stores.queries import codes
from stores.services.notices import Handler, Opened

from ..models import Event, Member
from ..rules import phones
from . import events, identity

PERSON = {
    "phone", "card", "openid", "unionid", "device", "mobile", "name", "FromUserName", "ToUserName", "ExternalUserID",
    "UserID", "WelcomeCode", "open_id", "payer", "buyer_id", "buyer_open_id", "buyer_logon_id",
    "type", "id", "occurred_at", "store",
}  # fmt: skip
KNOWN = {  # what is told => what is kept
    "wechat.subscribe": "wechat.followed",
    "wechat.unsubscribe": "wechat.left",
    "wechat.scan": "wechat.scanned",
    "wechat_pay.transaction.success": "payment.made",
    "alipay.trade_status_sync": "payment.moved",
    "wecom.add_external_contact": "wecom.added",
    "wecom.del_external_contact": "wecom.removed",
    "wecom.del_follow_user": "wecom.left",
    "douyin.join": "douyin.joined",
    "douyin.leave": "douyin.left",
    "meituan.delivery": "delivery.moved",
    "wifi.arrived": "store.arrived",
    "rfid.picked": "product.picked",
    "rfid.put_back": "product.put_back",
    "vending.sold": "vending.bought",
    "payment.made": "payment.made",
    "scan.joined": "code.scanned",
    "community.joined": "community.joined",
    "community.left": "community.left",
    "livestream.watched": "livestream.watched",
    "group.joined": "group.joined",
    "campaign.joined": "campaign.joined",
}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def note(opened: Opened, *, now: datetime) -> None:
    """Write one fact on the timeline of whom it is about, or of nobody. Inner; a replay writes nothing more."""
    content, kind = opened.content, KNOWN[opened.kind]
    if Event.objects.filter(kind=kind, at=opened.happened_at, channel=opened.channel, data__notice=opened.key).exists():
        return
    data = {"notice": opened.key, "told": facts_of(content)}  # apart: names that others chose mean nothing of ours
    events.append(
        kind, member=member_of(content), at=opened.happened_at, store=store_of(content),
        channel=opened.channel, **data,
    )  # fmt: skip


def member_of(content: Mapping[str, Any]) -> Member | None:
    """Whom a notice is about: by an openid first, then a card, then a phone."""
    payer = _inside(_inside(content, "resource"), "payer")
    openid = _text(content, "openid", "open_id", "ExternalUserID", "FromUserName") or _text(payer, "openid")
    phone = phones.normalise(_text(content, "phone", "mobile"))
    card = _text(content, "card")
    return identity.resolve(openid=openid or None, card=card or None, phone=phone)


def store_of(content: Mapping[str, Any]) -> Store | None:
    """The store that a machine says it stands in, or whose code a follower scanned."""
    if code := _text(content, "store"):
        return Store.objects.filter(code=code).first()
    if scene := _text(content, "EventKey", "State").removeprefix("qrscene_"):
        try:
            return codes.find(scene).store
        except codes.UnknownCode:
            return None
    return None


def facts_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """What may stand on a timeline: short plain values under plain names, nothing that says who somebody is."""
    box = _inside(content, "resource")
    content = {**content, **box, **{f"amount_{name}": value for name, value in _inside(box, "amount").items()}}
    fits = {
        name: value
        for name, value in content.items()
        if name not in PERSON and NAME.fullmatch(name) and isinstance(value, str | int | float | bool)
    }
    return {name: value[:200] if isinstance(value, str) else value for name, value in list(fits.items())[:20]}


def _inside(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under a name, an empty one when there is none."""
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _text(content: Mapping[str, Any], *names: str) -> str:
    """The first of these that is a text."""
    return next((value for name in names if isinstance(value := content.get(name), str) and value), "")


HANDLERS: Mapping[str, Handler] = dict.fromkeys(KNOWN, note)
