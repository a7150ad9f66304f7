"""The ledger's core: many postings in one statement. ``points`` is its door; nobody else imports this.

Order of every posting: lock accounts in the order of (member, book) → look the cause up → check → entry → lots.
The caller holds the locks, so the statements here see settled balances.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from members.services import hot
from members.services.arrays import numbers, texts

from ..models import Entry

# Nobody who was merged gets an account, and no prospect does: a merge in progress is waited for here, and seen when it is through.
OPEN = """
    WITH missing AS (
        SELECT m, b FROM unnest(%s::int[]) AS m, unnest(%s::smallint[]) AS b
        WHERE NOT EXISTS (SELECT 1 FROM loyalty_account a WHERE a.member_id = m AND a.book_id = b)
    ),
    people AS (
        SELECT id FROM members_member WHERE id IN (SELECT m FROM missing) AND merged_into_id IS NULL
          AND joined_at IS NOT NULL
        ORDER BY id FOR KEY SHARE
    )
    INSERT INTO loyalty_account (member_id, book_id, balance, earned, spent, expired, debt, version)
    SELECT m, b, 0, 0, 0, 0, 0, 0 FROM missing JOIN people ON people.id = m
    ORDER BY m, b
    ON CONFLICT (member_id, book_id) DO NOTHING
"""
MERGED = "SELECT 1 FROM members_member WHERE id = ANY(%s::int[]) AND merged_into_id IS NOT NULL LIMIT 1"
LOCK_ALL = """
    SELECT member_id, book_id FROM loyalty_account WHERE member_id = ANY(%s::int[]) ORDER BY member_id, book_id FOR UPDATE
"""
LOCK = """
    SELECT member_id, book_id FROM loyalty_account
    WHERE member_id = ANY(%s::int[]) AND book_id = ANY(%s::smallint[])
    ORDER BY member_id, book_id FOR UPDATE
"""
# Nothing is locked when anything is missing: locks taken before accounts are opened would be out of order.
LOCK_WHOLE = """
    SELECT a.member_id, a.book_id FROM loyalty_account a
    WHERE a.member_id = ANY(%s::int[]) AND a.book_id = ANY(%s::smallint[]) AND NOT EXISTS (
        SELECT 1 FROM unnest(%s::int[]) AS m WHERE NOT EXISTS (
            SELECT 1 FROM loyalty_standing s WHERE s.member_id = m AND s.program_id = %s
        ) OR EXISTS (
            SELECT 1 FROM unnest(%s::smallint[]) AS b
            WHERE NOT EXISTS (SELECT 1 FROM loyalty_account x WHERE x.member_id = m AND x.book_id = b)
        )
    )
    ORDER BY a.member_id, a.book_id FOR UPDATE OF a
