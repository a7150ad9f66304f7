"""What is kept of a member, and the SQL that says it: one text serves the full read, a changed few and one member.

Every source is a SELECT of ``member_id`` and its columns with ``{scope}`` where a limit on members may stand (``AND
m.id = …``); ``key`` is the member's id inside it. Nothing is NULL: what is not known has a value that no rule reaches.

An order counts when it belongs to a member and was not refunded in full; its worth is what was paid less what was given
back, in fen. Days are whole days in the chain's time zone, counted from 1970-01-01.
"""

from __future__ import annotations

from dataclasses import dataclass

NEVER = -1_000_000  # a day that no rule reaches
NOWHERE = 1_000_000_000  # a coordinate (in 0.000001 degree) that is nowhere on earth
DAY = "({at} AT TIME ZONE '{zone}')::date - DATE '1970-01-01'"
COUNTED = "o.member_id IS NOT NULL AND (o.refunded < o.amount OR o.amount = 0)"
# the latest answer about offers for each medium (0: all of them), and whether some medium may bring them
ANSWERS = """SELECT DISTINCT ON (a.member_id, a.medium) a.member_id, a.medium, a.is_given, a.at FROM members_consent a
    WHERE a.purpose = 'marketing' ORDER BY a.member_id, a.medium, a.at DESC, a.id DESC"""
SOME_MEDIUM = """(COALESCE(bool_or(c.is_given) FILTER (WHERE c.medium = 0), false)
    AND count(*) FILTER (WHERE c.medium > 0 AND NOT c.is_given) < 3)
    OR COALESCE(max(c.at) FILTER (WHERE c.medium > 0 AND c.is_given)
        > COALESCE(max(c.at) FILTER (WHERE c.medium = 0), '-infinity'), false)"""
NET = "((o.amount - o.refunded) * 100)::bigint"


@dataclass(frozen=True)
class Column:
    """``default`` stands for members without a row in the source; ``unknown`` is the value of what is not known."""

    name: str
    dtype: str
    sql: str
    default: int = 0
    unknown: int | None = None


@dataclass(frozen=True)
class Source:
    """One SELECT over one table. ``has_all``: every member has exactly one row."""

    name: str
    key: str
    tail: str
    columns: tuple[Column, ...]
    group: str = ""
    has_all: bool = False

    def select(self, *, zone: str, scope: str = "", only: tuple[str, ...] = ()) -> str:
        """The statement; ``scope`` is a condition on ``key`` (write it as ``{key}``), ``only`` picks columns."""
        limit = f" AND {scope.format(key=self.key)}" if scope else ""
        picked = [column for column in self.columns if not only or column.name in only]
        shown = ", ".join(f"{column.sql} AS {column.name}" for column in picked)
        text = f"SELECT {self.key} AS member_id, {shown} {self.tail}{limit} {self.group}"
        return text.replace("{zone}", zone)


def _day(at: str) -> str:
    return DAY.replace("{at}", at)


def _kind(number: int) -> str:
    return f"max((i.kind = {number})::int)"


