"""The whole member on one page: one small dataclass, built from the queries of three apps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loyalty.models import Book, Coupon, Entry
from loyalty.queries import accounts, coupons, programs
from loyalty.queries.accounts import Holding
from members.models import Consent, Identity, Member, MemberTag, Order, StoreBinding
from members.queries import events, orders, profiles
from stores.access import Permission, may
from stores.models import Staff
from stores.queries import log
from web.ui import formats

from ..log.words import lines as words_of
from . import timeline, verdicts
from .timeline import Moment
from .verdicts import Verdict

SHOWN = 12  # latest rows of each panel


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
class Card:
    """Everything the page shows about one member, as one person may see it."""

    member: Member
    phones: Sequence[Identity]
    identities: Sequence[Identity]
    rungs: Sequence[Rung]
    points: int
    links: Sequence[StoreBinding]
    consents: Sequence[Consent]
    tags: Sequence[MemberTag]
    coupons: Sequence[Coupon]
    orders: Sequence[Order]
    entries: Sequence[Entry]
    moments: Sequence[Moment]
    log: Sequence[dict]  # lines for ui/log.html
    merges: Sequence[Verdict]


def build(member: Member, staff: Staff, *, now: datetime) -> Card:
    """The card. The number of questions does not depend on how much there is."""
    mine = set(programs.visible_to(staff).values_list("pk", flat=True))
    held = [each for each in accounts.holdings(member) if each.program.pk in mine]
    identities = list(profiles.identities(member))
    tiers = list(programs.ladders(staff)) if held else []
    names = {tier.pk: local(tier) for tier in tiers}
    entries = accounts.statement(member, asset=Book.Asset.POINTS).filter(book__program__in=mine)
    held_coupons = coupons.of_member(member).filter(template__program__in=mine)
    happened = events.timeline(member, staff, programs=mine)[:SHOWN]
    return Card(
        member=member, identities=identities, phones=[row for row in identities if row.kind == Identity.Kind.PHONE],
        rungs=[rung(each, [tier for tier in tiers if tier.program_id == each.program.pk]) for each in held],
        points=sum(each.points for each in held), links=list(profiles.links(member, staff)),
        consents=profiles.consents(member), tags=list(profiles.tags(member)), coupons=list(held_coupons[:SHOWN]),
        orders=list(orders.of_member(staff, member)[:SHOWN]) if may(staff, Permission.ORDER_VIEW) else [],
        entries=list(entries[:SHOWN]), moments=[timeline.moment(event, names) for event in happened],
        log=words_of(log.of(member, limit=SHOWN)) if may(staff, Permission.LOG_VIEW) else [],
        merges=verdicts.of(member, staff),
    )  # fmt: skip


def local(thing: Any) -> str:
    """A name in the language of the page."""
    return thing.name if formats.is_chinese() else thing.name_en or thing.name


def rung(holding: Holding, ladder: Sequence[Any]) -> Rung:
    """Where the holding stands on its ladder."""
    above = next((tier for tier in ladder if tier.rank > holding.tier.rank), None)
    floor = holding.tier.threshold
    return Rung(holding, local(holding.tier), local(above) if above else "", floor, above.threshold if above else floor)
