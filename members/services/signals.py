"""What platforms and machines in stores tell about people: whom it names, where, and what of it is kept.

``loyalty.services.arrivals`` finds the person behind it. Nothing here asks for, or takes as given, any consent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q

from stores.models import Store, StoreCode
from stores.queries import codes
from stores.services.notices import NotTaken, Opened

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
ALL = KNOWN | OF_OUR_LIST
BARE = {Kind.OPENID, Kind.CARD}  # kept without a scope before apps and brands were told apart
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


class Place(NamedTuple):
    """Where something happened: the store, and the code of it that was scanned."""

    store: Store | None = None
    code: StoreCode | None = None


class Payment(NamedTuple):
    """A payment that the shop marked with its store (and the payer's card of the brand). ``cents`` are fen."""

    number: str
    cents: int
    at: datetime
    store: str
    card: str = ""
    code: StoreCode | None = None


def note(opened: Opened, *, person: Member | None, now: datetime) -> bool:
    """Write one fact on the timeline of this person, or of nobody; False when a replay finds it there. Inner.

    Raises NotTaken for one of our list of events with a field that is missing or wrong.
    """
    content, kind = opened.content, ALL[opened.kind]
    if Event.objects.filter(kind=kind, at=opened.happened_at, channel=opened.channel, data__notice=opened.key).exists():
        return False
    told = {"told": facts_of(content)} if opened.kind in KNOWN else _schooled(kind, content)
    if person and opened.kind in SILENT and not _agreed(person):
        person = None
    events.append(
        kind, member=person, at=opened.happened_at, store=place_of(content).store, channel=opened.channel,
        notice=opened.key, **told,
    )  # fmt: skip
    return True


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
    found = _held(asked)
    row = next((found[name] for name in asked if name in found), None)
    if row is None:
        return None
    row.member.came_as = row.came_as
    return row.member


def known_names(opened: Opened) -> list[tuple[int, str]]:
    """The identities that a notice names, surest first; one without its scope only where somebody is kept under it."""
    asked = list(dict.fromkeys(names_in(opened)))
    bare = {name for name in asked if name[0] in BARE and ":" not in name[1]}
    held = _held(sorted(bare))
    return [name for name in asked if name not in bare or name in held]


def _held(asked: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Identity]:
    if not asked:
        return {}
    either = reduce(or_, (Q(kind=kind, value=value) for kind, value in asked))
    return {(row.kind, row.value): row for row in Identity.objects.select_related("member").filter(either)}


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


def place_of(content: Mapping[str, Any]) -> Place:
    """The store that a machine says it stands in, or the code that a follower scanned with its store."""
    if name := _text(content, "store"):
        return Place(Store.objects.filter(code=name).first())
    if scene := _text(content, "EventKey", "State", "scene").removeprefix("qrscene_"):
        code = _code(scene)
        return Place(code.store if code else None, code)
    return Place()


def _code(public: str) -> StoreCode | None:
    try:
        return codes.find(public)
    except codes.UnknownCode:
        return None


def payment_of(opened: Opened) -> Payment | None:
    """A payment whose ``attach`` names a store: ``store=S001;card=…;code=…``. None for any other."""
    box = _inside(opened.content, "resource")
    words = dict(part.split("=", 1) for part in _text(box, "attach").split(";") if "=" in part)
    number, cents = _text(box, "out_trade_no"), _inside(box, "amount").get("total")
    if not words.get("store") or not number or not isinstance(cents, int) or box.get("trade_state") != "SUCCESS":
        return None
    code = _code(words["code"]) if "code" in words else None
    return Payment(number, cents, opened.happened_at, words["store"], words.get("card", ""), code)


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