"""
SENT = """
    sent AS (
        SELECT * FROM unnest(
            %s::int[], %s::smallint[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::numeric[],
            %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[]
        ) WITH ORDINALITY AS t (
            member_id, book_id, kind, amount, idem, occurred_at, rate, ref_type, ref_id, reason, by_id, reverses_id,
            expires_at, place
        )
    ),
    fresh AS (
        SELECT sent.*, a.balance, a.debt, b.asset = 'points' AS has_lots
        FROM sent
        JOIN loyalty_account a ON a.member_id = sent.member_id AND a.book_id = sent.book_id
        JOIN loyalty_book b ON b.id = sent.book_id
        WHERE NOT EXISTS (SELECT 1 FROM loyalty_entry e WHERE e.idem = sent.idem)
    )
"""
COLUMNS = """
    id, member_id, book_id, kind, amount, owed, balance_after, idem, occurred_at, posted_at, rate, ref_type, ref_id,
    reason, by_id, reverses_id
"""
# Entry ids are drawn before the insert, so that no step joins rows of this statement with each other: the planner knows
# nothing of their number and would compare each with each.
# What comes in pays debt first, in the order sent; the running balance comes from a window over each account.
CREDIT = f"""
    WITH {SENT},
    paying AS (
        SELECT fresh.*, LEAST(amount, GREATEST(debt - (sum(amount) OVER w - amount), 0))::bigint AS pays
        FROM fresh WINDOW w AS (PARTITION BY member_id, book_id ORDER BY place)
    ),
    posted AS (
        SELECT paying.*, nextval('loyalty_entry_id_seq') AS id, amount - pays AS moves,
            balance + sum(amount - pays) OVER (PARTITION BY member_id, book_id ORDER BY place) AS balance_after
        FROM paying
    ),
    entry AS (
        INSERT INTO loyalty_entry ({COLUMNS})
        SELECT id, member_id, book_id, kind, moves, -pays, balance_after,
            idem, occurred_at, now(), rate, ref_type, ref_id, reason, by_id, reverses_id
        FROM posted
    ),
    lot AS (
        INSERT INTO loyalty_lot (member_id, book_id, entry_id, amount, remaining, valid_from, expires_at)
        SELECT member_id, book_id, id, moves, moves, occurred_at, expires_at
        FROM posted WHERE has_lots AND moves > 0 AND reverses_id IS NULL
    ),
    moved AS (
        UPDATE loyalty_account a
        SET balance = a.balance + s.moves, debt = a.debt - s.pays, earned = a.earned + s.earned,
            spent = a.spent - s.given_back, version = a.version + 1
        FROM (
            SELECT member_id, book_id, sum(moves) AS moves, sum(pays) AS pays,
                COALESCE(sum(moves) FILTER (WHERE kind <> 'reverse'), 0) AS earned,
                COALESCE(sum(moves) FILTER (WHERE kind = 'reverse'), 0) AS given_back
            FROM posted GROUP BY 1, 2
        ) s
        WHERE a.member_id = s.member_id AND a.book_id = s.book_id
    )
    SELECT idem, id, moves, -pays FROM posted
"""  # noqa: S608 -- constants only
# What goes out eats lots: its own first (a refund), then the earliest expiry. At most one for each account in a call.
# A reversal takes what is there and leaves the rest as debt; every other kind needs the whole amount.
DEBIT = f"""
    WITH {SENT},
    due AS (
        SELECT fresh.*, nextval('loyalty_entry_id_seq') AS id, LEAST(amount, balance) AS takes
        FROM fresh WHERE amount <= balance OR kind = 'reverse'
    ),
    lots AS (
        SELECT l.id AS lot_id, l.remaining, due.id, due.takes, sum(l.remaining) OVER (
            PARTITION BY due.id
            ORDER BY (l.entry_id IS NOT DISTINCT FROM due.reverses_id) DESC, l.expires_at NULLS LAST, l.id
        ) AS reach
        FROM due
        JOIN loyalty_lot l ON l.member_id = due.member_id AND l.book_id = due.book_id AND l.remaining > 0
        WHERE due.has_lots
    ),
    eaten AS (
        SELECT lot_id, id, LEAST(remaining, takes - (reach - remaining)) AS bite FROM lots
        WHERE reach - remaining < takes
    ),
    entry AS (
        INSERT INTO loyalty_entry ({COLUMNS})
        SELECT id, member_id, book_id, kind, -takes, amount - takes, balance - takes,
            idem, occurred_at, now(), rate, ref_type, ref_id, reason, by_id, reverses_id
        FROM due
    ),
    shrunk AS (UPDATE loyalty_lot l SET remaining = l.remaining - eaten.bite FROM eaten WHERE l.id = eaten.lot_id),
    noted AS (INSERT INTO loyalty_consume (entry_id, lot_id, amount) SELECT id, lot_id, bite FROM eaten),
    moved AS (
        UPDATE loyalty_account a
        SET balance = a.balance - due.takes, debt = a.debt + due.amount - due.takes, version = a.version + 1,
            earned = a.earned - CASE WHEN due.kind = 'reverse' THEN due.takes ELSE 0 END,
            expired = a.expired + CASE WHEN due.kind = 'expire' THEN due.takes ELSE 0 END,
            spent = a.spent + CASE WHEN due.kind IN ('reverse', 'expire') THEN 0 ELSE due.takes END
        FROM due WHERE a.member_id = due.member_id AND a.book_id = due.book_id
    )
    SELECT idem, id, -takes, amount - takes FROM due
"""  # noqa: S608 -- constants only
# Points given back return to the lots they were eaten from, the latest expiry first when some of them pay debt.
GIVE_BACK = """
    WITH ate AS (
        SELECT c.lot_id, c.amount, sum(c.amount) OVER (ORDER BY l.expires_at DESC NULLS FIRST, l.id DESC) AS reach
        FROM loyalty_consume c JOIN loyalty_lot l ON l.id = c.lot_id WHERE c.entry_id = %(spend)s
    )
    UPDATE loyalty_lot l
    SET remaining = l.remaining + LEAST(ate.reach, %(until)s) - GREATEST(ate.reach - ate.amount, %(since)s)
    FROM ate WHERE l.id = ate.lot_id AND ate.reach > %(since)s AND ate.reach - ate.amount < %(until)s
"""
FIND = "SELECT idem, id, amount, owed FROM loyalty_entry WHERE idem = ANY(%s::text[])"


class Posting(NamedTuple):
    """One movement on its way into the ledger. ``amount`` is positive; the verb gives it its direction."""

    member_id: int
    book_id: int
    amount: int
    idem: str
    occurred_at: datetime
    kind: str = Entry.Kind.EARN
    rate: Decimal | None = None
    ref_type: str = ""
    ref_id: int | None = None
    reason: str = ""
    by_id: int | None = None
    reverses_id: int | None = None
    expires_at: datetime | None = None


class Posted(NamedTuple):
    """What the ledger holds for a cause: ``amount`` moved the balance, ``owed`` the debt."""

    entry_id: int
    amount: int
    owed: int

    @property
    def worth(self) -> int:
        """What the cause was worth, whatever of it met debt."""
        return self.amount - self.owed


def columns(postings: Sequence[Posting]) -> list[str]:
    """The postings as the arrays that ``SENT`` unfolds."""
    return [
        numbers([p.member_id for p in postings]), numbers([p.book_id for p in postings]),
        texts([p.kind for p in postings]), numbers([p.amount for p in postings]), texts([p.idem for p in postings]),
        texts([p.occurred_at for p in postings]), numbers([p.rate for p in postings]),
        texts([p.ref_type for p in postings]), numbers([p.ref_id for p in postings]),
        texts([p.reason for p in postings]), numbers([p.by_id for p in postings]),
        numbers([p.reverses_id for p in postings]), texts([p.expires_at for p in postings]),
    ]  # fmt: skip


def run(statement: str, postings: Sequence[Posting]) -> dict[str, Posted]:
    """Run CREDIT or DEBIT over postings with distinct causes; what was newly written, by cause.

    ``posted_at`` is the database's clock, whatever the tills' clocks say.
    """
    if not postings:
        return {}
    with hot.cursor(len(postings)) as cursor:
        cursor.execute(statement, columns(postings))
        return {idem: Posted(*rest) for idem, *rest in cursor.fetchall()}


def find(causes: Sequence[str]) -> dict[str, Posted]:
    """What the ledger holds already for these causes."""
    if not causes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND, [texts(causes)])
        return {idem: Posted(*rest) for idem, *rest in cursor.fetchall()}


def open_accounts(member_ids: Sequence[int], book_ids: Sequence[int]) -> None:
    """Make the missing accounts, in lock order."""
    with hot.cursor(len(member_ids)) as cursor:
        cursor.execute(OPEN, [numbers(member_ids), numbers(book_ids)])


def lock_accounts(
    member_ids: Sequence[int], book_ids: Sequence[int], needed: AbstractSet[tuple[int, int]] = frozenset()
) -> bool:
    """Lock every account of these members in these books, in lock order; whether all that are needed are there."""
    with hot.cursor(len(member_ids)) as cursor:
        cursor.execute(LOCK, [numbers(member_ids), numbers(book_ids)])
        return cursor.rowcount == len(member_ids) * len(book_ids) or needed <= set(cursor.fetchall())


def lock_all(member_ids: Sequence[int]) -> None:
    """Lock every account of these members, in lock order."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ALL, [numbers(member_ids)])


def any_merged(member_ids: Sequence[int]) -> bool:
    """Whether one of these records was merged into another."""
    with connection.cursor() as cursor:
        return cursor.execute(MERGED, [numbers(member_ids)]).fetchone() is not None


def lock_whole(member_ids: Sequence[int], book_ids: Sequence[int], program_id: int) -> bool:
    """Lock these accounts, in lock order, if all are there and all members take part; else lock nothing."""
    members, books = numbers(member_ids), numbers(book_ids)
    with hot.cursor(len(member_ids)) as cursor:
        cursor.execute(LOCK_WHOLE, [members, books, members, program_id, books])
        return cursor.rowcount == len(member_ids) * len(book_ids)


def give_back(spend_id: int, amount: int, *, since: int) -> None:
    """Put ``amount`` back into the lots that a spend ate, of which ``since`` went back before."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, {"spend": spend_id, "since": since, "until": since + amount})
