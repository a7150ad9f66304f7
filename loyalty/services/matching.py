"""What comes in together belongs together: identities shown at once lead to one person, or to a case for a person to decide."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Event, Identity, MatchCase, Member, Merge
from members.rules import identities
from members.rules import matching as rules
from members.rules.matching import Id, Outcome, Record, Verdict
from members.services import identity, match_cases, prospects
from members.services.prospects import Seen
from stores.models import Staff

from . import merging

KINDS = {
    Identity.Kind.PHONE: "phone", Identity.Kind.CARD: "card", Identity.Kind.OPENID: "openid",
    Identity.Kind.UNIONID: "unionid", Identity.Kind.EMAIL: "email", Identity.Kind.WECOM: "wecom",
    Identity.Kind.ALIPAY: "alipay", Identity.Kind.BUYER: "buyer", Identity.Kind.DEVICE: "device",
}  # fmt: skip
VOUCHED = frozenset(prospects.GIVEN)  # names that a platform gives
PHONE = Identity.Kind.PHONE
NEVER_MISTYPED = {KINDS[kind] for kind in prospects.GIVEN}  # whoever shows it is whom an old file meant by it
GIVEN_OUT_AGAIN = "recycled phone"


class CannotDecide(Exception):
    """The pair cannot be decided like this. The text may be shown."""


class Shown(NamedTuple):
    """One identity in canonical form. ``is_proven``: its owner has just shown to hold it; else somebody says so."""

    kind: int
    value: str
    is_proven: bool = True


class Met(NamedTuple):
    """Who stands behind what was shown (None: nobody yet), and what that led to. ``is_new``: a prospect was made."""

    member: Member | None
    merge: Merge | None = None
    case: MatchCase | None = None
    is_new: bool = False


class Newcomer(NamedTuple):
    """Whoever shows identities at this moment, and what they say of themselves."""

    shown: Sequence[Shown]
    name: str = ""
    birthday: date | None = None


@transaction.atomic(durable=True)
def meet(shown: Sequence[Shown], *, now: datetime, seen: Seen | None = None, name: str = "") -> Met:
    """The same as ``meet_in``, in a transaction of its own."""
    return meet_in(Newcomer(shown, name), now=now, seen=seen)


def meet_in(newcomer: Newcomer, *, now: datetime, seen: Seen | None = None) -> Met:
    """Find the one person behind identities that came together, and let them own them all. Inner.

    Each owner is held against the newcomer by ``members.rules.matching.decide``. Two whom it takes for the same are
    merged with the reason, unless something contradicts; who is perhaps the same, or surely not, waits in a case, and
    nothing of theirs moves. With ``seen`` somebody whom nobody knows becomes a prospect. A member outlives a prospect,
    and an older record a younger one.
    """
    owners = _owners(newcomer.shown)
    verdicts = {pk: _verdict(owner, newcomer, now) for pk, owner in owners.items()}
    same = sorted((owners[pk] for pk, said in verdicts.items() if said.outcome == Outcome.SAME), key=seniority)
    free = [each for each in newcomer.shown if (each.kind, each.value) not in _held(newcomer.shown)]
    made = None if same or not seen else _made(free, seen, now)
    if not same and made is None:
        return Met(next(iter(owners.values()), None) if not free else None)
    person = made or same[0]
    case = _open_cases(
        person, [(owners[pk], said) for pk, said in verdicts.items() if said.outcome != Outcome.SAME], now
    )
    merge, other_case = _unite(same, newcomer, now)
    if other_case is None:
        _attach(person, newcomer.shown, free, seen, now)
    case = case or other_case
    if case and case.rule == GIVEN_OUT_AGAIN and case.state == MatchCase.State.APART:
        _hand_over_phone(person, newcomer, now)
    return Met(person, merge, case, made is not None)


def seniority(member: Member) -> tuple[bool, datetime, int]:
    """Members before prospects, then the older record first."""
    return member.joined_at is None, member.joined_at or member.created_at, member.pk


def _held(shown: Sequence[Shown]) -> dict[tuple[int, str], Identity]:
    rows = Identity.objects.select_related("member").filter(
        kind__in={each.kind for each in shown}, value__in={each.value for each in shown}
    )
    wanted = {(each.kind, each.value) for each in shown}
    return {(row.kind, row.value): row for row in rows if (row.kind, row.value) in wanted}


def _owners(shown: Sequence[Shown]) -> dict[int, Member]:
    """Who owns any of these, in the order in which they are shown: the surest first."""
    held = _held(shown)
    owners: dict[int, Member] = {}
    for each in shown:
        if row := held.get((each.kind, each.value)):
            row.member.came_as = row.came_as
            owners.setdefault(row.member_id, row.member)
    return owners


def _verdict(owner: Member, newcomer: Newcomer, now: datetime) -> Verdict:
    """Whether the newcomer is this owner of one of the identities."""
    ids: dict[bool, set[Id]] = {True: set(), False: set()}
    for each in newcomer.shown:
        ids[each.is_proven].add(_id(each.kind, each.value))
    today, there = now.date(), _record(owner)
    here = Record(0, frozenset(ids[True]), frozenset(ids[False]), newcomer.name, newcomer.birthday, today, today)
    sure = {each for each in here.proven & there.told if each.kind in NEVER_MISTYPED}
    there = replace(there, proven=there.proven | sure)
    said = rules.decide(there, here, shared=there.ids if match_cases.shares_phone(owner) else frozenset())
    return said._replace(agrees=tuple(each.partition(":?")[0] for each in said.agrees))


def _made(free: Sequence[Shown], seen: Seen, now: datetime) -> Member | None:
    """A prospect by the surest name that nobody owns yet; None where there is a phone or a card only."""
    for each in free:
        if (each.kind in prospects.GIVEN and each.is_proven) or each.kind == Identity.Kind.DEVICE:
            return prospects.make(each.kind, each.value, seen, now=now, is_proven=each.is_proven)
    return None


def _open_cases(person: Member, others: Sequence[tuple[Member, Verdict]], now: datetime) -> MatchCase | None:
    case = None
    for other, said in others:
        if other.pk != person.pk:
            case = match_cases.open_case(
                person.pk, other.pk, outcome="conflict" if said.outcome == Outcome.CONFLICT else "propose",
                rule=said.rule, agrees=said.agrees, differs=said.differs, now=now,
            )  # fmt: skip
    return case


def _unite(same: Sequence[Member], newcomer: Newcomer, now: datetime) -> tuple[Merge | None, MatchCase | None]:
    """Merge the two who are the newcomer, unless they contradict each other; more than two are a case each."""
    merge = case = None
    rule = "shown together: " + "+".join(sorted({KINDS[Identity.Kind(each.kind)] for each in newcomer.shown}))
    for other in same[1:]:
        differs = _differs(same[0], other)
        if differs or len(same) > 2:
            case = match_cases.open_case(
                same[0].pk, other.pk, outcome="conflict", rule=rule, agrees=[rule], differs=differs, now=now
            )
        else:
            pair = merging.Pair(same[0].pk, other.pk, rule, "shown together", {"kinds": rule})
            with suppress(merging.CannotMerge):  # somebody was quicker
                merge = merging.merge_pairs([pair], by=None, now=now)[0]
    return merge, case


def _attach(person: Member, shown: Sequence[Shown], free: Sequence[Shown], seen: Seen | None, now: datetime) -> None:
    """What is proven is theirs; what was only said is not, but for a device, which is a weak sign anyway."""
    channel = seen.channel if seen else None
    for each in free:
        if each.is_proven or each.kind == Identity.Kind.DEVICE:
            identity.claim(each.kind, each.value, person.pk, now=now, channel=channel, verified=each.is_proven)
    for each in shown:
        if each.is_proven:
            identity.confirm(each.kind, each.value, of=person)


def _hand_over_phone(person: Member, newcomer: Newcomer, now: datetime) -> None:
    """A person has decided that the number was given out again: it belongs to whoever proves it now."""
    for each in newcomer.shown:
        if each.kind == Identity.Kind.PHONE and each.is_proven:
            identity.hand_over(each.kind, each.value, person, now=now)


def _differs(one: Member, other: Member) -> list[str]:
    """What speaks against two members being one person."""
    records = _record(one), _record(other)
    differs = rules.against(*(record.proven for record in records))
    return differs or (["name"] if rules.is_other_person(*records) else [])


def _record(member: Member) -> Record:
    ids: dict[bool, set[Id]] = {True: set(), False: set()}
    for row in Identity.objects.filter(member=member, kind__in=KINDS):
        ids[row.is_verified].add(_id(row.kind, row.value))
    last = Event.objects.filter(member=member).order_by("-at", "-pk").values_list("at", flat=True).first()
    since = member.joined_at or member.created_at
    return Record(
        member.pk, frozenset(ids[True]), frozenset(ids[False]), member.name, member.birthday, since.date(),
        (last or since).date(),
    )  # fmt: skip


def _id(kind: int, kept: str) -> Id:
    """The identity with its scope; one that needs a scope and has none stands alone: it cannot contradict another one."""
    word = KINDS[Identity.Kind(kind)]
    scope, value = identities.split(word, kept)
    return Id(word, scope or (f"?{value}" if word in identities.SCOPED else ""), value)


@transaction.atomic(durable=True)
def decide(case: MatchCase, *, is_same: bool, reason: str, by: Staff, now: datetime) -> MatchCase:
    """A person says whether the two are one. Raises CannotDecide, also when it was decided.

    A member outlives a prospect, an older record a younger one. Two people on a number that was given out again: it goes
    to the one who proves it next.
    """
    if not (reason := reason.strip()):
        raise CannotDecide(_("A decision needs a reason."))
    state = MatchCase.State.MERGED if is_same else MatchCase.State.APART
    if not match_cases.decide(case, state, reason=reason, by=by, now=now):
        raise CannotDecide(_("Somebody decided this already."))
    if is_same:
        winner, loser = sorted((case.one, case.other), key=seniority)
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
