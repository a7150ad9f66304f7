"""The days of books and of coupons: fold what the triggers noted, or count everything anew.

See docs/adr/0007-days.md.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection, transaction

from ..models import BookDay
from ..queries import coupon_days, days

FOLD_ROWS = 50_000  # changes taken in one transaction


class Kept(NamedTuple):
    """A table of days, its notes, the columns of a day, the sums, and the rows that they stand for."""

    table: str
    notes: str
    key: str
    sums: tuple[str, ...]
    counted: str

    @property
    def columns(self) -> str:
        return f"{self.key}, {', '.join(self.sums)}"

    def fold(self) -> str:
        """Take a handful of notes and add them to their days; how many they were."""
        added = ", ".join(f"{name} = held.{name} + EXCLUDED.{name}" for name in self.sums)
        taken = ", ".join(f"sum({name})" for name in self.sums)
        return f"""
            WITH taken AS (
                DELETE FROM {self.notes} WHERE id IN (
                    SELECT id FROM {self.notes} ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                ) RETURNING *
            ),
            folded AS (
                INSERT INTO {self.table} AS held ({self.columns})
                SELECT {self.key}, {taken} FROM taken GROUP BY {self.key} ORDER BY {self.key}
                ON CONFLICT ({self.key}) DO UPDATE SET {added}
            )
            SELECT count(*) FROM taken
        """  # noqa: S608 -- constants only

    def recount(self) -> str:
        return f"INSERT INTO {self.table} ({self.columns}) {self.counted}"


BOOKS = Kept(
    "loyalty_bookday", "loyalty_bookdaychange", "day, book_id", ("entries", "earned", "taken"), days.COUNTED
)  # fmt: skip
COUPONS = Kept(
    "loyalty_couponday", "loyalty_coupondaychange", coupon_days.KEY, coupon_days.SUMS, coupon_days.COUNTED
)  # fmt: skip


def fold_all() -> int:
    """Add what was noted to the days it belongs to; how many notes there were. Readers add days and notes."""
    folded = 0
    for kept in (BOOKS, COUPONS):
        while taken := fold(kept):
            folded += taken
    return folded


@transaction.atomic(durable=True)
def fold(kept: Kept) -> int:
    """Fold one handful of notes; how many. Two at once take different notes."""
    with connection.cursor() as cursor:
        cursor.execute(kept.fold(), [FOLD_ROWS])
        return cursor.fetchone()[0]


@transaction.atomic(durable=True)
def rebuild() -> int:
    """Count every day anew from the rows, while tills go on; how many days of books there are.

    As in ``members.services.days``: all of it sees one moment, later notes are folded on top.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("LOCK TABLE loyalty_bookday, loyalty_couponday IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SET LOCAL statement_timeout = 0")
        for kept in (BOOKS, COUPONS):
            cursor.execute(f"DELETE FROM {kept.notes}")  # noqa: S608 -- constants only
            cursor.execute(f"DELETE FROM {kept.table}")  # noqa: S608 -- constants only
            cursor.execute(kept.recount())
    return BookDay.objects.count()
