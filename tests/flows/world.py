"""Two brands with everything in them, all routes, and who stands where: what the scope tests walk over."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from campaigns.models import CampaignTemplate, Delivery
from loyalty.models import CouponTemplate
from loyalty.services import coupons, importing, merging, programs
from members.imports import kinds
from members.models import Identity, ImportRun, Member, MemberTag, Tag
from members.services import assists, match_cases, privacy, prospects
from segments.services import segments, snapshots
from stores.access import Role
from stores.models import ApiKey, Notice, PosterArchive, Staff, Store, StoreCode
from stores.services import codes, exports, log, saved_views, sessions
from tests.campaigns.makers import make_campaign, make_sender
from tests.factories import (
    NOON,
    make_brand,
    make_channel,
    make_dealer,
    make_member,
    make_order,
    make_region,
    make_staff,
    make_store,
)  # fmt: skip

DOORS = ("web.portal", "web.counter")
COUNTER = "web.counter"
STEPS = ("audience", "content", "coupon", "schedule", "review", "preview", "test", "launch")
LEGACY = "members"  # the import that needs a brand


@dataclass
class Side:
    """One brand with a region, a dealer and a store, and one of each thing that an address can name."""

    store: Store
    member: Member
    people: dict[str, Staff]
    things: dict[str, Any]
    secrets: list[str]


@dataclass(frozen=True)
class Route:
    """One address of the portal or the store phone."""

    name: str
    parameters: tuple[str, ...]
    permission: Any
    door: str
    callback: Any

    @property
    def family(self) -> str:
        return self.name.rpartition("-")[0] or self.name

    def url(self, things: dict[str, Any]) -> str:
        """The address with the thing of this route's family in it. KeyError: a family nobody told us about."""
        given = things[self.name] if self.name in things else things[self.family]
        return reverse(self.name, kwargs={word: given[word] for word in self.parameters})


def routes(doors: tuple[str, ...] = DOORS) -> list[Route]:
    """Every address of these doors, in the order of the URLconf."""
    return [route for route in _walk(get_resolver().url_patterns, doors) if route.door]


def _walk(patterns: Any, doors: tuple[str, ...]) -> Iterator[Route]:
    for pattern in patterns:
        if not isinstance(pattern, URLPattern):
            yield from _walk(pattern.url_patterns, doors)
            continue
        view = getattr(pattern.callback, "view_class", pattern.callback)
        door = next((door for door in doors if view.__module__.startswith(door)), "")
        yield Route(
            pattern.name or "", tuple(pattern.pattern.converters), getattr(view, "permission", None), door, view
        )


def build(letter: str) -> Side:
    """One side of the world; ``letter`` makes its names recognisable in a page."""
    brand = make_brand(name=f"牌{letter}", name_en=f"Brand-{letter}")
    region = make_region(brand, name=f"区{letter}")
    dealer = make_dealer(region, name=f"商{letter}")
    store = make_store(region, dealer=dealer, name=f"店{letter}", code=f"S-{letter}-1")
    nodes = {
        Role.ADMIN: brand, Role.MARKETER: brand, Role.ANALYST: brand, Role.REGION_MANAGER: region,
        Role.DEALER: dealer, Role.STORE_MANAGER: store, Role.ASSOCIATE: store,
    }  # fmt: skip
    people = {
        role: make_staff(node, role=role, name=f"职{letter}{role}", username=f"{role}.{letter}".lower(), language="en")
        for role, node in nodes.items()
    }
    things, hidden = _things(letter, brand, store, people)
    member = Member.objects.get(number=things["member"]["number"])
    return Side(store, member, people, things, hidden)


