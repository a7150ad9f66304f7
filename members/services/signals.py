"""What platforms and machines in stores tell about people, placed on their timelines by when it happened.

Somebody whom we do not know is counted without a name. Nothing here asks for, or takes as given, any consent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from stores.models import Store
from stores.queries import codes
from stores.services.notices import Handler, NotTaken, Opened

from ..models import Event, Identity, Member
from ..models.consent import Purpose
from ..rules import event_schemas, identities
from . import consent, events

Kind = Identity.Kind
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
    "wifi.arrived": "store.entered",
    "rfid.picked": "shelf.touched",
    "rfid.put_back": "shelf.put_back",
    "vending.sold": "vending.bought",
    "payment.made": "payment.made",
    "scan.joined": "code.scanned",
    "community.joined": "community.joined",
    "community.left": "community.left",
    "livestream.watched": "livestream.watched",
    "group.joined": "group.joined",
    "campaign.joined": "campaign.entered",
}
OF_OUR_LIST = {schema.name: schema.name for schema in event_schemas.SCHEMAS}  # they keep the fields of their schema
SILENT = {"wifi.arrived"}  # told by what people carry: only of those who agreed to offers and news
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def note(opened: Opened, *, now: datetime) -> None:
    """Write one fact on the timeline of whom it is about, or of nobody. Inner; a replay writes nothing more.

    Raises NotTaken for one of our list of events with a field that is missing or wrong.
    """
    content, kind = opened.content, (KNOWN | OF_OUR_LIST)[opened.kind]
    if Event.objects.filter(kind=kind, at=opened.happened_at, channel=opened.channel, data__notice=opened.key).exists():
        return
    told = {"told": facts_of(content)} if opened.kind in KNOWN else _schooled(kind, content)
    member = member_of(opened)
    if member and opened.kind in SILENT and not _agreed(member):
        member = None
    events.append(
        kind, member=member, at=opened.happened_at, store=store_of(content), channel=opened.channel,
        notice=opened.key, **told,
    )  # fmt: skip


def _schooled(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the newest schema of this event names. Raises NotTaken."""
    schema = event_schemas.NEWEST[kind]
    kept, wrong = event_schemas.read(schema, {name: content[name] for name in schema.fields if name in content})
    if wrong:
        raise NotTaken(f"{wrong.code}: {wrong.field}")
    return kept | {"version": schema.version}


def _agreed(member: Member) -> bool:
    held = consent.latest(member, Purpose.MARKETING)
    return held is not None and held.is_given


def member_of(opened: Opened) -> Member | None:
    """Whom a notice is about. Of several names that are known, the surest decides."""
    asked = list(dict.fromkeys(names_in(opened)))
    if not asked:
        return None
    either = reduce(or_, (Q(kind=kind, value=value) for kind, value in asked))
    found = {(row.kind, row.value): row for row in Identity.objects.select_related("member").filter(either)}
    row = next((found[name] for name in asked if name in found), None)
    if row is None:
        return None
    row.member.came_as = row.came_as
    return row.member


def names_in(opened: Opened) -> Iterator[tuple[int, str]]:
    """The identities that a notice names, surest first; an OpenID also as it was kept before apps were told apart."""
    content, box = opened.content, _inside(opened.content, "resource")
    app = _text(box, "appid") or str(opened.channel.settings.get("app_id") or "") or opened.channel.code
    openid = _text(content, "openid", "FromUserName") or _text(_inside(box, "payer"), "openid")
    brand = opened.channel.brand.code if opened.channel.brand else ""
    given = [
        (Kind.OPENID, "openid", openid, app), (Kind.OPENID, "", openid, ""),
        (Kind.UNIONID, "unionid", _text(content, "unionid"), ""),
        (Kind.WECOM, "wecom", _text(content, "ExternalUserID"), ""),
        (Kind.ALIPAY, "alipay", _text(content, "buyer_open_id", "buyer_id"), ""),
        (Kind.BUYER, "buyer", _text(content, "open_id"), opened.channel.platform),
        (Kind.CARD, "card", _text(content, "card"), brand), (Kind.CARD, "", _text(content, "card"), ""),
        (Kind.PHONE, "phone", _text(content, "phone", "mobile"), ""),
        (Kind.DEVICE, "device", _text(content, "device"), ""),
    ]  # fmt: skip
    for kind, word, value, scope in given:
        if value and (kept := _kept(word, value, scope)):
            yield kind, kept


def _kept(word: str, value: str, scope: str) -> str:
    """The form in which an identity is kept; empty for what none can be."""
    if not word:
        return value[: identities.LONGEST]
    try:
        return identities.canonical(word, value, scope=scope)
    except identities.BadIdentity:
        return ""


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


HANDLERS: Mapping[str, Handler] = dict.fromkeys(KNOWN | OF_OUR_LIST, note)
