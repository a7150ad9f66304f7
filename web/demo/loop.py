"""The demo's loop: audiences, coupons, senders, campaigns that ran, one for tomorrow, one for newcomers, promotions.

What lies in the past went through the real engine, each step told the moment it happened; its sender printed nothing
then. The founding members get no welcome: they joined before that campaign began.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test.utils import override_settings

from campaigns.models import Campaign, CampaignTemplate
from campaigns.queries import deliveries
from campaigns.rules import links as tokens
from campaigns.services import campaigns, fanout, links, preparing, promotions, sending, templates
from campaigns.services.promotions import OutsideLimits
from loyalty.models import CouponTemplate
from loyalty.queries import coupons as wallets
from loyalty.services import coupon_templates, coupons, programs
from members.queries import tags
from segments.models import Segment
from segments.services import audience_store, segments
from segments.services import tags as dictionary
from stores.models import Brand, Sender, Staff, Store
from stores.queries import staff as people
from stores.queries import stores
from stores.services import senders

from .places import CITIES
from .world import ZONE, World

RATE = 10_000  # messages a second while history is written
OPENED, USED = 60, 30  # in each campaign that ran, at most
SMALL = 20_000  # members: below, a single city has too few
DAY = timedelta(days=1)


@dataclass
class Loop:
    """What the steps share."""

    world: World
    marketer: Staff
    brand: Brand
    sms: Sender
    mail: Sender

    def at(self, days: int, hour: int = 10) -> datetime:
        """So many days from today, at an hour of the chain's clock."""
        return self.world.local.replace(hour=hour, minute=0, second=0, microsecond=0) + days * DAY


def campaign(world: World) -> dict[str, int]:
    """Coupons, senders, campaigns and promotions of the first brand; what was sent and used."""
    marketer, brand = _whose()
    sms, mail = _senders(marketer, world.founded)
    loop = Loop(world, marketer, brand, sms, mail)
    made = _coupons(loop)
    offers = _templates(loop, made)
    counts = {"sent": 0, "used": 0}
    with override_settings(DEMO=True):  # the console speaks in a demo only, and this is one
        for past in _past(loop, made):
            counts["sent"] += _run(past)
            counts["used"] += _respond(loop, past)
        _ahead(loop, made)
        counts["promotions"] = _promote(loop, offers)
    _speak_aloud(loop)
    return counts


def choose(world: World) -> dict[str, int]:
    """The audiences and tags that a marketer keeps. Shares nothing with ``campaign``: both may run at once."""
    marketer, _brand = _whose()
    kept = len(_segments(world, marketer))
    with transaction.atomic():
        audience_store.want_build("demo", now=world.now)
    return {"audiences": kept}


def _whose() -> tuple[Staff, Brand]:
    """The marketer, and the brand that all of it belongs to."""
    marketer = people.by_usernames(["marketer"])["marketer"]
    return marketer, next(brand for brand in stores.brands_visible_to(marketer) if brand.code == "mart")


def _senders(by: Staff, now: datetime) -> tuple[Sender, Sender]:
    quiet = {"kind": Sender.Kind.CONSOLE, "settings": {"is_silent": True}, "rate": RATE, "by": by, "now": now}
    return (
        senders.create(code="sms", name="短信（控制台）", medium=Sender.Medium.SMS, **quiet),
        senders.create(code="mail", name="邮件（控制台）", medium=Sender.Medium.EMAIL, **quiet),
    )


def _speak_aloud(loop: Loop) -> None:
    """From now on what is sent can be read on the console, at a pace that eyes can follow."""
    for sender in (loop.sms, loop.mail):
        senders.edit(
            sender, name=sender.name, settings={}, is_idempotent=False, rate=200, is_active=True, by=loop.marketer,
            now=loop.world.now,
        )  # fmt: skip


# --- audiences -----------------------------------------------------------------------------------------
def _segments(world: World, by: Staff) -> dict[str, Segment]:
    """Seven audiences as a marketer keeps them, and two tags that follow from rules."""
    home = stores.visible_to(people.by_usernames(["manager"])["manager"]).exclude(latitude=None).first()
    asleep = {"attr": "last_order_days", "op": "gte", "value": 90}
    rich = {"orders": {"days": 365, "agg": "sum", "op": "gte", "value": 300}}
    rules: dict[str, tuple[str, dict[str, Any]]] = {
        "沉睡90天": ("买过，但 90 天没有再来", _all(asleep, {"attr": "order_count", "op": "gte", "value": 1})),
        "高价值": ("一年内消费满 300 元", rich),
        "3公里内": (f"{home.name} 3 公里内的会员", {"near": {"store": home.pk, "km": 3}}),
        "新会员30天": ("30 天内入会", {"attr": "joined_days", "op": "lte", "value": 30}),
        "入会未购": ("入会一周以上，还没有下过单",
                 _all({"attr": "joined_days", "op": "gte", "value": 7}, {"attr": "order_count", "op": "eq", "value": 0})),
        "咖啡常客": ("90 天内买过两次咖啡",
                 {"orders": {"days": 90, "category": ["咖啡"], "agg": "count", "op": "gte", "value": 2}}),
        "短信可触达": ("愿意收到优惠，有手机号", _all(YES, {"attr": "has_phone", "op": "eq", "value": True})),
    }  # fmt: skip
    now = world.now
    kept = {
        name: segments.save(None, name=name, description=text, rule=rule, by=by, now=now)
        for name, (text, rule) in rules.items()
    }
    words = {tag.name: tag for tag in tags.dictionary()}
    dictionary.tag_audience(words["高价值客户"], rich, by=by, now=now)
    dictionary.tag_audience(words["沉睡客户"], {"attr": "last_order_days", "op": "gte", "value": 300}, by=by, now=now)
    return kept


