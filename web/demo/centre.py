"""What lies around the demo's members: prospects, possible pairs, merges, consents by medium, privacy and exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from loyalty.services import admitting, joining, matching, merging, orders
from loyalty.services.admitting import Where, Yes
from loyalty.services.matching import Newcomer, Shown
from loyalty.services.orders import MemberRef, NewLine, NewOrder
from members.models import Identity
from members.queries import demo as queries
from members.rules import identities
from members.rules import privacy as limits
from members.services import binding, events, identity, match_cases, privacy, prospects
from members.services.consent import Medium
from members.services.prospects import Seen
from stores.models import Channel, Staff, Store, StoreCode
from stores.queries import staff, stores
from stores.services import exports
from stores.services import founding as ground

from . import catalogue, sources
from .trade import yuan
from .world import World, phone

K = Identity.Kind
DAY = timedelta(days=1)
FIRST_PHONE = 500_000  # of people beside the founding crowd
EACH = 2  # of each sort of possible pair in which somebody comes up with what is another's
TWINS = 6  # pairs of one name and birthday that wait; two more are decided
JOINED_LATER = 4
BUYERS, ORDERS = 60, 80
MORE = JOINED_LATER + 3 * EACH - 1  # members beside the founding crowd; one of them was merged for good
QUIET = timedelta(days=370)
WRITTEN = 12  # members who want e-mail and no text messages


@dataclass
class Centre:
    """What the steps share."""

    world: World
    admin: Staff
    marketer: Staff
    manager: Staff
    home: Store
    code: StoreCode
    opened: dict[str, Channel]

    def ago(self, days: float, hours: int = 0) -> datetime:
        """So many days before now."""
        return self.world.now - days * DAY - timedelta(hours=hours)


def live(world: World) -> dict[str, int]:
    """Everything beside the trade; counts by name."""
    people = staff.by_usernames(["admin", "marketer", "manager"])
    home = stores.visible_to(people["manager"]).select_related("brand").get()
    code = ground.live_codes([home])[home.pk]
    opened = sources.connect(world, people["admin"])
    centre = Centre(world, people["admin"], people["marketer"], people["manager"], home, code, opened)
    counts = sources.tell(world, opened, home, code.public)
    _find(centre)
    _sell(centre)
    _let_join(centre)
    _pair(centre)
    _merge(centre)
    _choose_media(centre)
    _ask(centre)
    return counts | queries.how_many()


# --- people who have not joined ------------------------------------------------------------------------
def _groups(centre: Centre) -> Iterator[tuple[str, int, str, str, int]]:
    """Channel, kind of name, what they did, scope of the name, and how many; each group on another day."""
    yield from (("wechat-mart", K.OPENID, "wechat.followed", "wx-demo-mart", 24) for _group in range(5))
    yield from (("wecom", K.WECOM, "wecom.added", "", 16) for _group in range(2))
    yield from (("mini-mart", K.OPENID, "code.scanned", "wx-demo-mini-mart", 20) for _group in range(2))
    yield from (("live-beauty", K.OPENID, "livestream.watched", "live-beauty", 12) for _group in range(2))
    yield from (("tmall-beauty", K.BUYER, "", "top", BUYERS // 3) for _group in range(3))


@transaction.atomic(durable=True)
def _find(centre: Centre) -> None:
    """Followers, scanners, viewers and buyers, with what they did; who scanned the known store's code belongs to it."""
    number, told = 0, []
    for group, (code, kind, did, scope, count) in enumerate(_groups(centre)):
        channel, at = centre.opened[code], centre.ago(170 - 10 * group, hours=group % 9)
        store = centre.home if channel.brand_id in (None, centre.home.brand_id) else None
        names = [sources.openid(centre.world, number + place) for place in range(count)]
        number += count
        refs = [MemberRef(kind, f"{scope}:{name}" if scope else name) for name in names]
        prospects.make_many(refs, Seen(at, channel, store), now=at)
        found = sorted(queries.owners(refs).values(), key=lambda person: person.pk)
        if did:
            told += [
                events.NewEvent(
                    did, person.pk, at + place * timedelta(minutes=7), store.pk if store else None, channel.pk
                )
                for place, person in enumerate(found)
            ]
        if did == "code.scanned":
            for person in found[::5]:
                binding.bind(person, store=centre.home, code=centre.code, now=at)
    events.append_many(told)


