"""What members own moves from one record to another and back, some statements for any number of pairs. Inner.

``loyalty.services.merging`` is the door: it has locked the people, their orders and their accounts. ``MOVES`` and
``KEEPS`` sort every table that knows a member; a test refuses one that is missing. See docs/identity.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from ..queries.consents import HOLDS as HOLDS_OF
from . import prospects
from .arrays import numbers

HOLDS = HOLDS_OF.replace("@medium", "a.asked")
# Tables whose rows move whole: the row itself says whom it came as.
MOVES = (
    "members_identity", "members_order", "members_event", "members_consent", "members_storebinding",
    "members_membertag", "members_privacyrequest",
)  # fmt: skip
# Tables that know a member and stay as they are: the merges themselves, and what was asked about pairs.
KEEPS = ("members_merge", "members_member", "members_matchcase", "members_assist")

PAIRS = "pairs AS (SELECT id, winner_id, loser_id, at FROM members_merge WHERE id = ANY(%(ids)s::bigint[]))"
# everybody whose facts go back with the loser: the loser, and who had been merged into the loser before
SIDES = f"""{PAIRS}, sides AS (
    SELECT id, winner_id, loser_id, loser_id AS came_as FROM pairs
    UNION ALL
    SELECT p.id, p.winner_id, p.loser_id, r.key FROM pairs p JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'along'
)"""  # noqa: S608 -- constants only
NOTE = "INSERT INTO members_mergedrow (merge_id, kind, key, before)"

ALONG = f"""
    WITH {PAIRS} {NOTE} SELECT p.id, 'along', m.id, '{{}}' FROM members_member m JOIN pairs p ON m.merged_into_id = p.loser_id
"""  # noqa: S608 -- constants only
INTO = f"""
    WITH {PAIRS} UPDATE members_member m SET merged_into_id = p.winner_id FROM pairs p
    WHERE m.merged_into_id = p.loser_id OR m.id = p.loser_id
"""  # noqa: S608 -- constants only
OUT_OF = f"""
    WITH {SIDES} UPDATE members_member m SET merged_into_id = NULLIF(s.loser_id, m.id) FROM sides s
    WHERE m.id = s.came_as AND m.merged_into_id = s.winner_id
"""  # noqa: S608 -- constants only
MOVE = f"""
    WITH {PAIRS}, moved AS (
        UPDATE @table t SET member_id = p.winner_id, came_as = COALESCE(t.came_as, p.loser_id) FROM pairs p
        WHERE t.member_id = p.loser_id RETURNING p.id
    )
    SELECT id, count(*) FROM moved GROUP BY id
"""  # noqa: S608 -- constants only
BACK = f"""
    WITH {SIDES} UPDATE @table t SET member_id = s.loser_id, came_as = NULLIF(t.came_as, s.loser_id) FROM sides s
    WHERE t.member_id = s.winner_id AND t.came_as = s.came_as
"""  # noqa: S608 -- constants only
# An order's events need no mark of their own: they follow their order.
EVENTS_OF_ORDERS_BACK = f"""
    WITH {PAIRS} UPDATE members_event t SET member_id = p.loser_id FROM pairs p
    WHERE t.member_id = p.winner_id AND t.came_as IS NULL AND t.kind IN ('order.paid', 'order.refunded')
      AND EXISTS (SELECT 1 FROM members_order o WHERE o.id = (t.data ->> 'order')::bigint 
        AND p.loser_id IN (o.member_id, o.prospect_id))
"""  # noqa: S608 -- constants only

# --- what both have, and only one can keep ---------------------------------------------------------------
# The winner's own words stay; an empty field is filled from the loser. The loser's row is never touched.
FILLED = f"""
    WITH {PAIRS} {NOTE}
    SELECT p.id, 'profile', w.id, jsonb_build_object('fields', array_remove(ARRAY[
        CASE WHEN w.name = '' AND l.name <> '' THEN 'name' END,
        CASE WHEN w.gender = '' AND l.gender <> '' THEN 'gender' END,
        CASE WHEN w.birthday IS NULL AND l.birthday IS NOT NULL THEN 'birthday' END,
        CASE WHEN w.note = '' AND l.note <> '' THEN 'note' END,
        CASE WHEN w.latitude IS NULL AND l.latitude IS NOT NULL THEN 'place' END,
        CASE WHEN w.home_store_id IS NULL AND l.home_store_id IS NOT NULL THEN 'home' END,
        CASE WHEN w.restricted_at IS NULL AND l.restricted_at IS NOT NULL THEN 'restricted' END
    ], NULL))
    FROM pairs p JOIN members_member w ON w.id = p.winner_id JOIN members_member l ON l.id = p.loser_id
"""  # noqa: S608 -- constants only
FROM_FILLED = """
    FROM pairs p JOIN members_member l ON l.id = p.loser_id JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'profile'
