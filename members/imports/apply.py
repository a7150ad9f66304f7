"""One chunk of planned members → rows, in the chunk's own transaction. Identities go first: they decide races."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from ..models import ImportRun
from ..rules.binding import Why
from ..rules.numbers import number_of
from ..services import arrays, events
from . import match
from .staging import run_sql


class Raced(Exception):
    """Somebody else took an identity since the plan was made: match this chunk again."""


@dataclass(frozen=True)
class Chunk:
    """Rows ``first_row``..``last_row`` of a run; ``is_retry`` when a race sent it back."""

    first_row: int
    last_row: int
    is_retry: bool = False


CHUNK = """
    CREATE TEMP TABLE chunk ON COMMIT DROP AS
    SELECT p.action, p.target_id AS member_id, p.known, p.store_id, NULL::text AS number, s.*
    FROM members_importplan p JOIN @stage s USING (row_no)
    WHERE p.run_id = %(run)s AND p.row_no BETWEEN %(first)s AND %(last)s AND p.action <> 3
"""
DRAW = """
    SELECT row_no, nextval(pg_get_serial_sequence('members_member', 'id')) FROM (
        SELECT row_no FROM chunk WHERE action = 1 ORDER BY row_no
    ) fresh
"""
NAME = """
    UPDATE chunk SET member_id = n.id, number = n.number
    FROM unnest(%(rows)s::int[], %(ids)s::int[], %(numbers)s::text[]) AS n (row_no, id, number)
    WHERE chunk.row_no = n.row_no
"""
IDENTS = """
    CREATE TEMP TABLE chunk_ident ON COMMIT DROP AS
    SELECT s.row_no, s.member_id, x.kind, x.value FROM chunk s, @identities WHERE x.value IS NOT NULL
"""
CLAIM = """
    INSERT INTO members_identity (kind, value, member_id, is_verified, added_at, channel_id)
    SELECT kind, value, member_id, false, %(now)s, NULL FROM chunk_ident ORDER BY kind, value
    ON CONFLICT (kind, value) DO NOTHING
"""
EXPECTED = "SELECT (SELECT count(*) FROM chunk_ident) - (SELECT COALESCE(sum(known), 0) FROM chunk)"
STRANGERS = """
    SELECT count(*) FROM chunk_ident i JOIN members_identity o ON o.kind = i.kind AND o.value = i.value
    WHERE o.member_id <> i.member_id
"""
MEMBERS = """
    INSERT INTO members_member (id, number, name, gender, birthday, language, note, home_store_id, joined_at,
        created_at, updated_at)
    SELECT member_id, number, COALESCE(name, ''), COALESCE(gender, ''), birthday, 'zh-hans', COALESCE(note, ''),
        store_id, COALESCE(joined::timestamp AT TIME ZONE %(zone)s, %(now)s), %(now)s, %(now)s
    FROM chunk WHERE action = 1 ORDER BY member_id
"""
FILL_BLANKS = """
    UPDATE members_member m SET
        name = CASE WHEN m.name = '' THEN COALESCE(c.name, '') ELSE m.name END,
        gender = CASE WHEN m.gender = '' THEN COALESCE(c.gender, '') ELSE m.gender END,
        birthday = COALESCE(m.birthday, c.birthday),
        note = CASE WHEN m.note = '' THEN COALESCE(c.note, '') ELSE m.note END,
        home_store_id = COALESCE(m.home_store_id, c.store_id),
        updated_at = %(now)s
    FROM chunk c
    WHERE c.action = 2 AND m.id = c.member_id AND (
        (m.name = '' AND c.name IS NOT NULL) OR (m.gender = '' AND c.gender IS NOT NULL)
        OR (m.birthday IS NULL AND c.birthday IS NOT NULL) OR (m.note = '' AND c.note IS NOT NULL)
        OR (m.home_store_id IS NULL AND c.store_id IS NOT NULL)
    )
"""
# A prospect whom the file names is a member from then on, with what they bought before.
TAKE_IN = """
    WITH came AS (
        UPDATE members_member m SET joined_at = COALESCE(c.joined::timestamp AT TIME ZONE %(zone)s, %(now)s)
        FROM chunk c WHERE c.action = 2 AND m.id = c.member_id AND m.joined_at IS NULL
        RETURNING m.id, c.row_no, c.store_id
    ),
    bought AS (
        UPDATE members_order o SET member_id = o.prospect_id FROM came
        WHERE o.prospect_id = came.id AND o.member_id IS NULL
    )
    INSERT INTO members_event (kind, member_id, at, store_id, data)
    SELECT 'member.imported', id, %(now)s, store_id, jsonb_build_object('run', %(run)s::bigint, 'row', row_no, 'before', true)
    FROM came ORDER BY id
    RETURNING id, kind
