"""Who stands on which rung. The caller has locked the members' accounts, so nobody moves twice at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from members.services import events, hot
from members.services.arrays import numbers

from ..models import Book, Program

REEVALUATE = """
    WITH held AS (
        SELECT s.member_id, s.tier_id, a.balance,
            (SELECT t.id FROM loyalty_tier t WHERE t.program_id = s.program_id AND t.threshold <= a.balance
             ORDER BY t.threshold DESC LIMIT 1) AS reached
        FROM loyalty_standing s
        JOIN loyalty_account a ON a.member_id = s.member_id AND a.book_id = %s
        WHERE s.program_id = %s AND s.member_id = ANY(%s::int[])
    ),
    moved AS (
        UPDATE loyalty_standing s SET tier_id = held.reached, since = %s FROM held
        WHERE s.member_id = held.member_id AND s.program_id = %s AND held.reached IS DISTINCT FROM held.tier_id
        RETURNING s.member_id, held.tier_id AS before_id, s.tier_id AS after_id, held.balance AS growth
    ),
    noted AS (
        INSERT INTO loyalty_tierchange (member_id, program_id, before_id, after_id, growth, reason, at)
        SELECT member_id, %s::bigint, before_id, after_id, growth, %s::text, %s::timestamptz FROM moved
    )
    SELECT member_id, before_id, after_id, growth FROM moved ORDER BY member_id
"""


def reevaluate_many(member_ids: Iterable[int], program: Program, *, now: datetime, reason: str) -> int:
    """Put members on the highest tier whose threshold their growth value reaches; how many moved. Inner.

    Each move leaves a TierChange and an event ``tier.changed``. Members without a standing stay without.
    """
    growth = next(book.pk for book in program.books.all() if book.asset == Book.Asset.GROWTH)
    return reevaluate_in(member_ids, program.pk, growth, now=now, reason=reason)


def reevaluate_in(member_ids: Iterable[int], program_id: int, growth_book: int, *, now: datetime, reason: str) -> int:
    """The same for whoever knows the ids of the programme and of its book of growth value. Inner."""
    ids = sorted(set(member_ids))
    if not ids:
        return 0
    given: list[Any] = [growth_book, program_id, numbers(ids), now, program_id, program_id, reason, now]
    with hot.cursor(len(ids)) as cursor:
        cursor.execute(REEVALUATE, given)
        moves = cursor.fetchall()
    if moves:
        events.append_many(
            events.NewEvent(
                "tier.changed", member_id, now,
                data={"program": program_id, "before": before, "after": after, "growth": growth_value},
            )
            for member_id, before, after, growth_value in moves
        )  # fmt: skip
    return len(moves)
