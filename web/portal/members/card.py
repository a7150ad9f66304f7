"""The whole member on one page: small dataclasses, built from the queries of three apps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loyalty.models import Coupon, Entry
from loyalty.queries import accounts, coupons, programs
from loyalty.queries.accounts import Holding
from members.models import Consent, Identity, Member, Order, StoreBinding
from members.queries import consents, orders, profiles
from members.queries import worth as worth_queries
from members.queries.consents import Standing
from members.rules import completeness, worth
from members.rules.completeness import Completeness
from members.rules.worth import Verdict
from stores.access import Permission, may
from stores.models import Staff
from web.ui import formats

from . import sources, verdicts
from .sources import Worn

SHOWN = 12  # latest rows of each panel
WECHAT = {Identity.Kind.OPENID, Identity.Kind.UNIONID}


@dataclass(frozen=True)
class Rung:
    """A holding with the way to the next tier."""

    holding: Holding
    name: str
    next_name: str
    floor: int
    ceiling: int

    @property
    def share(self) -> int:
        """How far between this tier and the next, 0..100."""
        if self.ceiling <= self.floor:
            return 100
        return max(0, min(100, (self.holding.growth - self.floor) * 100 // (self.ceiling - self.floor)))


@dataclass(frozen=True)
class Head:
    """Who the member is, as one person may see it: what stands on the page whatever tab is open."""

    member: Member
    phones: Sequence[Identity]
    identities: Sequence[Identity]
    rungs: Sequence[Rung]
    names: dict[int, str]  # of tiers
    mine: frozenset[int]  # the programmes that this person sees
    points: int
    links: Sequence[StoreBinding]
    consents: Sequence[Standing]
    tags: Sequence[Worn]
    complete: Completeness
    verdict: Verdict
    merges: Sequence[verdicts.Verdict]

    @property
    def answers(self) -> list[Consent]:
        """The answers that decide what holds, each once."""
        return list({each.row.pk: each.row for each in self.consents if each.row}.values())


@dataclass(frozen=True)
class Side:
    """One of two members side by side, with the latest of what they own."""

    head: Head
    coupons: Sequence[Coupon]
    orders: Sequence[Order]
    entries: Sequence[Entry]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.head, name)


def head(member: Member, staff: Staff, *, now: datetime) -> Head:
    """The head. The number of questions does not depend on how much there is."""
    mine = frozenset(programs.visible_to(staff).values_list("pk", flat=True))
    held = [each for each in accounts.holdings(member) if each.program.pk in mine]
    identities = list(profiles.identities(member))
    tiers = list(programs.ladders(staff)) if held else []
    state = consents.state(member)
    bought = worth_queries.of_many([member.pk], now=now)[member.pk]
    return Head(
        member=member, identities=identities, phones=[row for row in identities if row.kind == Identity.Kind.PHONE],
        rungs=[rung(each, [tier for tier in tiers if tier.program_id == each.program.pk]) for each in held],
        names={tier.pk: local(tier) for tier in tiers}, mine=mine, points=sum(each.points for each in held),
        links=list(profiles.links(member, staff)), consents=state, tags=sources.worn(list(profiles.tags(member))),
        complete=completeness.measure(known(member, identities, state)), verdict=worth.judge(bought, now=now),
        merges=verdicts.of(member, staff),
    )  # fmt: skip


def known(member: Member, identities: Sequence[Identity], state: Sequence[Standing]) -> set[str]:
    """The parts of the profile that are known; see ``rules.completeness``."""
    kinds = {row.kind for row in identities}
    has = {
        "phone": any(row.kind == Identity.Kind.PHONE and row.is_verified for row in identities),
        "name": bool(member.name), "birthday": member.birthday is not None, "gender": bool(member.gender),
        "home_store": member.home_store_id is not None, "email": Identity.Kind.EMAIL in kinds,
        "wechat": bool(kinds & WECHAT), "offers": any(each.purpose == "marketing" and each.row for each in state),
    }  # fmt: skip
    return {name for name, is_known in has.items() if is_known}


def build(member: Member, staff: Staff, *, now: datetime) -> Side:
    """A member for comparing. The number of questions does not depend on how much there is."""
    top = head(member, staff, now=now)
    entries = accounts.statement(member, asset="points").filter(book__program__in=top.mine)
    held_coupons = coupons.of_member(member).filter(template__program__in=top.mine)
    may_orders = may(staff, Permission.ORDER_VIEW)
    return Side(
        head=top, coupons=list(held_coupons[:SHOWN]), entries=list(entries[:SHOWN]),
        orders=list(orders.of_member(staff, member)[:SHOWN]) if may_orders else [],
    )  # fmt: skip


def local(thing: Any) -> str:
    """A name in the language of the page."""
    return thing.name if formats.is_chinese() else thing.name_en or thing.name


def rung(holding: Holding, ladder: Sequence[Any]) -> Rung:
    """Where the holding stands on its ladder."""
    above = next((tier for tier in ladder if tier.rank > holding.tier.rank), None)
    floor = holding.tier.threshold
    return Rung(holding, local(holding.tier), local(above) if above else "", floor, above.threshold if above else floor)
