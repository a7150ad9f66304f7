"""The demo's sources: channels of many kinds, what their platforms told in the last day, and keys for whoever calls us.

The accounts are invented, no secret is set, and where a platform has an address it leads nowhere: nothing real is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction

from loyalty.services import arrivals
from members.models import Identity
from members.queries import demo as queries
from members.rules.receipts import MemberRef
from members.services import events, prospects, signals
from members.services.prospects import Seen
from stores.models import Channel, Notice, Staff, Store
from stores.services import channels, founding, keys, notices, platforms
from stores.services.founding import NewNotice

from .world import World

NOWHERE = "https://platform.invalid"
WEEK = 7 * 24 * 60  # minutes of silence that most channels are allowed, so that a demo of some days stays green
ROUNDS = 6
Kind = Channel.Kind
K = Identity.Kind
MINUTE = timedelta(minutes=1)


class Plan(NamedTuple):
    """A channel to open: its words, the brand it belongs to (none: the whole chain), and its invented account."""

    code: str
    kind: str
    name: str
    name_en: str
    brand: str | None
    platform: str
    settings: dict[str, str]
    fresh: int = WEEK


class Spoken(NamedTuple):
    """A notice and the surest name in it."""

    notice: NewNotice
    who: MemberRef


PLANS = (
    Plan("wechat-mart", Kind.OFFICIAL_ACCOUNT, "青禾便利公众号", "Qinghe Mart official account", "mart", "wechat",
         {"app_id": "wx-demo-mart", "gateway": NOWHERE}),
    Plan("pay-mart", Kind.PAYMENT, "青禾便利微信支付", "Qinghe Mart WeChat Pay", "mart", "wechat_pay",
         {"mchid": "DEMO-MERCHANT", "serial": "DEMO-SERIAL", "gateway": NOWHERE}),
    Plan("wecom", Kind.WECOM, "青禾集团企业微信", "Qinghe Group WeCom", None, "wecom",
         {"corp_id": "demo-corporation", "gateway": NOWHERE}),
    Plan("douyin-beauty", Kind.MALL, "禾光美妆抖音小店", "Heguang Beauty on Douyin", "beauty", "douyin",
         {"client_key": "demo-client-key"}),
    Plan("tmall-beauty", Kind.MARKETPLACE, "禾光美妆天猫旗舰店", "Heguang Beauty on Tmall", "beauty", "top",
         {"app_key": "demo-app-key", "gateway": NOWHERE}, 0),
    Plan("live-beauty", Kind.LIVESTREAM, "禾光美妆直播间", "Heguang Beauty live", "beauty", "signed", {}),
    Plan("community-baby", Kind.COMMUNITY, "稚禾妈妈社群", "Zhihe parents' groups", "baby", "signed", {}),
    Plan("wifi-mart", Kind.WIFI, "青禾便利门店 Wi-Fi", "Qinghe Mart store Wi-Fi", "mart", "signed", {}, 60),
)  # fmt: skip


def connect(world: World, by: Staff) -> dict[str, Channel]:
    """Open the channels, name the brands' mini-programs to the system, and give a key to whoever calls us; by code."""
    brands = {code: till.brand for code, till in world.tills.items()}
    opened = {}
    for plan in PLANS:
        made = channels.create_channel(
            code=plan.code, kind=plan.kind, name=plan.name, name_en=plan.name_en,
            brand=brands[plan.brand] if plan.brand else None, by=by, now=world.founded,
        )  # fmt: skip
        opened[plan.code] = _configure(made, plan.platform, plan.settings, plan.fresh, by, world)
    for code, app in world.apps.items():
        account = {"app_id": f"wx-demo-mini-{code}", "gateway": NOWHERE}
        opened[app.code] = _configure(app, "mini_program", account, 0, by, world)
    callers = [(till, "门店收银系统") for till in world.tills.values()] + [
        (app, "小程序商城") for app in world.apps.values()
    ]
    for channel, name in [*callers, (opened["tmall-beauty"], "订单同步")]:
        key, _token = keys.issue(channel, name=name, stores=(), by=by, now=world.founded)  # nobody sees the token
        keys.count_call(key, now=world.now - 2 * MINUTE)
    return opened


def _configure(
    channel: Channel, platform: str, settings: dict[str, str], fresh: int, by: Staff, world: World
) -> Channel:
    return platforms.configure(
        channel, platform=platform, settings=settings, shares=channel.shares, fresh_minutes=fresh or None, by=by,
        now=world.founded,
    )  # fmt: skip


