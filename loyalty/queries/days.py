"""What moved in the books by day: sums kept by the database (docs/adr/0007-days.md), and the entries behind them."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.models import QuerySet

from stores.models import Brand

from ..models import Book

COUNTED = """
    SELECT members_day(occurred_at) AS day, book_id, count(*) AS entries,
        COALESCE(sum(amount) FILTER (WHERE amount > 0), 0) AS earned,
        COALESCE(-sum(amount) FILTER (WHERE amount < 0), 0) AS taken
    FROM loyalty_entry GROUP BY 1, 2
"""
KEPT = """
    SELECT day, book_id, entries, earned, taken FROM loyalty_bookday
    UNION ALL SELECT day, book_id, entries, earned, taken FROM loyalty_bookdaychange
"""
EARNED = f"""
    SELECT day, sum(earned) FROM ({KEPT}) kept
    WHERE day BETWEEN %s AND %s AND book_id = ANY(%s) GROUP BY day
"""  # noqa: S608 -- constants only
HELD = f"SELECT COALESCE(sum(earned - taken), 0) FROM ({KEPT}) kept WHERE book_id = ANY(%s)"  # noqa: S608 -- constants only
DRIFTS = f"""
    SELECT count(*) FROM (
        SELECT day, book_id FROM (
            SELECT day, book_id, entries, earned, taken FROM ({KEPT}) kept
            UNION ALL SELECT day, book_id, -entries, -earned, -taken FROM ({COUNTED}) counted
        ) both_sides GROUP BY 1, 2 HAVING sum(entries) <> 0 OR sum(earned) <> 0 OR sum(taken) <> 0
    ) left_over
"""  # noqa: S608 -- constants only


def points_books(brands: QuerySet[Brand]) -> list[int]:
    """The ids of these brands' books of points."""
    return list(Book.objects.filter(asset=Book.Asset.POINTS, program__brand__in=brands).values_list("pk", flat=True))


def earned_by_day(books: list[int], first: date, last: date) -> dict[date, int]:
    """Points that came in on each day from ``first`` to ``last``; days without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(EARNED, [first, last, books])
        return {day: int(earned) for day, earned in cursor.fetchall()}


def held(books: list[int]) -> int:
    """Points that members hold now: all that ever came in without all that went out."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [books])
        return int(cursor.fetchone()[0])


def drifts() -> int:
    """How many (day, book) differ from the entries behind them: 0, or the trigger was switched off."""
    with connection.cursor() as cursor:
        cursor.execute(DRIFTS)
        return cursor.fetchone()[0]
