"""The ledger's part of a merge and of its end. ``merging`` is its door; nobody else imports this.

Balances are sums, so the winner's become the sums of both. At the end each side keeps its own entries and lots: what one
side spent out of the other's lots is eaten from its own instead, and what these do not cover becomes debt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from members.services.merging import BACK, MOVE, NOTE, PAIRS, rows, run

MOVES = ("loyalty_entry", "loyalty_lot", "loyalty_coupon", "loyalty_tierchange")
# One row for each member and book or programme: added up, with the loser's row in the manifest.
ADDS = ("loyalty_account", "loyalty_standing")
SUMS = "balance, earned, spent, expired, debt, version"
ADDED = ", ".join(f"{name} = held.{name} + EXCLUDED.{name}" for name in SUMS.split(", "))

NOTE_ACCOUNTS = f"""
    WITH {PAIRS} {NOTE} SELECT p.id, 'account', a.book_id, to_jsonb(a) || jsonb_build_object('is_new', w.book_id IS NULL)
    FROM pairs p JOIN loyalty_account a ON a.member_id = p.loser_id
    LEFT JOIN loyalty_account w ON w.member_id = p.winner_id AND w.book_id = a.book_id
"""  # noqa: S608 -- constants only
ADD_ACCOUNTS = f"""
    WITH {PAIRS} INSERT INTO loyalty_account AS held (member_id, book_id, {SUMS})
    SELECT p.winner_id, a.book_id, {SUMS} FROM pairs p JOIN loyalty_account a ON a.member_id = p.loser_id
    ON CONFLICT (member_id, book_id) DO UPDATE SET {ADDED}
"""  # noqa: S608 -- constants only
CLOSE = f"WITH {PAIRS} DELETE FROM @table t USING pairs p WHERE t.member_id = p.loser_id"  # noqa: S608 -- constants only
NOTE_STANDINGS = f"""
    WITH {PAIRS} {NOTE} SELECT p.id, 'standing', l.program_id, to_jsonb(l) || jsonb_build_object('winner', to_jsonb(w))
    FROM pairs p JOIN loyalty_standing l ON l.member_id = p.loser_id
    LEFT JOIN loyalty_standing w ON w.member_id = p.winner_id AND w.program_id = l.program_id
"""  # noqa: S608 -- constants only
HAND_STANDINGS = f"""
    WITH {PAIRS} INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
    SELECT p.winner_id, l.program_id, l.tier_id, l.since, l.joined_at
    FROM pairs p JOIN loyalty_standing l ON l.member_id = p.loser_id
    ON CONFLICT (member_id, program_id) DO NOTHING
"""  # noqa: S608 -- constants only
NOTE_TIERS = f"""
    WITH {PAIRS} {NOTE} SELECT p.id, 'tier_change', t.id, '{{}}' FROM pairs p
    JOIN loyalty_tierchange t ON t.member_id = p.winner_id AND t.reason = 'merge' AND t.at = p.at
    WHERE t.id > COALESCE((SELECT max(r.key) FROM members_merge m JOIN members_mergedrow r ON r.merge_id = m.id
        WHERE m.winner_id = p.winner_id AND r.kind = 'tier_change'), 0)
"""  # noqa: S608 -- constants only

# --- and back ------------------------------------------------------------------------------------------
# What the loser's orders earned since, and their refunds took: noted as the share that was not there at the merge.
LATER = f"""
    WITH {PAIRS}, moved AS (
        UPDATE loyalty_entry t SET member_id = p.loser_id FROM pairs p
        WHERE t.member_id = p.winner_id AND t.came_as IS NULL AND (
            t.ref_type = 'order' AND EXISTS (
                SELECT 1 FROM members_order o WHERE o.id = t.ref_id AND o.member_id = p.loser_id)
            OR t.ref_type = 'refund' AND EXISTS (
                SELECT 1 FROM members_refund r JOIN members_order o ON o.id = r.order_id
                WHERE r.id = t.ref_id AND o.member_id = p.loser_id)
        )
        RETURNING p.id AS merge_id, t.book_id, t.kind, t.amount, t.owed
    )
    {NOTE} SELECT merge_id, 'later', book_id, jsonb_build_object(
        'balance', sum(amount), 'debt', sum(owed), 'version', count(*),
        'earned', COALESCE(sum(amount) FILTER (WHERE (amount > 0) <> (kind = 'reverse')), 0),
        'spent', COALESCE(-sum(amount) FILTER (WHERE kind <> 'expire' AND (amount > 0) = (kind = 'reverse')), 0),
        'expired', COALESCE(-sum(amount) FILTER (WHERE kind = 'expire'), 0))
    FROM moved GROUP BY 1, 3
"""  # noqa: S608 -- constants only
LOTS_OF_ENTRIES = f"""
    WITH {PAIRS} UPDATE loyalty_lot t SET member_id = p.loser_id FROM pairs p
    WHERE t.member_id = p.winner_id
      AND EXISTS (SELECT 1 FROM loyalty_entry e WHERE e.member_id = p.loser_id AND e.id = t.entry_id)