# --- what they told ------------------------------------------------------------------------------------
def openid(world: World, number: int) -> str:
    """The n-th invented OpenID of those who are not in the founding crowd."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
    dice = world.dice("openid", str(number))
    return "oDEMO" + "".join(letters[place] for place in dice.integers(0, len(letters), 23))


def tell(world: World, opened: dict[str, Channel], home: Store, public: str) -> dict[str, int]:
    """A day of notices: the latest dealt with one by one, those before as a set; one failed and can be replayed."""
    told = sorted(_day(world, opened, home, public), key=lambda one: one.notice.received_at)
    waiting = [one.notice for one in told if one.notice.state == Notice.State.NEW]
    with transaction.atomic(durable=True):
        founding.keep_notices([*(one.notice for one in told), *_left(world, opened, home)])
        founding.count_refusals(opened["live-beauty"], "signature", times=2, at=world.now - 95 * MINUTE)
        founding.count_refusals(opened["pay-mart"], "probe", times=1, at=world.now - 300 * MINUTE)
        _settle([one for one in told if one.notice.state == Notice.State.DONE])
    for one in waiting:
        notices.deal_with(arrivals.HANDLERS, now=one.received_at + MINUTE / 30, limit=1)
    return {"notices": len(told)}


def _settle(told: list[Spoken]) -> None:
    """What dealing with these leaves: a prospect for whoever nobody knew, and a fact on everybody's timeline."""
    for channel in {one.notice.channel.pk: one.notice.channel for one in told}.values():
        mine = [one for one in told if one.notice.channel == channel]
        first = mine[0].notice
        prospects.make_many([one.who for one in mine], Seen(first.happened_at, channel), now=first.received_at)
        owners = queries.owners(one.who for one in mine)
        events.append_many(
            events.NewEvent(
                signals.KNOWN[one.notice.kind], owners[one.who].pk, one.notice.happened_at, None, channel.pk,
                {"notice": one.notice.key, "told": signals.facts_of(one.notice.content)},
            )
            for one in mine
        )  # fmt: skip


def _day(world: World, opened: dict[str, Channel], home: Store, public: str) -> Iterator[Spoken]:
    """Some of each channel: of members, and of people whom nobody knows yet. The first round waits to be dealt with."""
    known = [row.value for row in queries.named_in(K.OPENID)[:ROUNDS]]
    for turn in range(ROUNDS):
        fresh = openid(world, 900 + turn)
        people = (known[turn], MemberRef(K.OPENID, known[turn])), (fresh, MemberRef(K.OPENID, f"wx-demo-mart:{fresh}"))
        for side, (name, who) in enumerate(people):
            ago = 40 + 215 * turn + 97 * side
            follow = {"FromUserName": name, "MsgType": "event", "Event": "subscribe", "EventKey": f"qrscene_{public}"}
            yield _told(world, opened["wechat-mart"], "wechat.subscribe", ago, 1 + turn % 3, turn, who, follow)
            pay = {"resource": {
                "appid": "wx-demo-mart", "payer": {"openid": name}, "trade_state": "SUCCESS",
                "out_trade_no": f"DEMO{turn}{side}", "amount": {"total": 1_280 + 310 * turn},
            }}  # fmt: skip
            yield _told(world, opened["pay-mart"], "wechat_pay.transaction.success", ago - 21, 2, turn, who, pay)
        who, contact = MemberRef(K.WECOM, f"wm{fresh}"), {"ExternalUserID": f"wm{fresh}", "State": public}
        yield _told(world, opened["wecom"], "wecom.add_external_contact", 65 + 190 * turn, 3, turn, who, contact)
        buyer = MemberRef(K.BUYER, f"douyin:{fresh}")
        yield _told(world, opened["douyin-beauty"], "douyin.join", 85 + 170 * turn, 4, turn, buyer, {"open_id": fresh})
        viewer, seen = openid(world, 940 + turn), {"minutes": 6 + 5 * turn, "room": "周四上新"}
        who = MemberRef(K.OPENID, f"live-beauty:{viewer}")
        yield _told(
            world, opened["live-beauty"], "livestream.watched", 130 + 60 * turn, 45 + 9 * turn, turn, who,
            {"openid": viewer, **seen},
        )  # fmt: skip
        parent, group = openid(world, 960 + turn), {"group": "孕期交流 3 群"}
        who = MemberRef(K.OPENID, f"community-baby:{parent}")
        yield _told(
            world,
            opened["community-baby"],
            "community.joined",
            110 + 140 * turn,
            12,
            turn,
            who,
            {"openid": parent, **group},
        )


def _left(world: World, opened: dict[str, Channel], home: Store) -> Iterator[NewNotice]:
    """What was not dealt with: one that failed eight times, one of a kind without use; and the Wi-Fi's last word."""
    name = openid(world, 980)
    watched = {"openid": name, "minutes": 31, "room": "周四上新"}
    failed = _notice(world, opened["live-beauty"], "livestream.watched", 70, 50, watched)
    yield failed._replace(
        state=Notice.State.FAILED, tries=8, reason="OperationalError: canceling statement due to lock timeout"
    )
    menu = {"FromUserName": name, "MsgType": "event", "Event": "click", "EventKey": "menu-points"}
    clicked = _notice(world, opened["wechat-mart"], "wechat.click", 150, 1, menu)
    yield clicked._replace(state=Notice.State.REFUSED, reason=notices.NOBODY)
    heard = {"store": home.code, "device": name, "minutes": 12}
    yield _notice(world, opened["wifi-mart"], "wifi.arrived", 26 * 60, 5, heard)._replace(state=Notice.State.DONE)


def _told(
    world: World, channel: Channel, kind: str, ago: int, lag: int, turn: int, who: MemberRef, content: dict[str, Any]
) -> Spoken:
    state = Notice.State.DONE if turn else Notice.State.NEW
    return Spoken(_notice(world, channel, kind, ago, lag, content)._replace(state=state), who)


def _notice(world: World, channel: Channel, kind: str, ago: int, lag: int, content: dict[str, Any]) -> NewNotice:
    """A notice that came so many minutes ago, ``lag`` seconds after the fact."""
    received = world.now - ago * MINUTE
    return NewNotice(channel, kind, f"{kind}-{ago}-{lag}", received - timedelta(seconds=lag), received, content)
