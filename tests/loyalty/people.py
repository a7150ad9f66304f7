"""People with facts of every kind, made in a few statements, and pictures of them that can be compared."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from loyalty.services import ledger_merging, programs
from members.services import merging
from tests.factories import NOON, make_brand, make_channel, make_region, make_staff, make_store

# Traces that a merge leaves on purpose, and that a picture leaves out.
TRACES = "t.kind NOT IN ('member.merged', 'member.unmerged') AND NOT (t.kind = 'tier.changed' AND t.at >= %(since)s)"
MANY = 1_000  # from here on statistics matter: without them, plans are those for empty tables
KEYS = {"members_membertag": "tag_id", "members_identity": "kind, t.value"}


def picture(members, since=NOON) -> dict[int, str]:
    """Each member's rows in every table that a merge touches, as one digest of JSON in the order of keys."""
    tables = [*merging.MOVES, *ledger_merging.MOVES, *ledger_merging.ADDS]
    parts = ["SELECT m.id AS member_id, 'member' AS name, to_jsonb(m) AS row, '' AS place FROM members_member m"]
    for table in tables:
        scope = TRACES if table == "members_event" else "true"
        key = {"loyalty_account": "book_id", "loyalty_standing": "program_id"}.get(table, KEYS.get(table, "id"))
        parts.append(
            f"SELECT t.member_id, '{table}', to_jsonb(t), concat_ws(':', t.{key}) FROM {table} t WHERE {scope}"
        )
    parts.append(
        "SELECT l.member_id, 'consume', to_jsonb(c), concat_ws(':', c.lot_id, c.entry_id) FROM loyalty_consume c "
        "JOIN loyalty_lot l ON l.id = c.lot_id"
    )
    statement = f"""
        SELECT member_id, md5(string_agg(name || place || row::text, ';' ORDER BY name, place))
        FROM ({" UNION ALL ".join(parts)}) all_rows WHERE member_id = ANY(%(members)s) GROUP BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, {"members": list(members), "since": since})
        return dict(cursor.fetchall())


def details(member) -> dict[str, list]:
    """The same in full, for a failure that somebody has to understand."""
    found = {}
    with connection.cursor() as cursor:
        for table in [*merging.MOVES, *ledger_merging.MOVES, *ledger_merging.ADDS]:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE member_id = %s ORDER BY 1", [member])
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


class Crowd:
    """``count`` pairs of members with facts of all kinds: the odd ids win, the even ids lose."""

    def __init__(self, count: int):
        self.count = count
        brand, other = make_brand(), make_brand()
        self.brand = brand
        self.programs = [programs.ensure(brand, now=NOON), programs.ensure(other, now=NOON)]
        self.store, self.elsewhere = make_store(make_region(brand)), make_store(make_region(other))
        self.channel, self.by = make_channel(brand=brand), make_staff()
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('members_member_id_seq', GREATEST((SELECT max(id) FROM members_member), 1))")
            cursor.execute("SELECT COALESCE(max(id), 0) FROM members_member")
            self.first = cursor.fetchone()[0] + 1
            given = self._given()
            for statement in self._statements():
                cursor.execute(statement, given)
            if count >= MANY:
                cursor.execute(f"ANALYZE members_member, {', '.join([*merging.MOVES, *ledger_merging.MOVES])}")
        self.ids = range(self.first, self.first + 2 * count)
        self.pairs = [(pk, pk + 1) for pk in range(self.first, self.first + 2 * count, 2)]

    def _given(self):
        books = [{b.asset: b.pk for b in program.books.all()} for program in self.programs]
        tiers = [list(program.tiers.order_by("threshold")) for program in self.programs]
        return {
            "first": self.first, "last": self.first + 2 * self.count - 1, "noon": NOON, "store": self.store.pk,
            "elsewhere": self.elsewhere.pk, "channel": self.channel.pk, "p1": books[0]["points"],
            "g1": books[0]["growth"], "p2": books[1]["points"], "g2": books[1]["growth"],
            "prog1": self.programs[0].pk, "prog2": self.programs[1].pk, "t1": tiers[0][0].pk, "t2": tiers[1][0].pk,
            "expiry": NOON + timedelta(days=300),
        }  # fmt: skip

    def _statements(self):
        people = "generate_series(%(first)s, %(last)s) AS n"
        yield f"""
            INSERT INTO members_member (id, number, name, gender, birthday, language, note, home_store_id, joined_at,
                created_at, updated_at)
            SELECT n, 'T' || n, CASE WHEN n %% 3 = 0 THEN '' ELSE '王' || n END, CASE WHEN n %% 5 = 0 THEN 'f' ELSE '' END,
                CASE WHEN n %% 4 = 0 THEN DATE '1990-01-01' + n %% 700 END, 'zh-hans', CASE WHEN n %% 7 = 0 THEN '记' ELSE '' END,
                CASE WHEN n %% 11 < 8 THEN %(store)s::bigint END, %(noon)s, %(noon)s, %(noon)s FROM {people}
        """
        yield f"""
            INSERT INTO members_identity (kind, value, member_id, is_verified, added_at)
            SELECT k, k || '-' || n, n, n %% 2 = 0, %(noon)s FROM {people}, generate_series(1, 4) AS k WHERE k = 1 OR n %% k = 0
        """
        yield f"""
            INSERT INTO members_order (channel_id, number, member_id, store_id, amount, refunded, paid_at, received_at, digest)
            SELECT %(channel)s, 'C' || n || '-' || k, n, %(store)s, 10 * k + n %% 9, 0,
                %(noon)s - k * interval '3 days', %(noon)s, '\\x00'
            FROM {people}, generate_series(1, 3) AS k WHERE n %% 3 <> k - 1
        """
        yield f"""
            INSERT INTO members_event (kind, member_id, at, store_id, data)
            SELECT 'member.joined', n, %(noon)s, %(store)s, '{{}}' FROM {people}
        """
        yield f"""
            INSERT INTO members_consent (member_id, purpose, is_given, at, method, evidence)
            SELECT n, purpose, (n / 2 + length(purpose)) %% 3 <> 0 OR n %% 2 = 0,
                %(noon)s - n %% 7 * interval '1 day', 'h5', 'e' || n
            FROM {people}, unnest(ARRAY['membership', 'marketing']) AS purpose WHERE n %% 5 <> 0
        """
        yield f"""
            INSERT INTO members_storebinding (member_id, store_id, bound_at, ended_at, reason)
            SELECT n, %(elsewhere)s, %(noon)s - interval '9 days', %(noon)s - interval '1 day', 'first'
            FROM {people} WHERE n %% 4 = 0
            UNION ALL
            SELECT n, %(store)s, %(noon)s - interval '1 day', NULL, 'latest' FROM {people} WHERE n %% 11 < 6
        """
        yield "INSERT INTO members_tag (name, name_en, \"group\", description, created_at) SELECT 'tag' || k, '', '', '', %(noon)s FROM generate_series(1, 4) k ON CONFLICT DO NOTHING"  # noqa: E501
        yield f"""
            INSERT INTO members_membertag (member_id, tag_id, added_at, source)
            SELECT n, t.id, %(noon)s + n * interval '1 ms', 'staff:1' FROM {people}, members_tag t WHERE (n + t.id) %% 3 <> 0
        """
        yield """
            INSERT INTO loyalty_coupontemplate (program_id, name, name_en, terms, terms_en, kind, value, threshold, place,
                valid_days, is_welcome, is_live) VALUES (%(prog1)s, '迎新', '', '', '', 'amount', 5, 0, 'store', 30, true, true)
        """
        yield f"""
            INSERT INTO loyalty_coupon (template_id, member_id, code, source, issued_at, expires_at, order_number, void_reason)
            SELECT (SELECT max(id) FROM loyalty_coupontemplate), n, 'C' || n, 'welcome', %(noon)s, %(expiry)s, '', ''
            FROM {people} WHERE n %% 3 <> 0
        """
        # the ledger: every member earned k times in the first programme, some in the second, some have spent, some owe
        yield f"""
            INSERT INTO loyalty_entry (member_id, book_id, kind, amount, owed, balance_after, idem, occurred_at, posted_at,
                ref_type, ref_id, reason)
            SELECT o.member_id, b, 'earn', o.amount::int, 0, o.amount::int, 'crowd:' || o.id || ':' || b, o.paid_at, o.paid_at,
                'order', o.id, ''
            FROM members_order o, unnest(ARRAY[%(p1)s::int, %(g1)s::int]) AS b WHERE o.member_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT n, b, 'open', 600 + n %% 50, 0, 600 + n %% 50, 'crowd2:' || n || ':' || b, %(noon)s, %(noon)s, 'import', 1, ''
            FROM {people}, unnest(ARRAY[%(p2)s::int, %(g2)s::int]) AS b WHERE n %% 4 IN (1, 2) OR n %% 8 = 0
        """
        yield """
            INSERT INTO loyalty_lot (member_id, book_id, entry_id, amount, remaining, valid_from, expires_at)
            SELECT member_id, book_id, id, amount, amount, occurred_at,
                CASE WHEN member_id %% 2 = 0 THEN occurred_at + interval '100 days' END
            FROM loyalty_entry WHERE book_id IN (%(p1)s, %(p2)s) AND member_id BETWEEN %(first)s AND %(last)s
        """
        yield """
            WITH spent AS (
                INSERT INTO loyalty_entry (member_id, book_id, kind, amount, owed, balance_after, idem, occurred_at,
                    posted_at, ref_type, reason)
                SELECT DISTINCT ON (member_id) member_id, book_id, 'spend', -5, 0, 0, 'crowd-spend:' || member_id, %(noon)s,
                    %(noon)s, '', '' FROM loyalty_lot
                WHERE book_id = %(p1)s AND member_id %% 3 = 1 AND member_id BETWEEN %(first)s AND %(last)s
                ORDER BY member_id, id RETURNING id, member_id
            ), ate AS (
                INSERT INTO loyalty_consume (entry_id, lot_id, amount)
                SELECT s.id, (SELECT min(l.id) FROM loyalty_lot l WHERE l.member_id = s.member_id AND l.book_id = %(p1)s), 5
                FROM spent s RETURNING lot_id
            )
            UPDATE loyalty_lot l SET remaining = remaining - 5 FROM ate WHERE ate.lot_id = l.id
        """
        # the CTE above does not see its own new rows: the lots are shrunk here
        yield """
            UPDATE loyalty_lot l SET remaining = l.amount - c.amount FROM loyalty_consume c
            WHERE c.lot_id = l.id AND l.member_id BETWEEN %(first)s AND %(last)s
        """
        yield f"""
            INSERT INTO loyalty_entry (member_id, book_id, kind, amount, owed, balance_after, idem, occurred_at, posted_at,
                ref_type, reason)
            SELECT n, %(p1)s, 'reverse', 0, 7, 0, 'crowd-debt:' || n, %(noon)s, %(noon)s, '', '' FROM {people} WHERE n %% 13 = 0
        """
        yield """
            INSERT INTO loyalty_account (member_id, book_id, balance, earned, spent, expired, debt, version)
            SELECT member_id, book_id, sum(amount), COALESCE(sum(amount) FILTER (WHERE amount > 0), 0),
                COALESCE(-sum(amount) FILTER (WHERE amount < 0), 0), 0, sum(owed), count(*)
            FROM loyalty_entry WHERE member_id BETWEEN %(first)s AND %(last)s GROUP BY 1, 2
        """
        yield """
            INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
            SELECT a.member_id, b.program_id, (SELECT t.id FROM loyalty_tier t WHERE t.program_id = b.program_id
                AND t.threshold <= a.balance ORDER BY t.threshold DESC LIMIT 1), %(noon)s, %(noon)s
            FROM loyalty_account a JOIN loyalty_book b ON b.id = a.book_id AND b.asset = 'growth'
            WHERE a.member_id BETWEEN %(first)s AND %(last)s
        """
        yield """
            INSERT INTO loyalty_tierchange (member_id, program_id, before_id, after_id, growth, reason, at)
            SELECT member_id, program_id, NULL, tier_id, 0, 'joined', joined_at FROM loyalty_standing
            WHERE member_id BETWEEN %(first)s AND %(last)s
        """
        yield """
            SELECT setval('members_member_id_seq', %(last)s)
        """