def _sell(centre: Centre) -> None:
    """What the mall's buyers bought; some came twice."""
    dice = centre.world.dice("mall")
    goods = [good for good in catalogue.goods() if good.brand == "beauty"]
    shop = max((each for each in centre.world.shops["beauty"] if each.trades), key=lambda each: each.weight)
    buyers = [row.value for row in queries.named_in(K.BUYER, "top")]
    sold = []
    for place in range(ORDERS):
        good, pieces = goods[int(dice.integers(0, 40))], int(dice.choice((1, 2), p=(0.8, 0.2)))
        paid_at = centre.ago(30 - place / 3, hours=int(dice.integers(0, 12)))
        amount = yuan(good.price * pieces)
        sold.append(
            NewOrder(
                centre.opened["tmall-beauty"], shop.code, f"TM{paid_at:%y%m%d}{place:04d}",
                MemberRef(K.BUYER, buyers[place % len(buyers)]), amount, paid_at,
                [NewLine(good.sku, good.name, Decimal(pieces), amount)],
            )
        )  # fmt: skip
    refused = [each for each in orders.settle_many(sold, now=centre.world.now) if not each.is_new]
    assert not refused, refused


# --- joining later, and who comes up with what is another's --------------------------------------------
@transaction.atomic(durable=True)
def _let_join(centre: Centre) -> None:
    """Some scanners join with one tap, some buyers when the mall passes them on; they bring what they did before."""
    scanners, buyers = queries.named_in(K.OPENID, "wx-demo-mini-mart"), queries.named_in(K.BUYER, "top")
    mini, mall = centre.opened["mini-mart"], centre.opened["tmall-beauty"]
    flagship = max((each for each in centre.world.shops["beauty"] if each.trades), key=lambda each: each.weight)
    beauty = stores.visible_to(centre.admin).select_related("brand").get(pk=flagship.pk)
    tap, passed = Where(mini, centre.home, centre.code), Where(mall, beauty)
    comers = [(row, tap, "one_tap") for row in scanners[:2]] + [(row, passed, "api") for row in buyers[:2]]
    for place, (row, where, method) in enumerate(comers):
        shown = [Shown(K.PHONE, phone(FIRST_PHONE + place)), Shown(row.kind, row.value)]
        name = ("苏晚晴", "程予安", "陆知行", "温如意")[place]
        admitting.admit(
            Newcomer(shown, name), where, Yes(method, wants_offers=place % 2 == 0), now=centre.ago(4, place)
        )


@transaction.atomic(durable=True)
def _pair(centre: Centre) -> None:
    """Newcomers who show what somebody else is known by: a family's phone, a number given out again, another's card."""
    brand = centre.home.brand
    crowd = queries.silent(brand, since=centre.world.now - QUIET, most=2 * EACH)
    for place, owner in enumerate(crowd[:EACH]):
        _come(centre, place, [Shown(K.PHONE, queries.phone_of(owner))], f"{owner.name[:1]}小满")
    for place, owner in enumerate(crowd[EACH : 2 * EACH], EACH):
        former = f"wx-demo-mini-mart:{sources.openid(centre.world, 800 + place)}"
        identity.attach(
            owner,
            K.OPENID,
            former,
            now=owner.joined_at or centre.world.founded,
            channel=centre.opened["mini-mart"],
            verified=True,
        )
        _come(centre, place, [Shown(K.PHONE, queries.phone_of(owner))], "")
    for place, row in enumerate(queries.cards_of(brand, most=EACH), 2 * EACH):
        told = [Shown(K.PHONE, phone(FIRST_PHONE + 100 + place)), Shown(row.kind, row.value, is_proven=False)]
        _come(centre, place, told, ("孟知遥", "秦舒朗")[place - 2 * EACH])


