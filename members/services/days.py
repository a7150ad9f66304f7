"""The days of stores: fold what the triggers noted, or count everything anew. See docs/adr/0007-days.md."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Sum

from ..models import StoreDay
from ..queries import buyers, funnel
from ..queries.days import COUNTED, SUMS, calendar
from ..queries.reports import Span

KEY = "day, store_id, channel_id"
COLUMNS = f"{KEY}, {', '.join(SUMS)}"
PERIODS = (1, 7, 30)  # days, as the home page offers them
FOLD_ROWS = 50_000  # changes taken in one transaction
FOLD = f"""
    WITH taken AS (
        DELETE FROM members_storedaychange WHERE id IN (
            SELECT id FROM members_storedaychange ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
        ) RETURNING *
    ),
    folded AS (
        INSERT INTO members_storeday AS held ({COLUMNS})
        SELECT {KEY}, {", ".join(f"sum({name})" for name in SUMS)} FROM taken GROUP BY {KEY} ORDER BY {KEY}
        ON CONFLICT (day, store_id, channel_id) DO UPDATE
        SET {", ".join(f"{name} = held.{name} + EXCLUDED.{name}" for name in SUMS)}
    )
    SELECT count(*) FROM taken
"""  # noqa: S608 -- constants only
RECOUNT = f"INSERT INTO members_storeday ({COLUMNS}) {COUNTED}"


def fold_all() -> int:
    """Add what was noted to the days it belongs to, some ten thousand notes in a transaction; how many there were.

    Nobody waits for it and nothing depends on when it runs: readers add the days and the notes.
    """
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
    """Count every day anew from the rows, while tills go on; how many days of stores there are.

    All of it sees one moment: notes of later transactions stay and are folded on top. The lock keeps folding out and
    is taken before the moment is fixed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("LOCK TABLE members_storeday IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("DELETE FROM members_storedaychange")
        cursor.execute("DELETE FROM members_storeday")
        cursor.execute(RECOUNT)
    return StoreDay.objects.count()


@transaction.atomic(durable=True)
def keep_buyers(*, now: datetime) -> int:
    """Count ahead who bought and how far new members came, where that takes long; how many answers were kept."""
    recent = StoreDay.objects.filter(day__gte=(now - timedelta(days=30)).date())
    if not buyers.worth_keeping(recent.aggregate(n=Sum("member_orders"))["n"] or 0):
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")
    kept = 0
    for brand_id, shops in buyers.keepers():
        for count in PERIODS:
            span, month = (Span.of_days(each, now=now, zone=calendar()) for each in (count, 30))
            name, seconds = buyers.key(brand_id, count), buyers.KEPT_FOR.total_seconds()
            cache.set(name, buyers.counted(shops, span, month), seconds)
            cache.set(funnel.key(name), funnel.counted(shops, span), seconds)
            kept += 1
    return kept