"""
BIND = """
    WITH bound AS (
        INSERT INTO members_storebinding (member_id, store_id, bound_at, reason)
        SELECT c.member_id, c.store_id, %(now)s, %(reason)s FROM chunk c
        WHERE c.store_id IS NOT NULL AND (c.action = 1 OR NOT EXISTS (
            SELECT 1 FROM members_storebinding b WHERE b.member_id = c.member_id AND b.ended_at IS NULL
        ))
        ON CONFLICT DO NOTHING
        RETURNING member_id, store_id
    )
    INSERT INTO members_event (kind, member_id, at, store_id, data)
    SELECT 'member.bound', member_id, %(now)s, store_id,
        jsonb_build_object('reason', %(reason)s::text, 'associate', NULL::bigint, 'code', '')
    FROM bound ORDER BY member_id
    RETURNING id, kind
"""
TAG_WORDS = """
    INSERT INTO members_tag (name, name_en, "group", description, created_at)
    SELECT DISTINCT word, '', '', '', %(now)s::timestamptz
    FROM members_importplan p JOIN @stage s USING (row_no), unnest(s.tags) AS word
    WHERE p.run_id = %(run)s AND p.action <> 3 AND NOT EXISTS (SELECT 1 FROM members_tag t WHERE t.name = word)
    ORDER BY word
    ON CONFLICT (name) DO NOTHING
"""
TAGS = """
    INSERT INTO members_membertag (member_id, tag_id, added_at, source)
    SELECT DISTINCT c.member_id, t.id, %(now)s::timestamptz, %(source)s
    FROM chunk c, unnest(c.tags) AS word JOIN members_tag t ON t.name = word
    ON CONFLICT (member_id, tag_id) DO NOTHING
"""
# An old yes is never written over a no; without a stated source and evidence nobody becomes willing.
CONSENTS = """
    INSERT INTO members_consent (member_id, purpose, is_given, at, method, store_id, evidence)
    SELECT c.member_id, 'marketing', c.marketing = 1, %(now)s, 'import', c.store_id,
        CASE WHEN c.marketing = 1 THEN %(evidence)s ELSE '' END
    FROM chunk c
    LEFT JOIN LATERAL (
        SELECT is_given, medium FROM members_consent k WHERE k.member_id = c.member_id AND k.purpose = 'marketing'
        ORDER BY k.at DESC, k.id DESC LIMIT 1
    ) held ON true
    WHERE (c.marketing = 1 AND %(evidence)s <> '' AND held.is_given IS NULL)
        OR (c.marketing = 0 AND (held.is_given, held.medium) IS DISTINCT FROM (false, 0::smallint))
"""
LINEAGE = """
    UPDATE members_importplan p SET target_id = c.member_id FROM chunk c
    WHERE p.run_id = %(run)s AND p.row_no = c.row_no AND c.action = 1
"""
# Told before the rows are written, so that the fields which fill a blank can be named: where each value came from.
EVENTS = """
    INSERT INTO members_event (kind, member_id, at, store_id, data)
    SELECT CASE c.action WHEN 1 THEN 'member.imported' ELSE 'member.edited' END, c.member_id, %(now)s, c.store_id,
        jsonb_build_object('run', %(run)s::bigint, 'row', c.row_no, 'fields', to_jsonb(array_remove(ARRAY[
            CASE WHEN c.name IS NOT NULL AND COALESCE(m.name, '') = '' THEN 'name' END,
            CASE WHEN c.gender IS NOT NULL AND COALESCE(m.gender, '') = '' THEN 'gender' END,
            CASE WHEN c.birthday IS NOT NULL AND m.birthday IS NULL THEN 'birthday' END,
            CASE WHEN c.note IS NOT NULL AND COALESCE(m.note, '') = '' THEN 'note' END,
            CASE WHEN c.store_id IS NOT NULL AND m.home_store_id IS NULL THEN 'home_store' END,
            CASE WHEN c.action = 1 THEN 'language' END
        ], NULL)))
    FROM chunk c LEFT JOIN members_member m ON m.id = c.member_id AND c.action = 2 ORDER BY c.member_id
    RETURNING id, kind
"""

# --- a chunk whose plan went stale: match its rows once more -----------------------------------------------
AGAIN = """
    CREATE TEMP TABLE import_ident ON COMMIT DROP AS
    SELECT s.row_no, x.kind, x.value
    FROM members_importplan p JOIN @stage s USING (row_no), @identities
    WHERE p.run_id = %(run)s AND p.row_no BETWEEN %(first)s AND %(last)s AND x.value IS NOT NULL
"""
TAKEN_BEFORE = """
    INSERT INTO members_importproblem (run_id, row_no, field, code, raw, other_row)
    SELECT %(run)s, m.row_no, 'row', 'same_member', '', min(p.row_no)
    FROM import_match m JOIN members_importplan p
        ON p.run_id = %(run)s AND p.target_id = m.member_id AND p.row_no <> m.row_no
    JOIN members_importplan own ON own.run_id = %(run)s AND own.row_no = m.row_no
    WHERE m.n = 1 AND own.target_id IS DISTINCT FROM m.member_id
    GROUP BY m.row_no
    ON CONFLICT DO NOTHING