YES = {"attr": "marketing_consent", "op": "eq", "value": True}


def _all(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(rules)}


# --- what is offered -----------------------------------------------------------------------------------
def _coupons(loop: Loop) -> dict[str, CouponTemplate]:
    kinds: dict[str, dict[str, Any]] = {
        "满30减6": {
            "name_en": "6 off 30",
            "kind": "amount",
            "value": 6,
            "threshold": 30,
            "valid_days": 14,
            "terms": "每单限用一张，烟草除外。",
            "terms_en": "One for each order; not for tobacco.",
        },
        "全场88折": {"name_en": "12% off", "kind": "percent", "value": 12, "most": 15, "valid_days": 21},
        "生日礼20元": {
            "name_en": "20 off on your birthday",
            "kind": "amount",
            "value": 20,
            "threshold": 100,
            "terms": "限本人使用，不与其他优惠同享。",
            "terms_en": "For yourself only; not together with other offers.",
        },
        "邻里满20减3": {"name_en": "3 off 20 next door", "kind": "amount", "value": 3, "threshold": 20, "stock": 0},
        "邻里9折": {"name_en": "10% off next door", "kind": "percent", "value": 10, "most": 5, "stock": 0},
    }
    given = {"by": loop.marketer, "now": loop.world.founded}
    program = programs.ensure(loop.brand, now=loop.world.founded)
    return {name: coupon_templates.create(program, name=name, **words, **given) for name, words in kinds.items()}


def _templates(loop: Loop, made: dict[str, CouponTemplate]) -> list[CampaignTemplate]:
    """Two for headquarters and two that stores may start; those are returned."""
    rows: list[dict[str, Any]] = [
        {"name": "沉睡唤醒", "name_en": "Wake the sleeping", "text": "{name}，好久不见，送您{coupon}：{code} {link}",
         "text_en": "We miss you, {name}: {coupon} {code} {link}", "coupon_template": made["满30减6"]},
        {"name": "生日月礼", "name_en": "Birthday month", "text": "{name}，生日快乐！{coupon}：{code} {link}",
         "text_en": "Happy birthday, {name}! {coupon}: {code} {link}", "coupon_template": made["生日礼20元"]},
        {"name": "邻里满减", "name_en": "Money off next door", "text": "{store}邀您来：{coupon}，出示 {code} {link}",
         "text_en": "{store} invites you: {coupon}, show {code} {link}", "coupon_template": made["邻里满20减3"],
         "is_local": True, "most_days": 7, "discount_floor": 80, "budget": Decimal(1000), "radius_m": 3000},
        {"name": "邻里九折", "name_en": "Ten percent next door", "text": "{store}周末九折：{coupon} {code} {link}",
         "text_en": "Ten percent off at {store}: {coupon} {code} {link}", "coupon_template": made["邻里9折"],
         "is_local": True, "most_days": 3, "discount_floor": 85, "budget": Decimal(1500), "radius_m": 5000,
         "most_at_once": 2},
    ]  # fmt: skip
    given = {"brand": loop.brand, "sender": loop.sms, "by": loop.marketer, "now": loop.world.founded}
    saved = [templates.save(None, **row, **given) for row in rows]
    return [template for template in saved if template.is_local]


# --- campaigns -----------------------------------------------------------------------------------------
def _past(loop: Loop, made: dict[str, CouponTemplate]) -> Iterator[Campaign]:
    """Three that ran, each to a city's members who were there already; in a small demo to those of its whole area."""
    plans = [
        (-40, "换季问候", "宁波", "满30减6", "{name}，换季啦，送您{coupon}：{code} {link}"),
        (-22, "周末88折", "佛山", "全场88折", "{name}，这个周末{coupon}：{code} {link}"),
        (-9, "沉睡唤醒", "无锡", "满30减6", "{name}，好久不见，送您{coupon}：{code} {link}"),
    ]  # fmt: skip
    for days, name, city, coupon, text in plans:
        begins = loop.at(days)
        rule = _all(
            {"attr": "brand", "op": "in", "value": [loop.brand.pk]}, {"attr": "city", "op": "in", "value": _cities(loop, city)},
            {"attr": "joined_days", "op": "gte", "value": 1},
        )  # fmt: skip
        chosen = segments.save(None, name=f"{name} {city}", description="", rule=rule, by=loop.marketer, now=begins)
        yield _launched(loop, begins, name=name, segment=chosen, text=text, coupon_template=made[coupon])