"""
FILL = f"""
    WITH {PAIRS} UPDATE members_member w SET
        name = CASE WHEN r.before -> 'fields' ? 'name' THEN l.name ELSE w.name END,
        gender = CASE WHEN r.before -> 'fields' ? 'gender' THEN l.gender ELSE w.gender END,
        birthday = CASE WHEN r.before -> 'fields' ? 'birthday' THEN l.birthday ELSE w.birthday END,
        note = CASE WHEN r.before -> 'fields' ? 'note' THEN l.note ELSE w.note END,
        latitude = CASE WHEN r.before -> 'fields' ? 'place' THEN l.latitude ELSE w.latitude END,
        longitude = CASE WHEN r.before -> 'fields' ? 'place' THEN l.longitude ELSE w.longitude END,
        home_store_id = CASE WHEN r.before -> 'fields' ? 'home' THEN l.home_store_id ELSE w.home_store_id END,
        associate_id = CASE WHEN r.before -> 'fields' ? 'home' THEN l.associate_id ELSE w.associate_id END,
        restricted_at = CASE WHEN r.before -> 'fields' ? 'restricted' THEN l.restricted_at ELSE w.restricted_at END
    {FROM_FILLED} WHERE w.id = p.winner_id AND r.before -> 'fields' <> '[]'
"""  # noqa: S608 -- constants only
# What was filled is emptied, unless somebody has written something else there since.
EMPTY = f"""
    WITH {PAIRS} UPDATE members_member w SET
        name = CASE WHEN r.before -> 'fields' ? 'name' AND w.name = l.name THEN '' ELSE w.name END,
        gender = CASE WHEN r.before -> 'fields' ? 'gender' AND w.gender = l.gender THEN '' ELSE w.gender END,
        birthday = CASE WHEN r.before -> 'fields' ? 'birthday' AND w.birthday = l.birthday THEN NULL ELSE w.birthday END,
        note = CASE WHEN r.before -> 'fields' ? 'note' AND w.note = l.note THEN '' ELSE w.note END,
        latitude = CASE WHEN r.before -> 'fields' ? 'place' AND (w.latitude, w.longitude) = (l.latitude, l.longitude)
            THEN NULL ELSE w.latitude END,
        longitude = CASE WHEN r.before -> 'fields' ? 'place' AND (w.latitude, w.longitude) = (l.latitude, l.longitude)
            THEN NULL ELSE w.longitude END,
        home_store_id = CASE WHEN r.before -> 'fields' ? 'home' AND w.home_store_id = l.home_store_id THEN NULL
            ELSE w.home_store_id END,
        associate_id = CASE WHEN r.before -> 'fields' ? 'home' AND w.home_store_id = l.home_store_id THEN NULL
            ELSE w.associate_id END,
        restricted_at = CASE WHEN r.before -> 'fields' ? 'restricted' AND w.restricted_at = l.restricted_at THEN NULL
            ELSE w.restricted_at END
    {FROM_FILLED} WHERE w.id = p.winner_id AND r.before -> 'fields' <> '[]'
"""  # noqa: S608 -- constants only
# One link to a store is open at a time: the loser's ends unless the winner belongs nowhere.
OPEN_LINKS = f"""
    WITH {PAIRS} {NOTE} SELECT p.id, 'binding', b.id, '{{}}' FROM members_storebinding b JOIN pairs p ON b.member_id = p.loser_id
    WHERE b.ended_at IS NULL
"""  # noqa: S608 -- constants only
END_LINKS = f"""
    WITH {PAIRS} UPDATE members_storebinding b SET ended_at = p.at FROM pairs p JOIN members_member w ON w.id = p.winner_id
    WHERE b.member_id = p.loser_id AND b.ended_at IS NULL AND (w.home_store_id IS NOT NULL OR EXISTS (
        SELECT 1 FROM members_storebinding o WHERE o.member_id = p.winner_id AND o.ended_at IS NULL))
"""  # noqa: S608 -- constants only
REOPEN_LINKS = f"""
    WITH {PAIRS} UPDATE members_storebinding b SET ended_at = NULL FROM pairs p
    JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'binding' WHERE b.id = r.key
"""  # noqa: S608 -- constants only
# A tag that both wear is worn once.
SAME_TAGS = f"""
    WITH {PAIRS}, gone AS (
        DELETE FROM members_membertag t USING pairs p WHERE t.member_id = p.loser_id
          AND EXISTS (SELECT 1 FROM members_membertag w WHERE w.member_id = p.winner_id AND w.tag_id = t.tag_id)
        RETURNING p.id, t.tag_id, t.added_at, t.source, t.came_as
    )
    {NOTE} SELECT id, 'tag', tag_id, jsonb_build_object('added_at', added_at, 'source', source, 'came_as', came_as) FROM gone
