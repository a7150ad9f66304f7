"""Does the ledger agree with itself? Every check is one statement over everything, or over some members."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

# Each check: what must hold → the statement that counts the accounts or rows where it does not.
CHECKS = {
    "balance = sum of entries": """
        SELECT count(*) FROM loyalty_account a
        LEFT JOIN (SELECT member_id, book_id, sum(amount) AS total FROM loyalty_entry GROUP BY 1, 2) e
            USING (member_id, book_id)
        WHERE {members} AND a.balance <> COALESCE(e.total, 0)
    """,
    "debt = sum of what entries owed": """
        SELECT count(*) FROM loyalty_account a
        LEFT JOIN (SELECT member_id, book_id, sum(owed) AS total FROM loyalty_entry GROUP BY 1, 2) e
            USING (member_id, book_id)
        WHERE {members} AND a.debt <> COALESCE(e.total, 0)
    """,
    "balance = earned - spent - expired": """
        SELECT count(*) FROM loyalty_account a WHERE {members} AND a.balance <> a.earned - a.spent - a.expired
    """,
    "balance of points = what lots still hold": """
        SELECT count(*) FROM loyalty_account a JOIN loyalty_book b ON b.id = a.book_id AND b.asset = 'points'
        LEFT JOIN (SELECT member_id, book_id, sum(remaining) AS total FROM loyalty_lot GROUP BY 1, 2) l
            USING (member_id, book_id)
        WHERE {members} AND a.balance <> COALESCE(l.total, 0)
    """,
    "what left a lot is what entries ate": """
        SELECT count(*) FROM loyalty_lot a
        LEFT JOIN (SELECT lot_id, sum(amount) AS total FROM loyalty_consume GROUP BY 1) c ON c.lot_id = a.id
        WHERE {members} AND a.amount - a.remaining > COALESCE(c.total, 0)
    """,
    "every entry has its account": """
        SELECT count(*) FROM loyalty_entry a WHERE {members} AND NOT EXISTS (
            SELECT 1 FROM loyalty_account x WHERE x.member_id = a.member_id AND x.book_id = a.book_id)
    """,
    "tier = highest reached": """
        SELECT count(*) FROM loyalty_standing a
        JOIN loyalty_book b ON b.program_id = a.program_id AND b.asset = 'growth'
        JOIN loyalty_account g ON g.member_id = a.member_id AND g.book_id = b.id
        WHERE {members} AND a.tier_id <> (
            SELECT t.id FROM loyalty_tier t WHERE t.program_id = a.program_id AND t.threshold <= g.balance
            ORDER BY t.threshold DESC LIMIT 1)
    """,
    "who was merged holds nothing": """
        SELECT count(*) FROM members_member m WHERE m.merged_into_id IS NOT NULL AND (
            EXISTS (SELECT 1 FROM loyalty_account a WHERE a.member_id = m.id AND {members})
            OR EXISTS (SELECT 1 FROM members_order a WHERE a.member_id = m.id AND {members})
            OR EXISTS (SELECT 1 FROM members_identity a WHERE a.member_id = m.id AND {members})
            OR EXISTS (SELECT 1 FROM members_member a WHERE a.id = m.merged_into_id AND a.merged_into_id IS NOT NULL))
    """,
    "refunded = sum of refunds": """
        SELECT count(*) FROM members_order a
        LEFT JOIN (SELECT order_id, sum(amount) AS total FROM members_refund GROUP BY 1) r ON r.order_id = a.id
        WHERE {members} AND a.refunded <> COALESCE(r.total, 0)
    """,
}


class Drift(NamedTuple):
    """One rule that does not hold, and in how many places."""

    rule: str
    places: int


def drifts(member_ids: Iterable[int] | None = None) -> list[Drift]:
    """The rules of the ledger that do not hold; an empty list when everything agrees."""
    members = "TRUE" if member_ids is None else "a.member_id = ANY(%s::int[])"
    given = [] if member_ids is None else [sorted(set(member_ids))]
    found = []
    with connection.cursor() as cursor:
        for rule, statement in CHECKS.items():
            cursor.execute(statement.format(members=members), given * statement.count("{members}"))
            if places := cursor.fetchone()[0]:
                found.append(Drift(rule, places))
    return found
