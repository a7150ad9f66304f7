"""Set-based checks over the staged rows: dictionaries, duplicates in the file, who is who, what a row changes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db.backends.utils import CursorWrapper

from ..models import ImportRun
from .staging import run_sql

IDENTITIES = """
    LATERAL (VALUES (1::smallint, s.phone), (2::smallint, s.card), (3::smallint, s.openid), (4::smallint, s.unionid))
        AS x (kind, value)
"""
CELL_PROBLEMS = """
    INSERT INTO members_importproblem (run_id, row_no, field, code, raw)
    SELECT %(run)s, s.row_no, split_part(e, ':', 1), split_part(e, ':', 2),
        left(COALESCE((s.raw::json) ->> (%(places)s::jsonb ->> split_part(e, ':', 1))::int, ''), 120)
    FROM @stage s, unnest(s.errs) AS e
    ON CONFLICT DO NOTHING
"""
WORDS = """
    CREATE TEMP TABLE import_word ON COMMIT DROP AS
    SELECT * FROM unnest(%(fields)s::text[], %(keys)s::text[], %(ids)s::bigint[]) AS w (field, key, id)
"""
UNKNOWN_WORD = """
    INSERT INTO members_importproblem (run_id, row_no, field, code, raw)
    SELECT %(run)s, s.row_no, %(field)s, 'unknown_' || %(field)s, left(s.@column, 120)
    FROM @stage s LEFT JOIN import_word w ON w.field = %(field)s AND w.key = lower(s.@column)
    WHERE s.errs IS NULL AND s.@column IS NOT NULL AND w.id IS NULL
    ON CONFLICT DO NOTHING
"""
GOOD = """
    CREATE TEMP TABLE import_ident ON COMMIT DROP AS
    SELECT s.row_no, x.kind, x.value FROM @stage s, @identities
    WHERE x.value IS NOT NULL AND s.errs IS NULL AND NOT EXISTS (
        SELECT 1 FROM members_importproblem p WHERE p.run_id = %(run)s AND p.row_no = s.row_no
    )
"""
DUPLICATES = """
    INSERT INTO members_importproblem (run_id, row_no, field, code, raw, other_row)
    SELECT %(run)s, i.row_no, (ARRAY['phone', 'card', 'openid', 'unionid'])[i.kind], 'duplicate_in_file',
        left(i.value, 120), d.first_row
    FROM (SELECT kind, value, min(row_no) AS first_row FROM import_ident GROUP BY 1, 2 HAVING count(*) > 1) d
    JOIN import_ident i USING (kind, value)
    WHERE i.row_no > d.first_row
    ON CONFLICT DO NOTHING
"""
MATCH = """
    CREATE TEMP TABLE import_match ON COMMIT DROP AS
    SELECT i.row_no, min(o.member_id) AS member_id, count(DISTINCT o.member_id) AS n, count(*) AS known
    FROM import_ident i JOIN members_identity o ON o.kind = i.kind AND o.value = i.value
    GROUP BY 1
"""
CONFLICTS = """
    INSERT INTO members_importproblem (run_id, row_no, field, code, raw)
    SELECT %(run)s, row_no, 'row', 'conflict', '' FROM import_match WHERE n > 1
    ON CONFLICT DO NOTHING
"""
SAME_MEMBER = """
    INSERT INTO members_importproblem (run_id, row_no, field, code, raw, other_row)
    SELECT %(run)s, m.row_no, 'row', 'same_member', '', m.first_row
    FROM (
        SELECT row_no, min(row_no) OVER (PARTITION BY member_id) AS first_row
        FROM import_match m
        WHERE n = 1 AND NOT EXISTS (
            SELECT 1 FROM members_importproblem p WHERE p.run_id = %(run)s AND p.row_no = m.row_no
        )
    ) m
    WHERE m.row_no > m.first_row
    ON CONFLICT DO NOTHING
"""
PLAN = """
    INSERT INTO members_importplan (run_id, row_no, action, target_id, store_id, known)
    SELECT %(run)s, s.row_no, CASE WHEN m.member_id IS NULL THEN 1 ELSE 3 END, m.member_id, w.id,
        COALESCE(m.known, 0)
    FROM @stage s
    LEFT JOIN import_match m USING (row_no)
    LEFT JOIN import_word w ON w.field = 'store' AND w.key = lower(s.store)
    WHERE s.errs IS NULL AND NOT EXISTS (
        SELECT 1 FROM members_importproblem p WHERE p.run_id = %(run)s AND p.row_no = s.row_no
    )