"""  # noqa: S608 -- constants only
TAGS_BACK = f"""
    WITH {PAIRS} INSERT INTO members_membertag (member_id, tag_id, added_at, source, came_as)
    SELECT p.loser_id, r.key, (r.before ->> 'added_at')::timestamptz, r.before ->> 'source', (r.before ->> 'came_as')::int
    FROM pairs p JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'tag'
    JOIN members_tag t ON t.id = r.key
    ON CONFLICT DO NOTHING
"""  # noqa: S608 -- constants only
# A no on either side holds for the winner until a new yes. Without joins: nothing is known of the size of its steps,
# and a thousand merges in nested loops took a minute.
RESTRICT = f"""
    WITH {PAIRS}, latest AS (
        SELECT DISTINCT ON (p.id, c.member_id, c.purpose, c.medium) p.id AS merge_id, p.winner_id, p.at AS merged_at, c.*
        FROM pairs p JOIN members_consent c ON c.member_id IN (p.winner_id, p.loser_id)
        ORDER BY p.id, c.member_id, c.purpose, c.medium, c.at DESC, c.id DESC
    ),
    spread AS (
        SELECT l.*, x.medium AS asked
        FROM (SELECT *, array_agg(medium) OVER (PARTITION BY merge_id, purpose) AS mediums FROM latest) l
        CROSS JOIN LATERAL (SELECT DISTINCT medium FROM unnest(l.mediums || 0::smallint) AS y (medium)) x
        WHERE l.medium IN (0, x.medium)
    ),
    told AS (
        SELECT a.merge_id, a.winner_id, a.merged_at, a.purpose, a.asked, a.member_id, max(a.at) AS latest_at,
            {HOLDS} AS is_given
        FROM spread a GROUP BY GROUPING SETS ((1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6))
    ),
    held AS (
        SELECT merge_id, winner_id, merged_at, purpose, asked AS medium, max(latest_at) AS latest_at
        FROM told GROUP BY 1, 2, 3, 4, 5
        HAVING bool_and(is_given) FILTER (WHERE member_id IS NULL)
            AND NOT bool_and(is_given) FILTER (WHERE member_id IS NOT NULL)
    ),
    made AS (
        INSERT INTO members_consent (member_id, purpose, medium, is_given, at, method, evidence)
        SELECT winner_id, purpose, medium, false, GREATEST(merged_at, latest_at), 'merge', 'merge ' || merge_id
        FROM held RETURNING id, member_id
    )
    {NOTE} SELECT p.id, 'consent', made.id, '{{}}' FROM made JOIN pairs p ON p.winner_id = made.member_id
"""  # noqa: S608 -- constants only
UNRESTRICT = f"""
    WITH {PAIRS} DELETE FROM members_consent c USING pairs p JOIN members_mergedrow r ON r.merge_id = p.id AND r.kind = 'consent'
    WHERE c.id = r.key
"""  # noqa: S608 -- constants only

LOCK_ORDERS = """
    SELECT id FROM members_order WHERE member_id = ANY(%s::int[]) ORDER BY channel_id, number FOR UPDATE
"""
LOCK_PEOPLE = "SELECT id, merged_into_id FROM members_member WHERE id = ANY(%s::int[]) ORDER BY id FOR UPDATE"

TO_WINNER = (ALONG, INTO, FILLED, OPEN_LINKS, END_LINKS, FILL, SAME_TAGS, RESTRICT)
TO_LOSER = (OUT_OF, EVENTS_OF_ORDERS_BACK, REOPEN_LINKS, TAGS_BACK, UNRESTRICT, EMPTY)


def lock(losers: Sequence[int], everybody: Sequence[int]) -> dict[int, int | None]:
    """Lock the losers' orders, then the people: into whom each was merged, by id; unknown ids are missing.

    In the order in which refunds and joins lock them; the accounts come after.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ORDERS, [numbers(losers)])
        cursor.execute(LOCK_PEOPLE, [numbers(sorted(everybody))])
        return dict(cursor.fetchall())


def move(merges: Sequence[int]) -> dict[int, dict[str, int]]:
    """Hand all that the losers of these merges own to the winners; rows by merge and table."""
    moved: dict[int, dict[str, int]] = {pk: {} for pk in merges}
    run(TO_WINNER, merges)
    for table in MOVES:
        for pk, count in rows(MOVE.replace("@table", table), merges):
            moved[pk][table] = count
    run([prospects.ORDERS_TO_WINNER], merges)
    return moved


def move_back(merges: Sequence[int]) -> None:
    """Give the losers back what they had, and what came by their identities since."""
    run([BACK.replace("@table", table) for table in MOVES], merges)
    run([*TO_LOSER, prospects.ORDERS_TO_LOSER], merges)


def run(statements: Sequence[str], merges: Sequence[int], **more: Any) -> None:
    """Run statements over these merges, one after the other."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"ids": numbers(merges), **more})


def rows(statement: str, merges: Sequence[int], **more: datetime | int | str) -> list[tuple[Any, ...]]:
    """What a statement over these merges returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"ids": numbers(merges), **more})
        return cursor.fetchall()
