"""Two records are one person: merge them with a reason, or take that back. The door for pages, matching and files.

A merge hands over everything the loser owns; an unmerge gives it back together with what came by the loser's identities
since. Both go over any number of pairs in some statements each. How, and why so: docs/identity.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from members.models import Member, Merge
from members.queries import worth
from members.services import arrays, events, merging
from members.services.events import NewEvent
from stores.models import Staff
from stores.services import log

from ..models import Book, Program
from . import ledger_merging, points, programs, tiers

NAME_MERGES = "SELECT set_config('quanyu.merge', %s, true)"
FIGURES = """
    SELECT m.id, json_build_object(
        'orders', (SELECT count(*) FROM members_order o WHERE o.member_id = m.id),
        'spent', (SELECT COALESCE(sum(o.amount - o.refunded), 0)::text FROM members_order o WHERE o.member_id = m.id),
        'programs', (SELECT COALESCE(json_agg(json_build_object(
            'program', s.program_id, 'tier', s.tier_id, 'points', COALESCE(p.balance, 0), 'growth', COALESCE(g.balance, 0)
        ) ORDER BY s.program_id), '[]') FROM loyalty_standing s
            LEFT JOIN loyalty_book pb ON pb.program_id = s.program_id AND pb.asset = 'points'
            LEFT JOIN loyalty_account p ON p.member_id = m.id AND p.book_id = pb.id
            LEFT JOIN loyalty_book gb ON gb.program_id = s.program_id AND gb.asset = 'growth'
            LEFT JOIN loyalty_account g ON g.member_id = m.id AND g.book_id = gb.id
            WHERE s.member_id = m.id))
    FROM unnest(%s::int[]) AS m (id)
"""
KEEP_FIGURES = """
    UPDATE members_merge m SET figures = sent.figures, moved = sent.moved
    FROM unnest(%s::bigint[], %s::jsonb[], %s::jsonb[]) AS sent (id, figures, moved) WHERE m.id = sent.id
"""
TOUCHED = """
    SELECT DISTINCT r.key, m.winner_id, m.loser_id FROM members_mergedrow r JOIN members_merge m ON m.id = r.merge_id
    WHERE r.merge_id = ANY(%s::bigint[]) AND r.kind = ANY(%s::text[]) ORDER BY 1, 2
"""


class CannotMerge(Exception):
    """The two cannot be merged like this. The text may be shown."""


class CannotUnmerge(Exception):
    """The merge cannot be taken back like this. The text may be shown."""


class Pair(NamedTuple):
    """Whom to merge into whom, and why: ``rule`` names the rule that found it, ``evidence`` holds no personal values."""

    winner_id: int
    loser_id: int
    reason: str
    rule: str = "hand"
    evidence: dict[str, Any] = {}


# --- merge ---------------------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def merge(winner: Member, loser: Member, *, reason: str, by: Staff, now: datetime) -> Merge:
    """Make the loser's facts the winner's, by hand. A second click finds it done. Raises CannotMerge."""
    if not (reason := reason.strip()[:200]):
        raise CannotMerge(_("A merge needs a reason."))
    if winner.pk == loser.pk:
        raise CannotMerge(_("This is the same member. Choose another one."))
    merging.lock([loser.pk], [winner.pk, loser.pk])
    done = Merge.objects.filter(winner=winner.pk, loser=loser.pk, undone_at=None).first()
    return done or merge_pairs([Pair(winner.pk, loser.pk, reason)], by=by, now=now)[0]


@transaction.atomic(durable=True)
def merge_many(pairs: Iterable[Pair], *, by: Staff | None, now: datetime) -> list[Merge]:
    """The same for many pairs at once. Nobody may stand in two of them. Raises CannotMerge for all or none."""
    return merge_pairs(list(pairs), by=by, now=now)


def merge_pairs(pairs: Sequence[Pair], *, by: Staff | None, now: datetime) -> list[Merge]:
    """The same inside a transaction of the caller. Inner.

    Locks, in the order in which everything else does: the losers' orders, the people, their accounts. Who earns,
    spends or joins at this moment either is done before, or finds the winner afterwards.
    """
    everybody = [pk for pair in pairs for pk in (pair.winner_id, pair.loser_id)]
    if len(everybody) != len(set(everybody)):
        raise CannotMerge(_("A member can be in one merge at a time."))
    into = merging.lock([pair.loser_id for pair in pairs], everybody)
    if len(into) < len(everybody) or any(into.values()):
        raise CannotMerge(_("One of the two was merged already. Open the page anew."))
    waits = set(Member.people.filter(pk__in=everybody, joined_at=None).values_list("pk", flat=True))
    if any(pair.winner_id in waits and pair.loser_id not in waits for pair in pairs):
        raise CannotMerge(_("Somebody who has not joined cannot take a member in. Merge them the other way round."))
    made = Merge.objects.bulk_create(
        Merge(
            winner_id=pair.winner_id, loser_id=pair.loser_id, at=now, by=by, rule=pair.rule, reason=pair.reason,
            evidence=pair.evidence,
        ) for pair in pairs
    )  # fmt: skip
    ids = [each.pk for each in made]
    points.lock_all(everybody)
    before = _figures(everybody, now)
    _name(ids)
    moved = merging.move(ids)
    for pk, counts in ledger_merging.move(ids).items():
        moved[pk] |= counts
    _reevaluate(ids, now=now, reason="merge")
    ledger_merging.note_tiers(ids)
    _name([])
    _keep(made, moved, before, _figures([each.winner_id for each in made], now))
    _tell("member.merged", made, by=by, now=now)
    return made


def _name(merges: Sequence[int]) -> None:
    """Tell the ledger which merges may hand over entries in this transaction; none: nobody may any more."""
    with connection.cursor() as cursor:
        cursor.execute(NAME_MERGES, [arrays.numbers(merges) if merges else ""])


def _figures(members: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """What each is worth at this moment: orders, programmes, and what the verdict about their value looks at."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [arrays.numbers(members)])
        found = dict(cursor.fetchall())
    bought = worth.of_many(members, now=now)
    return {pk: found[pk] | {"bought": worth.plain(bought[pk])} for pk in found}