def _cities(loop: Loop, name: str) -> list[str]:
    if loop.world.size.members >= SMALL:
        return [name]
    area = next(city.area for city in CITIES if city.name == name)
    return [city.name for city in CITIES if city.area == area]


def _launched(loop: Loop, now: datetime, **fields: Any) -> Campaign:
    given = {"brand": loop.brand, "sender": loop.sms, "link": "/m/coupons"} | fields
    draft = campaigns.save_draft(None, by=loop.marketer, now=now, **given)
    return campaigns.launch(draft, by=loop.marketer, now=now)


def _run(campaign: Campaign) -> int:
    """From the locked audience to the last message, at the moment it began."""
    assert campaign.starts_at is not None
    begins = campaign.starts_at
    made = fanout.start_due(now=begins)
    sending.work(clock=lambda: begins, worker="demo", seconds=60)
    return made


def _respond(loop: Loop, campaign: Campaign) -> int:
    """Some open the link within hours, some use their coupon within days, at their store."""
    assert campaign.starts_at is not None
    dice = loop.world.dice("respond", campaign.name)
    sent = list(deliveries.for_list(loop.marketer, campaign, status=3).values_list("pk", flat=True))
    for pk in dice.permutation(sent)[: min(OPENED, len(sent) // 4)].tolist():
        at = campaign.starts_at + timedelta(minutes=int(dice.integers(2, 2_000)))
        links.open_link(tokens.token(pk, tokens.OPEN, settings.LINK_KEY), is_robot=False, now=at)
    source = preparing.source_of(campaign)
    held = list(
        wallets.visible_to(loop.marketer)
        .filter(template=campaign.coupon_template, source=source)
        .select_related("member__home_store__brand").order_by("pk")
    )  # fmt: skip
    chosen = dice.permutation(len(held))[: min(USED, len(held) // 8)].tolist()
    till = loop.world.tills[loop.brand.code]
    for place in chosen:
        coupon, amount = held[place], Decimal(int(dice.integers(3_500, 16_000))).scaleb(-2)
        at = campaign.starts_at + timedelta(minutes=int(dice.integers(60, 8 * 1_440)))
        coupons.redeem(
            coupon.code, store=coupon.member.home_store, channel=till, key=f"demo-{coupon.pk}", amount=amount, now=at
        )
    return len(chosen)


def _ahead(loop: Loop, made: dict[str, CouponTemplate]) -> None:
    """One for tomorrow, and the welcome that every newcomer gets from now on."""
    month = {"attr": "birthday_month", "op": "in", "value": [loop.world.local.month]}
    born = segments.save(
        None, name="会员生日", description="本月过生日、愿意收到优惠的会员", rule=_all(month, YES), by=loop.marketer,
        now=loop.world.now,
    )  # fmt: skip
    _launched(
        loop, loop.world.now, name="生日月礼", segment=born, coupon_template=made["生日礼20元"],
        text="{name}，生日快乐！{coupon}：{code} {link}", text_en="Happy birthday, {name}! {coupon}: {code} {link}",
        starts_at=loop.at(1),
    )  # fmt: skip
    _launched(
        loop, loop.world.now, name="新会员欢迎", kind=Campaign.Kind.TRIGGERED, trigger="member.joined",
        text="{name}，欢迎加入{store}，您的会员卡在这里：{link}", text_en="Welcome to {store}, {name}. Your card: {link}",
    )  # fmt: skip


# --- promotions ----------------------------------------------------------------------------------------
def _promote(loop: Loop, offers: list[CampaignTemplate]) -> int:
    """The known manager's promotion of yesterday, and one that another store of the brand begins tomorrow."""
    manager = people.by_usernames(["manager"])["manager"]
    home = stores.visible_to(manager).first()
    others = [
        shop.pk for shop in sorted(loop.world.shops[loop.brand.code], key=lambda shop: -shop.weight) if shop.trades
    ]
    made = 0
    if _start(home, offers[0], manager, loop.at(-1, 9), Decimal(3)):
        made += 1
        fanout.start_due(now=loop.at(-1, 9))
        sending.work(clock=lambda: loop.at(-1, 9), worker="demo", seconds=60)
    near = stores.visible_to(loop.marketer).in_bulk([pk for pk in others[:5] if pk != home.pk])
    for shop in near.values():
        if _start(shop, offers[1], loop.marketer, loop.world.now, Decimal(10), tomorrow=True):
            return made + 1
    return made


def _start(
    store: Store, template: CampaignTemplate, by: Staff, now: datetime, value: Decimal, *, tomorrow: bool = False
) -> bool:
    """Whether it began: in a small demo a store may have no neighbours."""
    first_day = (now.astimezone(ZONE) + DAY).date() if tomorrow else None
    try:
        promotions.start(
            store, template, by=by, now=now, value=value, days=3, radius_m=3000, first_day=first_day, coupons=120
        )
    except OutsideLimits:
        return False
    return True