"""  # noqa: S608 -- constants only
# Who ate whose lots while they were one: what a spend gave back since (latest expiry first) is not counted.
FORGET_CROSSED = "DROP TABLE IF EXISTS crossed"
CROSSED = f"""
    CREATE TEMP TABLE crossed ON COMMIT DROP AS
    WITH {PAIRS}, ate AS (
        SELECT e.member_id, e.book_id, c.entry_id, c.lot_id, c.amount, l.member_id AS lot_member_id,
            sum(c.amount) OVER (PARTITION BY c.entry_id ORDER BY l.expires_at DESC NULLS FIRST, l.id DESC) AS reach,
            COALESCE((SELECT sum(b.amount) FROM loyalty_entry b WHERE b.member_id = e.member_id AND b.reverses_id = e.id
                AND b.kind = 'reverse' AND b.amount > 0 AND e.amount < 0), 0) AS given_back
        FROM pairs p JOIN loyalty_entry e ON e.member_id IN (p.winner_id, p.loser_id)
        JOIN loyalty_consume c ON c.entry_id = e.id JOIN loyalty_lot l ON l.id = c.lot_id
    )
    SELECT member_id, book_id, entry_id, lot_id,
        amount - LEAST(amount, GREATEST(given_back - (reach - amount), 0)) AS amount
    FROM ate WHERE member_id <> lot_member_id
"""  # noqa: S608 -- constants only
PUT_BACK = """
    UPDATE loyalty_lot l SET remaining = l.remaining + c.amount
    FROM (SELECT lot_id, sum(amount) AS amount FROM crossed GROUP BY 1) c WHERE c.lot_id = l.id
"""
UNEAT = "DELETE FROM loyalty_consume e USING crossed c WHERE (e.entry_id, e.lot_id) = (c.entry_id, c.lot_id)"
EAT_OWN = """
    WITH asked AS (
        SELECT member_id, book_id, entry_id, sum(amount) AS amount,
            sum(sum(amount)) OVER (PARTITION BY member_id, book_id ORDER BY entry_id) AS reach
        FROM crossed GROUP BY 1, 2, 3
    ),
    held AS (
        SELECT l.member_id, l.book_id, l.id, l.remaining,
            sum(l.remaining) OVER (PARTITION BY l.member_id, l.book_id ORDER BY l.expires_at NULLS LAST, l.id) AS reach
        FROM loyalty_lot l WHERE l.remaining > 0 AND (l.member_id, l.book_id) IN (SELECT member_id, book_id FROM crossed)
    ),
    bites AS (
        SELECT asked.entry_id, held.id AS lot_id,
            LEAST(asked.reach, held.reach) - GREATEST(asked.reach - asked.amount, held.reach - held.remaining) AS amount
        FROM asked JOIN held USING (member_id, book_id)
        WHERE asked.reach > held.reach - held.remaining AND held.reach > asked.reach - asked.amount
    ),
    shrunk AS (
        UPDATE loyalty_lot l SET remaining = l.remaining - b.amount
        FROM (SELECT lot_id, sum(amount) AS amount FROM bites GROUP BY 1) b WHERE b.lot_id = l.id
    )
    INSERT INTO loyalty_consume AS held (entry_id, lot_id, amount) SELECT entry_id, lot_id, amount FROM bites
    ON CONFLICT (entry_id, lot_id) DO UPDATE SET amount = held.amount + EXCLUDED.amount
"""
# The loser's share of each account leaves the winner's. A side below zero, in points or in debt, gets what is missing as
# points and as debt at once: its worth stays what it is, and nothing stands below zero.
PART = f"""
    WITH {PAIRS}, share AS (
        SELECT p.id, p.winner_id, p.loser_id, r.key::smallint AS book_id,
            sum((r.before ->> 'balance')::bigint) AS balance, sum((r.before ->> 'debt')::bigint) AS debt,
            sum((r.before ->> 'earned')::bigint) AS earned, sum((r.before ->> 'spent')::bigint) AS spent,
            sum((r.before ->> 'expired')::bigint) AS expired, sum((r.before ->> 'version')::int) AS version
        FROM pairs p JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind IN ('account', 'later')
        GROUP BY 1, 2, 3, 4
    ),
    sides AS (
        SELECT id, loser_id AS member_id, book_id, balance, debt, earned, spent, expired, version, true AS is_loser
        FROM share
        UNION ALL
        SELECT s.id, s.winner_id, s.book_id, a.balance - s.balance, a.debt - s.debt, a.earned - s.earned,
            a.spent - s.spent, a.expired - s.expired, a.version - s.version, false
        FROM share s JOIN loyalty_account a ON a.member_id = s.winner_id AND a.book_id = s.book_id
    ),
    due AS (
        SELECT sides.*, b.asset = 'points' AS has_lots, GREATEST(0, -balance, -debt)::bigint AS lacks,
            CASE WHEN balance < 0 OR debt < 0 THEN nextval('loyalty_entry_id_seq') END AS entry_id
        FROM sides JOIN loyalty_book b ON b.id = sides.book_id
    ),
    entry AS (
        INSERT INTO loyalty_entry (id, member_id, book_id, kind, amount, owed, balance_after, idem, ref_type, ref_id,
            reason, by_id, occurred_at, posted_at)
        SELECT entry_id, member_id, book_id, 'adjust', lacks, lacks, balance + lacks,
            'unmerge:' || id || ':' || member_id || ':' || book_id, 'merge', id, %(reason)s, %(by)s, %(now)s, now()
        FROM due WHERE lacks > 0
    ),
    lot AS (
        INSERT INTO loyalty_lot (member_id, book_id, entry_id, amount, remaining, valid_from, expires_at)
        SELECT member_id, book_id, entry_id, balance + lacks - GREATEST(balance, 0),
            balance + lacks - GREATEST(balance, 0), %(now)s,
            (SELECT max(expires_at) FROM loyalty_lot l WHERE l.member_id = due.member_id AND l.book_id = due.book_id)
        FROM due WHERE lacks > 0 AND has_lots AND balance + lacks > GREATEST(balance, 0)
    ),
    opened AS (
        INSERT INTO loyalty_account (member_id, book_id, {SUMS})
        SELECT member_id, book_id, balance + lacks, earned + lacks, spent, expired, debt + lacks,
            version + (lacks > 0)::int FROM due WHERE is_loser
    )
    UPDATE loyalty_account a SET balance = d.balance + d.lacks, earned = d.earned + d.lacks, spent = d.spent,
        expired = d.expired, debt = d.debt + d.lacks, version = d.version + (d.lacks > 0)::int
    FROM due d WHERE NOT d.is_loser AND a.member_id = d.member_id AND a.book_id = d.book_id