def _keep(
    made: Sequence[Merge], moved: dict[int, dict[str, int]], before: dict[int, Any], after: dict[int, Any]
) -> None:
    for each in made:
        each.moved = moved[each.pk]
        each.figures = {
            "winner": before[each.winner_id], "loser": before[each.loser_id], "after": after[each.winner_id],
        }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(KEEP_FIGURES, [
            arrays.numbers([each.pk for each in made]), arrays.texts([json.dumps(each.figures) for each in made]),
            arrays.texts([json.dumps(each.moved) for each in made]),
        ])  # fmt: skip


def _tell(kind: str, merges: Sequence[Merge], *, by: Staff | None, now: datetime, reason: str = "") -> None:
    """An event for each of the two, since followers ask about both, and a line in the action log of each."""
    events.append_many(
        NewEvent(kind, member_id, now, data={"merge": each.pk, "winner": each.winner_id, "loser": each.loser_id})
        for each in merges
        for member_id in (each.winner_id, each.loser_id)
    )
    people = Member.everyone.in_bulk([pk for each in merges for pk in (each.winner_id, each.loser_id)])
    for words in {reason or each.reason for each in merges}:
        told = [each for each in merges if (reason or each.reason) == words]
        things = [people[pk] for each in told for pk in (each.winner_id, each.loser_id)]
        log.record_many(kind, things, by=by, now=now, store_of=lambda thing: thing.home_store_id, reason=words)


def _reevaluate(merges: Sequence[int], *, now: datetime, reason: str) -> None:
    """Put everybody of these merges on the tier that the growth value reaches, programme by programme."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, [arrays.numbers(merges), "{account,later}"])
        touched = cursor.fetchall()
    for book in Book.objects.filter(asset=Book.Asset.GROWTH, pk__in={key for key, *_people in touched}):
        people = [pk for key, *both in touched if key == book.pk for pk in both]
        tiers.reevaluate_in(people, book.program_id, book.pk, now=now, reason=reason)


# --- unmerge -------------------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def unmerge(merge: Merge, *, reason: str, by: Staff, now: datetime) -> Merge:
    """Take a merge back: both stand as before, and what came since stays with the identity that it came by.

    A second click finds it done. Raises CannotUnmerge without a reason, and while a later merge stands upon it.
    """
    if not (reason := reason.strip()[:200]):
        raise CannotUnmerge(_("An un-merge needs a reason."))
    unmerge_many([merge], reason=reason, by=by, now=now)
    return Merge.objects.get(pk=merge.pk)


def unmerge_many(merges: Sequence[Merge], *, reason: str, by: Staff | None, now: datetime) -> int:
    """The same for many merges inside a transaction of the caller; how many were taken back. Inner.

    Nobody may stand in two of them.
    """
    everybody = [pk for each in merges for pk in (each.winner_id, each.loser_id)]
    winners = [each.winner_id for each in merges]
    into = merging.lock(winners, everybody)
    still = list(Merge.objects.select_for_update().filter(pk__in=[each.pk for each in merges], undone_at=None))
    if not still:
        return 0
    ids = [each.pk for each in still]
    if any(into[each.winner_id] or into[each.loser_id] != each.winner_id for each in still) or _is_covered(still):
        raise CannotUnmerge(_("A later merge stands upon this one. Take that one back first."))
    points.lock_all([pk for each in still for pk in (each.winner_id, each.loser_id)])
    _name(ids)
    merging.move_back(ids)
    ledger_merging.move_back(ids, by_id=by.pk if by else None, now=now)
    _enrol_late(ids, now=now)
    _name([])
    _reevaluate(ids, now=now, reason="unmerge")
    Merge.objects.filter(pk__in=ids).update(undone_at=now, undone_by=by, undo_reason=reason)
    _tell("member.unmerged", still, by=by, now=now, reason=reason)
    return len(still)


def _is_covered(merges: Sequence[Merge]) -> bool:
    """Whether a winner has won a later merge that still stands: what both brought is told apart from the top down."""
    last = dict(
        Merge.objects.filter(winner__in=[each.winner_id for each in merges], undone_at=None)
        .order_by("winner", "pk").values_list("winner", "pk")
    )  # fmt: skip
    return any(last[each.winner_id] != each.pk for each in merges)


def _enrol_late(merges: Sequence[int], *, now: datetime) -> None:
    """A loser whose identity bought in a new programme since takes part in it."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, [arrays.numbers(merges), "{later}"])
        late = cursor.fetchall()
    for program in Program.objects.filter(books__in={key for key, *_people in late}).distinct().order_by("pk"):
        books = set(program.books.values_list("pk", flat=True))
        programs.enrol_many([loser for key, _winner, loser in late if key in books], program, at=now)