def _come(centre: Centre, place: int, shown: list[Shown], name: str) -> None:
    """One tap at the known store by somebody whose OpenID nobody has seen."""
    own = Shown(K.OPENID, f"wx-demo-mini-mart:{sources.openid(centre.world, 700 + place)}")
    where = Where(centre.opened["mini-mart"], centre.home, centre.code)
    yes = Yes("one_tap", wants_offers=False)
    admitting.admit(Newcomer([own, *shown], name), where, yes, now=centre.ago(3 - place / 4))


def _merge(centre: Centre) -> None:
    """Twins of the crowd: some wait, one pair was merged, and one more was merged and parted again."""
    with transaction.atomic(durable=True):
        cases = [
            match_cases.open_case(
                *pair,
                outcome="propose",
                rule="name+birthday",
                agrees=["name", "birthday"],
                differs=[],
                now=centre.ago(6),
            )
            for pair in queries.twins(most=TWINS + 2)
        ]
    for case in cases[TWINS:]:
        matching.decide(
            case, is_same=True, reason="顾客出示证件，两张卡是同一人", by=centre.admin, now=centre.ago(0, 3)
        )
    done = queries.standing_merge(cases[-1])
    merging.unmerge(done, reason="顾客来电：那是同名同生日的表妹，不是本人", by=centre.admin, now=centre.ago(0, 1))


# --- the desk ------------------------------------------------------------------------------------------
def _choose_media(centre: Centre) -> None:
    """Members who would rather have e-mail than text messages, and a few without the official account."""
    chosen = queries.willing(centre.home.brand, since=centre.ago(60), most=WRITTEN)
    mini = centre.opened["mini-mart"]
    for place, member in enumerate(chosen):
        at = centre.ago(30 - place)
        mail = identities.canonical("email", f"{member.number.lower()}@example.com")
        with transaction.atomic(durable=True):
            identity.attach(member, K.EMAIL, mail, now=at, channel=mini, verified=True)
        without = Medium.OFFICIAL_ACCOUNT if place % 4 == 3 else Medium.SMS
        joining.set_offers(member, wanted=False, language="zh-hans", now=at, medium=without)


def _ask(centre: Centre) -> None:
    """Requests on the privacy desk, and a large file that waits for a second person."""
    first, second, third, fourth = queries.willing(centre.home.brand, since=centre.ago(40), most=WRITTEN + 4)[WRITTEN:]
    given = {"by": centre.manager}
    privacy.ask(
        first, "access", came_by="phone", words="请把你们保存的我的资料发给我一份。", now=centre.ago(3), **given
    )
    wrong = privacy.ask(second, "correct", came_by="store", words="生日登记错了，请更正。", now=centre.ago(9), **given)
    privacy.answer(wrong, words="已核对证件，当场更正，并打印给顾客看过。", by=centre.admin, now=centre.ago(7))
    today = centre.world.local.date()
    days = max(days for days in range(15, 30) if limits.due_on(today - days * DAY) > today)
    privacy.ask(
        third, "erase", came_by="letter", words="我不再使用这张会员卡，请删除我的资料。", now=centre.ago(days), **given
    )
    no = privacy.ask(fourth, "access", came_by="other", words="请告诉我我先生的消费记录。", now=centre.ago(14), **given)
    privacy.refuse(no, words="只能向本人提供；请由本人提出。", by=centre.admin, now=centre.ago(12))
    exports.ask(
        "member", words="", form="csv", rows=queries.how_many()["members"], reason="寄送年终会员手册（印刷厂）", by=centre.marketer,
        now=centre.ago(0, 5),
    )  # fmt: skip