def _things(letter: str, brand, store, people) -> tuple[dict[str, Any], list[str]]:
    head = people[Role.ADMIN]
    number = f"M77{ord(letter):08d}"
    phone = f"16900{ord(letter):02d}{ord(letter):04d}"
    member = make_member(number=number, name=f"客{letter}之名", home_store=store, phone=phone)
    tag = Tag.objects.create(name=f"标{letter}", created_at=NOON)
    MemberTag.objects.create(member=member, tag=tag, added_at=NOON)
    mate = make_staff(
        store,
        role=Role.ASSOCIATE,
        name=f"友{letter}员",
        username=f"mate.{letter}".lower(),
        phone=f"1690001{ord(letter):04d}",
    )
    order = make_order(store, member=member, number=f"R-{letter}-9")
    code = codes.issue(store, kind=StoreCode.Kind.STORE, by=head, now=NOON)
    poster = codes.issue(store, kind=StoreCode.Kind.POSTER, label=f"海报{letter}", by=head, now=NOON)
    archive = PosterArchive.objects.create(asked_by=head, asked_at=NOON, language="en", form="a4", store_ids=[store.pk])
    channel = make_channel(brand=brand, name=f"道{letter}", platform="wechat")
    notice = Notice.objects.create(
        channel=channel, kind="subscribe", key=letter, happened_at=NOON, received_at=NOON, body=b"", due_at=NOON
    )
    key = ApiKey.objects.create(channel=channel, prefix=f"k{letter}", secret_sha256="0" * 64, name="k", created_at=NOON)
    run = _import(letter, brand, head)
    kind = next(iter(kinds.every())) if letter == "A" else "no-such-file"  # names a sort of file, not a row
    program = programs.ensure(brand, now=NOON)
    template = CouponTemplate.objects.create(program=program, name=f"券{letter}", kind="amount", value=10)
    held = coupons.issue_many(template, [member.pk], source="test", now=NOON)
    sessions.touch(mate, letter * 32, address="127.0.0.1", browser="x", now=NOON)
    rule, locked, word = _audience(letter, tag, head)
    running, draft, pattern = _campaigns(letter, brand, member, template)
    sender = make_sender(name=f"发{letter}").pk if letter == "A" else 0  # the chain's own: the far side has none
    log.record("store.edited", store, by=head, now=NOON, store_id=store.pk)
    view = saved_views.save("member", name=f"标{letter}", query="sort=joined", is_shared=True, by=head, now=NOON)
    things = {
        "member-view": {"pk": view.pk},
        "export": {"pk": _export(head)},
        "privacy": {"pk": privacy.ask(member, "access", came_by="letter", words=f"客{letter}", by=head, now=NOON).pk},
        "member": {"number": number, "tag": tag.pk, "pk": member.pk}, **_merges(letter, member, head),
        "order": {"pk": order.pk}, "program": {"pk": program.pk}, "store": {"pk": store.pk},
        "code": {"pk": code.pk}, "code-poster": {"pk": poster.pk}, "code-new": {"pk": store.pk},
        "code-archive": {"pk": archive.pk}, "staff": {"pk": mate.pk}, "staff-second": {"pk": mate.pk},
        "coupon": {"pk": template.pk}, "coupon-void": {"pk": held[member.pk]},
        "channel": {"pk": channel.pk, "platform": "wechat"}, "channel-secret": {"pk": channel.pk, "name": "app_secret"},
        "channel-notice": {"pk": notice.pk}, "key": {"pk": key.pk}, "key-new": {"pk": channel.pk},
        "segment": {"pk": rule}, "snapshot": {"pk": locked}, "tag": {"pk": word},
        "import": {"pk": run.pk}, "import-template": {"kind": kind},
        "campaign": {"pk": running}, "campaign-chain": {"pk": running, "message": said_to(running)},
        **{f"campaign-{step}": {"pk": draft} for step in STEPS}, "template": {"pk": pattern},
        "sender": {"pk": sender}, "sender-new": {"kind": "smtp" if sender else "no-such-kind"},
        "account-session": {"pk": mate.usersession_set.get().pk}, "counter": {"number": number},
        "counter-promotion": _promotion(letter, brand, store, template),
        "counter-people": {"kind": "birthdays" if letter == "A" else "no-such-task"},
        "counter-tick": {"kind": "greet" if letter == "A" else "no-such-task"},
    }  # fmt: skip
    hidden = [number, phone, phone[-4:] + "<", f"客{letter}", f"R-{letter}-9", f"友{letter}", f"mate.{letter}".lower(),
              f"职{letter}", code.public, f"标{letter}", mate.phone, f"活动之{letter}"]  # fmt: skip
    return things, hidden