"""  # noqa: S608 -- constants only
# What the winner had only through the loser ends, unless something of the winner's own came in meanwhile.
END_ACCOUNTS = f"""
    WITH {PAIRS} DELETE FROM loyalty_account a USING pairs p
    JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'account' AND (r.before ->> 'is_new')::boolean
    WHERE a.member_id = p.winner_id AND a.book_id = r.key
      AND NOT EXISTS (SELECT 1 FROM loyalty_entry e WHERE e.member_id = p.winner_id AND e.book_id = r.key)
"""  # noqa: S608 -- constants only
END_STANDINGS = f"""
    WITH {PAIRS} DELETE FROM loyalty_standing s USING pairs p
    JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'standing' AND r.before -> 'winner' = 'null'
    WHERE s.member_id = p.winner_id AND s.program_id = r.key AND NOT EXISTS (
        SELECT 1 FROM loyalty_account a JOIN loyalty_book b ON b.id = a.book_id
        WHERE a.member_id = p.winner_id AND b.program_id = r.key)
"""  # noqa: S608 -- constants only
OLD_STANDINGS = f"""
    WITH {PAIRS} UPDATE loyalty_standing s SET tier_id = (r.before -> 'winner' ->> 'tier_id')::bigint,
        since = (r.before -> 'winner' ->> 'since')::timestamptz
    FROM pairs p JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'standing' AND r.before -> 'winner' <> 'null'
    WHERE s.member_id = p.winner_id AND s.program_id = r.key
"""  # noqa: S608 -- constants only
STANDINGS_BACK = f"""
    WITH {PAIRS} INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
    SELECT p.loser_id, r.key, (r.before ->> 'tier_id')::bigint, (r.before ->> 'since')::timestamptz,
        (r.before ->> 'joined_at')::timestamptz
    FROM pairs p JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'standing'
"""  # noqa: S608 -- constants only
DROP_TIERS = f"""
    WITH {PAIRS} DELETE FROM loyalty_tierchange t USING pairs p
    JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'tier_change' WHERE t.id = r.key
"""  # noqa: S608 -- constants only


def move(merges: Sequence[int]) -> dict[int, dict[str, int]]:
    """Hand the losers' ledgers, coupons and standings to the winners; rows by merge and table."""
    moved: dict[int, dict[str, int]] = {pk: {} for pk in merges}
    for table in MOVES:
        for pk, count in rows(MOVE.replace("@table", table), merges):
            moved[pk][table] = count
    close = [CLOSE.replace("@table", table) for table in ADDS]
    run([NOTE_ACCOUNTS, ADD_ACCOUNTS, NOTE_STANDINGS, HAND_STANDINGS, *close], merges)
    return moved


def note_tiers(merges: Sequence[int]) -> None:
    """Keep in mind which moves on the ladder the merges themselves made: they end with them."""
    run([NOTE_TIERS], merges)


def move_back(merges: Sequence[int], *, by_id: int | None, now: datetime) -> None:
    """Part the ledgers, coupons and standings again."""
    run([*[BACK.replace("@table", table) for table in MOVES], LATER, LOTS_OF_ENTRIES], merges)
    run([FORGET_CROSSED, CROSSED, PUT_BACK, UNEAT, EAT_OWN], merges)
    run([PART], merges, by=by_id, now=now, reason=_("Parted by an un-merge"))
    run([END_ACCOUNTS, END_STANDINGS, OLD_STANDINGS, STANDINGS_BACK, DROP_TIERS], merges)