SOURCES: tuple[Source, ...] = (
    Source(
        "members", "m.id", "FROM members_member m WHERE m.merged_into_id IS NULL AND m.joined_at IS NOT NULL",
        (
            Column("gender", "u1", "CASE m.gender WHEN 'f' THEN 1 WHEN 'm' THEN 2 ELSE 0 END", unknown=0),
            Column("birth", "i4", "COALESCE(to_char(m.birthday, 'YYYYMMDD')::int, 0)", unknown=0),
            Column("birth_month", "u1", "COALESCE(extract(month FROM m.birthday)::int, 0)", unknown=0),
            Column("joined_day", "i4", _day("m.joined_at"), default=NEVER),
            Column("joined_channel", "i4", "COALESCE(m.joined_channel_id, 0)::int", unknown=0),
            Column("home_store", "i4", "COALESCE(m.home_store_id, 0)::int", unknown=0),
            Column("latitude", "i4", f"COALESCE((m.latitude * 1000000)::int, {NOWHERE})", NOWHERE, NOWHERE),
            Column("longitude", "i4", f"COALESCE((m.longitude * 1000000)::int, {NOWHERE})", NOWHERE, NOWHERE),
        ),
        has_all=True,
    ),
    Source(
        "accounts", "a.member_id", "FROM loyalty_account a JOIN loyalty_book b ON b.id = a.book_id WHERE true",
        (
            Column("points", "i8", "COALESCE(sum(a.balance) FILTER (WHERE b.asset = 'points'), 0)::bigint"),
            Column("growth", "i8", "COALESCE(sum(a.balance) FILTER (WHERE b.asset = 'growth'), 0)::bigint"),
        ),
        "GROUP BY a.member_id",
    ),
    Source(
        "orders", "o.member_id", f"FROM members_order o WHERE {COUNTED}",
        (
            Column("order_count", "i4", "count(*)::int"),
            Column("spent", "i8", f"sum({NET})::bigint"),
            Column("last_order_day", "i4", f"max({_day('o.paid_at')})", default=NEVER, unknown=NEVER),
        ),
        "GROUP BY o.member_id",
    ),
    Source(
        "consents", "c.member_id", f"FROM ({ANSWERS}) c WHERE true",
        (Column("marketing_consent", "u1", f"({SOME_MEDIUM})::int"),),
        "GROUP BY c.member_id",
    ),
    Source(
        "identities", "i.member_id", "FROM members_identity i WHERE true",
        (
            Column("has_phone", "u1", _kind(1)),
            Column("has_email", "u1", _kind(5)),
            Column("has_wechat", "u1", "max((i.kind IN (3, 4))::int)"),
        ),
        "GROUP BY i.member_id",
    ),
)  # fmt: skip
COLUMNS: dict[str, Column] = {column.name: column for source in SOURCES for column in source.columns}
SOURCE_OF: dict[str, Source] = {column.name: source for source in SOURCES for column in source.columns}

# one row for each (member, programme)
STANDINGS = "SELECT s.member_id, s.program_id::int, s.tier_id::int FROM loyalty_standing s WHERE true{scope}"
TAGGED = "SELECT t.member_id, t.tag_id::int FROM members_membertag t WHERE true{scope}"
# An order once, under category 0, then once for each category of its lines. A refund takes from every line in proportion:
# floor(line * net / amount) fen for each line; a line below zero counts as zero.
LINE = "(GREATEST(l.amount, 0) * 100)::bigint"
LINE_NET = f"COALESCE({LINE} * {NET} / NULLIF((o.amount * 100)::bigint, 0), 0)"
# an order that no longer counts is nobody's: ``{counted}`` limits a full read, a read of changes has to learn of it
OWNER = f"CASE WHEN {COUNTED} THEN o.member_id ELSE 0 END AS member_id"
ENTRY = f"o.id AS order_id, {OWNER}, {_day('o.paid_at')} AS day, o.store_id::int, o.channel_id::int"
ENTRY_TYPES = {
    "category": "i4", "order": "i8", "member": "i4", "day": "i4", "store": "i4", "channel": "i4", "fen": "i8",
}  # fmt: skip
WHOLE_ORDERS = f"SELECT 0::int AS category, {ENTRY}, {NET} AS fen FROM members_order o WHERE {{scope}}"  # noqa: S608 -- constants
# ``%(names)s`` holds every category in the order of its code, from 1; -1 is one that is not among them
ORDER_PARTS = f"""
    SELECT p.code AS category, {ENTRY}, sum({LINE_NET})::bigint AS fen
    FROM members_order o JOIN members_orderline l ON l.order_id = o.id
    JOIN (
        SELECT q.id, COALESCE(k.code, -1)::int AS code
        FROM members_product q LEFT JOIN unnest(%(names)s::text[]) WITH ORDINALITY AS k (name, code) ON k.name = q.category
        WHERE q.category <> ''
    ) p ON p.id = l.product_id
    WHERE {{scope}}
    GROUP BY o.id, p.code"""  # noqa: S608 -- constants


def entries(sql: str, *, zone: str, scope: str) -> str:
    """``WHOLE_ORDERS`` or ``ORDER_PARTS`` for the orders of a condition on ``o``."""
    return sql.replace("{zone}", zone).replace("{scope}", scope)