"""
CHANGES = """
    UPDATE members_importplan p SET action = 2
    FROM @stage s, members_member m
    WHERE p.run_id = %(run)s AND p.action = 3 AND s.row_no = p.row_no AND m.id = p.target_id AND (
        m.joined_at IS NULL
        OR (m.name = '' AND s.name IS NOT NULL)
        OR (m.gender = '' AND s.gender IS NOT NULL)
        OR (m.birthday IS NULL AND s.birthday IS NOT NULL)
        OR (m.note = '' AND s.note IS NOT NULL)
        OR (m.home_store_id IS NULL AND p.store_id IS NOT NULL)
        OR p.known < num_nonnulls(s.phone, s.card, s.openid, s.unionid)
        OR EXISTS (
            SELECT 1 FROM unnest(s.tags) AS word WHERE NOT EXISTS (
                SELECT 1 FROM members_membertag mt JOIN members_tag t ON t.id = mt.tag_id
                WHERE mt.member_id = m.id AND t.name = word
            )
        )
        OR (s.marketing = 1 AND %(may_consent)s AND NOT EXISTS (
            SELECT 1 FROM members_consent c WHERE c.member_id = m.id AND c.purpose = 'marketing'
        ))
        OR (s.marketing = 0 AND COALESCE((
            SELECT c.is_given FROM members_consent c WHERE c.member_id = m.id AND c.purpose = 'marketing'
            ORDER BY c.at DESC, c.id DESC LIMIT 1
        ), true))
    )
"""
REJECTS = """
    INSERT INTO members_importreject (run_id, row_no, cells)
    SELECT %(run)s, s.row_no, s.raw::jsonb FROM @stage s
    WHERE EXISTS (SELECT 1 FROM members_importproblem p WHERE p.run_id = %(run)s AND p.row_no = s.row_no)
    ON CONFLICT DO NOTHING
"""
COUNTS = """
    UPDATE members_importrun SET
        rows = (SELECT count(*) FROM members_importreject WHERE run_id = %(run)s) + p.all_rows,
        bad = (SELECT count(*) FROM members_importreject WHERE run_id = %(run)s),
        new = p.new, updated = p.updated, unchanged = p.unchanged
    FROM (
        SELECT count(*) AS all_rows, count(*) FILTER (WHERE action = 1) AS new,
            count(*) FILTER (WHERE action = 2) AS updated, count(*) FILTER (WHERE action = 3) AS unchanged
        FROM members_importplan WHERE run_id = %(run)s
    ) p
    WHERE id = %(run)s
"""
FORGET = [
    "DELETE FROM members_importproblem WHERE run_id = %(run)s",
    "DELETE FROM members_importreject WHERE run_id = %(run)s",
    "DELETE FROM members_importplan WHERE run_id = %(run)s",
    "DELETE FROM members_importchunk WHERE run_id = %(run)s",  # a new plan is applied whole; what is in is found again
]


def cell_problems(cursor: CursorWrapper, run: ImportRun) -> None:
    """What the child's cleaners found, with the cell as it stood. Forgets an earlier plan of the run first."""
    for statement in FORGET:
        run_sql(cursor, statement, run)
    places = {name: index for name, index in run.mapping["columns"].items() if index is not None}
    run_sql(cursor, CELL_PROBLEMS, run, places=json.dumps(places))


def dictionary(cursor: CursorWrapper, run: ImportRun, words: Mapping[str, Mapping[str, int]]) -> None:
    """Put the known words of each column (lower case → id) where SQL can join them."""
    rows = [(field, key, number) for field, known in words.items() for key, number in known.items()]
    fields, keys, ids = (list(part) for part in zip(*rows, strict=True)) if rows else ([], [], [])
    cursor.execute("DROP TABLE IF EXISTS import_word")
    run_sql(cursor, WORDS, run, fields=fields, keys=keys, ids=ids)
    cursor.execute("ANALYZE import_word")


def unknown_words(cursor: CursorWrapper, run: ImportRun, fields: list[str]) -> None:
    """Rows that name a store or tier which the dictionary lacks. ``fields`` are declared columns of the same name."""
    for field in fields:
        run_sql(cursor, UNKNOWN_WORD.replace("@column", field), run, field=field)


def members(cursor: CursorWrapper, run: ImportRun, words: Mapping[str, Mapping[str, int]]) -> None:
    """Plan a file of members: who is new, who is known, which rows contradict each other or the database."""
    forget_matches(cursor)
    cell_problems(cursor, run)
    dictionary(cursor, run, words)
    unknown_words(cursor, run, list(words))
    run_sql(cursor, GOOD.replace("@identities", IDENTITIES), run)
    cursor.execute("ANALYZE import_ident")
    run_sql(cursor, DUPLICATES, run)
    run_sql(cursor, MATCH, run)
    cursor.execute("ANALYZE import_match")
    run_sql(cursor, CONFLICTS, run)
    run_sql(cursor, SAME_MEMBER, run)
    run_sql(cursor, PLAN, run)
    cursor.execute("ANALYZE members_importplan")
    run_sql(cursor, CHANGES, run, may_consent=bool(run.consent_evidence))


def finish(cursor: CursorWrapper, run: ImportRun) -> None:
    """Keep the cells of every row that stays out."""
    run_sql(cursor, REJECTS, run)


def count(cursor: CursorWrapper, run: ImportRun) -> None:
    """Bring the run's figures in line with its plan: rows = new + updated + unchanged + bad."""
    run_sql(cursor, COUNTS, run)
    run.refresh_from_db(fields=["rows", "new", "updated", "unchanged", "bad"])


def forget_matches(cursor: CursorWrapper) -> None:
    """Drop what an earlier match of this transaction left."""
    cursor.execute("DROP TABLE IF EXISTS import_ident, import_match")
