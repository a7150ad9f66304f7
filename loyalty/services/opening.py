"""Opening balances: what an old system owed its members becomes ledger entries with lots, once per source. Inner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from members.services import arrays
from stores.models import Brand

from ..models import Book, Entry, Program
from . import points, programs, tiers

POSTED = """
    SELECT DISTINCT member_id, book_id FROM loyalty_entry
    WHERE member_id = ANY(%s::int[]) AND kind = 'open' AND starts_with(idem, %s)
"""


class Opening(NamedTuple):
    """What one member brings along. ``key`` is the card or phone that names the row in the old system."""

    member_id: int
    key: str
    points: int
    growth: int


def post(openings: Sequence[Opening], program: Program, *, source: str, run_id: int, now: datetime) -> int:
    """Let the members take part and give them what they bring, once for each source; how many entries are new.

    A member who has an opening entry of this source in a book gets no second one, whatever card or phone the row
    has: the cause names the member, so that two runs at once cannot both post it.
    """
    ids = [opening.member_id for opening in openings]
    if not ids:
        return 0
    programs.enrol_many(ids, program, at=now)
    books = dict(program.books.values_list("asset", "pk"))
    with connection.cursor() as cursor:
        cursor.execute(POSTED, [arrays.numbers(ids), f"open:{source}:"])
        done = set(cursor.fetchall())
    expires = now + timedelta(days=program.points_valid_days) if program.points_valid_days else None
    postings = [
        points.Posting(
            opening.member_id, book, amount, f"open:{source}:m{opening.member_id}:{book}", now, Entry.Kind.OPEN,
            ref_type="import", ref_id=run_id, expires_at=expires if asset == Book.Asset.POINTS else None,
        )
        for asset, book in books.items()
        for opening in openings
        if (amount := getattr(opening, asset)) > 0 and (opening.member_id, book) not in done
    ]  # fmt: skip
    written = points.post_many(postings, are_open=True)  # enrolling opened them
    tiers.reevaluate_many(ids, program, now=now, reason="import")
    return len(written)


def program_of(brand: Brand, *, now: datetime) -> Program:
    """The brand's programme, made when it is missing."""
    return programs.ensure(brand, now=now)


def tier_words(program: Program) -> dict[str, int]:
    """Each tier's names in lower case → the growth value it starts at."""
    return {name.lower(): tier.threshold for tier in program.tiers.all() for name in (tier.name, tier.name_en) if name}
