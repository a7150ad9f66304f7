"""What moved in the books by day: sums kept by the database (docs/adr/0007-days.md), and the entries behind them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

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
MOVED = f"""
    SELECT CASE WHEN day BETWEEN %s AND %s THEN day END AS shown, sum(earned), sum(earned - taken) FROM ({KEPT}) kept
    WHERE book_id = ANY(%s) GROUP BY shown
"""  # noqa: S608 -- constants only
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


class Points(NamedTuple):
    """Points that came in on each day, days without any left out; and those that members hold now."""

    earned: dict[date, int]
    held: int


def points(books: list[int], first: date, last: date) -> Points:
    """What came in from ``first`` to ``last``; and all that ever came in without all that went out."""
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [first, last, books])
        rows = cursor.fetchall()
    return Points({day: int(earned) for day, earned, _left in rows if day}, int(sum(left for *_, left in rows)))


def drifts() -> int:
    """How many (day, book) differ from the entries behind them: 0, or the trigger was switched off."""
    with connection.cursor() as cursor:
        cursor.execute(DRIFTS)
        return cursor.fetchone()[0]
