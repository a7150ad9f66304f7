"""What comes in together belongs together: identities shown at once lead to one member, or to a case for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Identity, MatchCase, Member, Merge
from members.rules import identities
from members.rules import matching as rules
from members.rules.matching import Id, Record
from members.services import identity, match_cases
from stores.models import Channel, Staff

from . import merging

KINDS = {
    Identity.Kind.PHONE: "phone", Identity.Kind.CARD: "card", Identity.Kind.OPENID: "openid",
    Identity.Kind.UNIONID: "unionid", Identity.Kind.EMAIL: "email", Identity.Kind.WECOM: "wecom",
    Identity.Kind.ALIPAY: "alipay", Identity.Kind.BUYER: "buyer", Identity.Kind.DEVICE: "device",
}  # fmt: skip


class CannotDecide(Exception):
    """The pair cannot be decided like this. The text may be shown."""


class Shown(NamedTuple):
    """One identity that a person has just shown to hold, in canonical form."""

    kind: int
    value: str


class Met(NamedTuple):
    """Who stands behind what was shown: a member (None: nobody yet), and what that led to."""

    member: Member | None
    merge: Merge | None = None
    case: MatchCase | None = None


@transaction.atomic(durable=True)
def meet(shown: Sequence[Shown], *, now: datetime, channel: Channel | None = None) -> Met:
    """Find the one member behind identities that one person proved together, and let that member own them all.

    Two members behind them are one person and are merged, the older record stays; unless proven identities of both, or
    their names, contradict each other: then a case is opened and nothing moves. More than two are always a case each.
    """
    held = list(Identity.objects.select_related("member").filter(
        kind__in={each.kind for each in shown}, value__in={each.value for each in shown}
    ))  # fmt: skip
    wanted = {(each.kind, each.value) for each in shown}
    owners = {each.member_id: each.member for each in held if (each.kind, each.value) in wanted}
    people = sorted(owners.values(), key=lambda member: (member.joined_at, member.pk))
    if not people:
        return Met(None)
    merge = case = None
    rule = "shown together: " + "+".join(sorted(KINDS[Identity.Kind(each.kind)] for each in shown))
    for other in people[1:]:
        differs = _differs(people[0], other)
        if differs or len(people) > 2:
            case = match_cases.open_case(
                people[0].pk, other.pk, outcome="conflict", rule=rule, agrees=[rule], differs=differs, now=now
            )
        else:
            pair = merging.Pair(people[0].pk, other.pk, rule, "shown together", {"kinds": rule})
            merge = merging.merge_pairs([pair], by=None, now=now)[0]
    for each in shown:
        owner = identity.claim(each.kind, each.value, people[0].pk, now=now, channel=channel, verified=True)
        if owner == people[0].pk:
            identity.confirm(each.kind, each.value)
    return Met(people[0], merge, case)


def _differs(one: Member, other: Member) -> list[str]:
    """What speaks against two members being one person."""
    records = _record(one), _record(other)
    differs = rules.against(*(record.proven for record in records))
    return differs or (["name"] if rules.is_other_person(*records) else [])


def _record(member: Member) -> Record:
    rows = Identity.objects.filter(member=member, kind__in=KINDS, is_verified=True)
    return Record(member.pk, frozenset(filter(None, map(_id, rows))), frozenset(), member.name, member.birthday)


def _id(row: Identity) -> Id | None:
    """The identity with its scope; None for one that needs a scope and has none: it cannot contradict another one."""
    kind = KINDS[Identity.Kind(row.kind)]
    scope, value = identities.split(kind, row.value)
    return Id(kind, scope, value) if scope or kind not in identities.SCOPED else None


@transaction.atomic(durable=True)
def decide(case: MatchCase, *, is_same: bool, reason: str, by: Staff, now: datetime) -> MatchCase:
    """A person says whether the two are one; the older record stays. Raises CannotDecide, also when it was decided."""
    if not (reason := reason.strip()):
        raise CannotDecide(_("A decision needs a reason."))
    state = MatchCase.State.MERGED if is_same else MatchCase.State.APART
    if not match_cases.decide(case, state, reason=reason, by=by, now=now):
        raise CannotDecide(_("Somebody decided this already."))
    if is_same:
        winner, loser = sorted((case.one, case.other), key=lambda member: (member.joined_at, member.pk))
        evidence = {"agrees": case.agrees, "differs": case.differs}
        pair = merging.Pair(winner.pk, loser.pk, reason[:200], f"case: {case.rule}"[:40], evidence)
        try:
            merging.merge_pairs([pair], by=by, now=now)
        except merging.CannotMerge as refusal:
            raise CannotDecide(str(refusal)) from None
    return MatchCase.objects.get(pk=case.pk)


@transaction.atomic(durable=True)
def look_around(*, now: datetime) -> int:
    """Propose pairs of one name and birthday; how many are new."""
    return match_cases.look_around(now=now)