"""
REPLAN = """
    UPDATE members_importplan p SET
        action = CASE WHEN m.member_id IS NULL THEN 1 ELSE 2 END, target_id = m.member_id, known = COALESCE(m.known, 0)
    FROM @stage s LEFT JOIN import_match m USING (row_no)
    WHERE p.run_id = %(run)s AND p.row_no = s.row_no AND p.row_no BETWEEN %(first)s AND %(last)s
        AND (p.target_id IS DISTINCT FROM m.member_id OR p.known <> COALESCE(m.known, 0))
"""
UNPLAN = """
    DELETE FROM members_importplan p USING members_importproblem x
    WHERE p.run_id = %(run)s AND x.run_id = p.run_id AND x.row_no = p.row_no
        AND p.row_no BETWEEN %(first)s AND %(last)s
"""


def rematch(cursor: CursorWrapper, run: ImportRun, chunk: Chunk) -> None:
    """Look again who owns the identities of this chunk, and plan its rows anew."""
    words: dict[str, Any] = {"first": chunk.first_row, "last": chunk.last_row}
    match.forget_matches(cursor)
    run_sql(cursor, AGAIN.replace("@identities", match.IDENTITIES), run, **words)
    run_sql(cursor, match.MATCH, run)
    run_sql(cursor, match.CONFLICTS, run)
    run_sql(cursor, match.SAME_MEMBER, run)
    run_sql(cursor, TAKEN_BEFORE, run)
    run_sql(cursor, UNPLAN, run, **words)
    run_sql(cursor, REPLAN, run, **words)
    match.finish(cursor, run)


def tag_words(cursor: CursorWrapper, run: ImportRun, *, now: datetime) -> None:
    """Put the file's new tags into the dictionary, before the chunks: none of them waits for another then."""
    run_sql(cursor, TAG_WORDS, run, now=now)


def members(cursor: CursorWrapper, run: ImportRun, chunk: Chunk, *, now: datetime) -> None:
    """Write the chunk's members, identities, bindings, tags and consents; leaves them in the temp table ``chunk``.

    Raises Raced when an identity went to somebody else since the plan; nothing of the chunk may be kept then.
    """
    if chunk.is_retry:
        rematch(cursor, run, chunk)
    cursor.execute("DROP TABLE IF EXISTS chunk, chunk_ident")
    run_sql(cursor, CHUNK, run, first=chunk.first_row, last=chunk.last_row)
    _draw_ids(cursor, run)
    cursor.execute("ANALYZE chunk (row_no, action, member_id, store_id)")
    claim(cursor, run, now=now)
    run_sql(cursor, EVENTS, run, now=now)
    told = cursor.fetchall()
    common: dict[str, Any] = {"now": now, "zone": settings.TIME_ZONE}
    run_sql(cursor, MEMBERS, run, **common)
    run_sql(cursor, TAKE_IN, run, **common)
    events.deliver(cursor.fetchall())
    run_sql(cursor, FILL_BLANKS, run, **common)
    run_sql(cursor, BIND, run, reason=str(Why.IMPORTED), **common)
    bound = cursor.fetchall()
    run_sql(cursor, TAGS, run, source=f"import:{run.pk}", **common)
    run_sql(cursor, CONSENTS, run, evidence=evidence(run), **common)
    run_sql(cursor, LINEAGE, run)
    events.deliver(told + bound)


def claim(cursor: CursorWrapper, run: ImportRun, *, now: datetime) -> None:
    """Take the chunk's identities. Raises Raced when one of them belongs to another member than planned."""
    run_sql(cursor, IDENTS.replace("@identities", match.IDENTITIES), run)
    claimed = run_sql(cursor, CLAIM, run, now=now)
    cursor.execute(EXPECTED)
    if claimed != cursor.fetchone()[0] and has_strangers(cursor):
        raise Raced


def has_strangers(cursor: CursorWrapper) -> bool:
    """The race check: an identity of this chunk belongs to another member than its row's."""
    cursor.execute(STRANGERS)
    return cursor.fetchone()[0] > 0


def evidence(run: ImportRun) -> str:
    """What stands beside an imported yes: where it was given and what proves it; empty when not stated."""
    if not (run.consent_source and run.consent_evidence):
        return ""
    return f"{run.consent_source}: {run.consent_evidence}"[:200]


def _draw_ids(cursor: CursorWrapper, run: ImportRun) -> None:
    cursor.execute(DRAW)
    drawn = cursor.fetchall()
    words: Mapping[str, Any] = {
        "rows": arrays.numbers(row for row, _id in drawn),
        "ids": arrays.numbers(number for _row, number in drawn),
        "numbers": arrays.texts(number_of(number) for _row, number in drawn),
    }
    run_sql(cursor, NAME, run, **words)
