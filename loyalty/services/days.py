"""The days of books: fold what the trigger noted, or count everything anew. See docs/adr/0007-days.md."""

from __future__ import annotations

from django.db import connection, transaction

from ..models import BookDay
from ..queries.days import COUNTED

FOLD_ROWS = 50_000  # changes taken in one transaction
FOLD = """
    WITH taken AS (
        DELETE FROM loyalty_bookdaychange WHERE id IN (
            SELECT id FROM loyalty_bookdaychange ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
        ) RETURNING *
    ),
    folded AS (
        INSERT INTO loyalty_bookday AS held (day, book_id, entries, earned, taken)
        SELECT day, book_id, sum(entries), sum(earned), sum(taken) FROM taken GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (day, book_id) DO UPDATE SET entries = held.entries + EXCLUDED.entries,
            earned = held.earned + EXCLUDED.earned, taken = held.taken + EXCLUDED.taken
    )
    SELECT count(*) FROM taken
"""
RECOUNT = f"INSERT INTO loyalty_bookday (day, book_id, entries, earned, taken) {COUNTED}"


def fold_all() -> int:
    """Add what was noted to the days it belongs to; how many notes there were. Readers add days and notes."""
    folded = 0
    while taken := fold():
        folded += taken
    return folded


@transaction.atomic(durable=True)
def fold() -> int:
    """Fold one handful of notes; how many. Two at once take different notes."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD, [FOLD_ROWS])
        return cursor.fetchone()[0]


@transaction.atomic(durable=True)
def rebuild() -> int:
    """Count every day anew from the entries, while tills go on; how many days of books there are.

    As in ``members.services.days``: all of it sees one moment, later notes are folded on top.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("LOCK TABLE loyalty_bookday IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("DELETE FROM loyalty_bookdaychange")
        cursor.execute("DELETE FROM loyalty_bookday")
        cursor.execute(RECOUNT)
    return BookDay.objects.count()