def _merges(letter: str, member: Member, head) -> dict[str, Any]:
    """A record that might be the same person, and one that was merged as such."""
    twin, merged = (
        make_member(number=f"M77{ord(letter):08d}{n}", name=f"客{letter}之名", home_store=member.home_store)
        for n in "12"
    )
    done = merging.merge(member, merged, reason="one", by=head, now=NOON)
    case = match_cases.open_case(
        member.pk, twin.pk, outcome="conflict", rule="phone", agrees=["phone"], differs=["unionid"], now=NOON
    )
    return {
        "pair": {"pk": case.pk},
        **_assist(member.home_store, letter),
        "prospect": {"number": _prospect(letter, member.home_store)},
        "member-merge-two": {"number": member.number, "other": twin.number},
        "member-unmerge": {"number": member.number, "merge": done.pk},
    }


def _assist(store: Store, letter: str) -> dict[str, Any]:
    """A link by which an associate helps somebody to join, and the same code in a mini-program."""
    by = Staff.objects.get(username=f"{Role.ASSOCIATE}.{letter}".lower())
    code = codes.issue(store, kind="associate", associate=by, by=by, now=NOON)
    made = assists.start(code, by=by, now=timezone.now())
    return {
        "counter-assist": {"pk": made.pk}, "join-assisted": {"token": made.token},
        "mini": {"channel": "no-such-program", "public": code.public},
    }  # fmt: skip


def _prospect(letter: str, store: Store) -> str:
    """The number of somebody who has followed the store and not joined."""
    made = prospects.make(Identity.Kind.OPENID, f"o-{letter}-1", prospects.Seen(NOON, None, store), now=NOON)
    Member.everyone.filter(pk=made.pk).update(home_store=store)
    return made.number


def _audience(letter: str, tag: Tag, head) -> tuple[int, int, int]:
    """A rule, a locked audience and a word. They are headquarters' own, whatever the brand: the far side has none."""
    if letter != "A":
        return 0, 0, 0
    kept = segments.save(None, name=f"群{letter}", description="", rule={"tag": tag.pk}, by=head, now=NOON)
    return kept.pk, snapshots.lock(segment=kept, name=f"锁{letter}", by=head, now=NOON).pk, tag.pk


def _promotion(letter: str, brand, store, coupon) -> dict[str, Any]:
    """A store's own promotion, and the template that it may start."""
    pattern = CampaignTemplate.objects.create(
        brand=brand, name=f"店活{letter}", text="{name}", coupon_template=coupon, is_local=True, sender=make_sender(),
        created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    made = make_campaign(kind="local", brand=brand, store=store, template=pattern, coupon_template=coupon)
    return {"number": made.number, "pk": pattern.pk}


def _export(head) -> int:
    """A large file that was asked for."""
    return exports.ask("member", words="", form="csv", rows=900, reason="mailing house", by=head, now=NOON).pk


def said_to(campaign: int) -> int:
    """The message of this campaign that was sent."""
    return Delivery.objects.get(campaign=campaign, status=3).pk


def _campaigns(letter: str, brand, member, coupon) -> tuple[int, int, int]:
    """A campaign that runs and has said something, a draft, and a template."""
    given = {"brand": brand, "name": f"活动之{letter}", "coupon_template": coupon}
    running = make_campaign([member], status="paused", **given)
    Delivery.objects.create(
        campaign=running, member=member, medium=1, batch_no=0, status=3, created_at=NOON, sent_at=NOON
    )
    Delivery.objects.create(
        campaign=running, member=member, medium=2, batch_no=0, status=5, reason="no_consent", created_at=NOON
    )
    pattern = CampaignTemplate.objects.create(
        brand=brand, name=f"活动之{letter}", text="{name} {link}", sender=running.sender, coupon_template=coupon,
        is_local=True, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    return running.pk, make_campaign(status="draft", starts_at=None, **given).pk, pattern.pk


def _import(letter: str, brand, head) -> ImportRun:
    """A legacy file that was looked at, and one of its rows refused."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(f"手机号,姓名,会员卡号\n1690007{ord(letter):04d},旧{letter}友,K{letter}0001\n")
        file.flush()
        run = importing.start(
            file.name, kind=LEGACY, by=head, now=NOON, brand=brand, source=f"old-{letter}",
            consent_source="paper", consent_evidence="box 7",
        )  # fmt: skip
    ImportRun.objects.filter(pk=run.pk).update(bad=1)
    return run
