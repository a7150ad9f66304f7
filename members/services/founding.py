"""Whole crowds of members at once, in a few statements: the bulk form of joining. For demo chains and benches.

What `loyalty.services.joining` writes for one person is written here for all of them, except the lines of the
action log: a crowd leaves one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from ..models import Member, Product, Tag
from ..models.consent import Purpose
from ..rules import consent_texts
from . import consent


def number_in_sql(column: str) -> str:
    """`rules.numbers.number_of` as an SQL expression over an integer column."""
    places = [f"(({column} / {10**place}) % 10)" for place in range(9)]
    doubled = [f"({digit} * 2 - CASE WHEN {digit} > 4 THEN 9 ELSE 0 END)" for digit in places[::2]]
    total = " + ".join(doubled + places[1::2])
    return f"'M' || lpad({column}::text, 9, '0') || ((10 - ({total}) % 10) % 10)::text"


def _share(column: str, salt: int) -> str:
    """A number from 0 to 1 that is always the same for the same id, as an SQL expression."""
    return f"((hashint8extended({column}, {salt}) & 1048575) / 1048576.0::float8)"


NEWCOMERS = """
    CREATE TEMP TABLE newcomer (
        id int NOT NULL DEFAULT nextval(pg_get_serial_sequence('members_member', 'id')),
        name text NOT NULL, gender text NOT NULL, birthday date, language text NOT NULL,
        store_id bigint, associate_id bigint, joined_at timestamptz NOT NULL, channel_id bigint, code_id bigint,
        phone text NOT NULL, card text, openid text, wants_offers boolean NOT NULL, tag_id bigint,
        earlier_store_id bigint, moved_at timestamptz
    ) ON COMMIT DROP
"""
COPY = """
    COPY newcomer (name, gender, birthday, language, store_id, associate_id, joined_at, channel_id, code_id, phone,
        card, openid, wants_offers, tag_id, earlier_store_id, moved_at) FROM STDIN
"""
MEMBERS = f"""
    INSERT INTO members_member (id, number, name, gender, birthday, language, note, home_store_id, associate_id,
        joined_at, joined_channel_id, joined_code_id, created_at, updated_at, latitude, longitude)
    SELECT n.id, {number_in_sql("n.id").replace("%", "%%")}, n.name, n.gender, n.birthday, n.language, '', n.store_id,
        n.associate_id,
        n.joined_at, n.channel_id, n.code_id, n.joined_at, COALESCE(n.moved_at, n.joined_at),
        s.latitude + d.km * cos(d.angle) / 111.32, s.longitude + d.km * sin(d.angle) / 111.32 / cos(radians(s.latitude))
    FROM newcomer n
    LEFT JOIN LATERAL (
        SELECT 6 * power({_share("n.id", 1)}, 1.2) AS km, 2 * pi() * {_share("n.id", 2)} AS angle
        WHERE {_share("n.id", 3)} < %(placed)s
    ) d ON true
    LEFT JOIN stores_store s ON s.id = n.store_id AND d.km IS NOT NULL AND s.latitude IS NOT NULL
"""  # noqa: S608 -- constants only
IDENTITIES = """
    INSERT INTO members_identity (kind, value, member_id, is_verified, added_at, channel_id)
    SELECT i.kind, i.value, n.id, i.kind <> 2, n.joined_at, n.channel_id
    FROM newcomer n, LATERAL (VALUES (1, n.phone), (2, n.card), (3, n.openid)) AS i (kind, value)
    WHERE i.value IS NOT NULL
"""
CONSENTS = """
    INSERT INTO members_consent (member_id, purpose, is_given, text_id, at, method, store_id, address, evidence)
    SELECT n.id, t.purpose, t.purpose = 'membership' OR n.wants_offers, t.text_id, n.joined_at, 'h5', n.store_id,
        NULL, t.evidence
    FROM newcomer n JOIN unnest(%s::text[], %s::text[], %s::bigint[], %s::text[])
        AS t (purpose, language, text_id, evidence) ON t.language = n.language
"""
BINDINGS = """
    INSERT INTO members_storebinding (member_id, store_id, associate_id, code_id, bound_at, ended_at, reason)
    SELECT id, COALESCE(earlier_store_id, store_id), CASE WHEN moved_at IS NULL THEN associate_id END, code_id,
        joined_at, moved_at, 'first' FROM newcomer WHERE store_id IS NOT NULL
    UNION ALL
    SELECT id, store_id, associate_id, NULL, moved_at, NULL, 'latest' FROM newcomer WHERE moved_at IS NOT NULL
"""
EVENTS = """
    INSERT INTO members_event (kind, member_id, at, store_id, channel_id, data)
    SELECT 'member.joined', n.id, n.joined_at, COALESCE(n.earlier_store_id, n.store_id), n.channel_id,
        jsonb_build_object('code', COALESCE(c.token || c.check_chars, ''))
    FROM newcomer n LEFT JOIN stores_storecode c ON c.id = n.code_id
    UNION ALL
    SELECT 'member.bound', n.id, n.joined_at, COALESCE(n.earlier_store_id, n.store_id), NULL, jsonb_build_object(
        'reason', 'first', 'associate', CASE WHEN n.moved_at IS NULL THEN n.associate_id END,
        'code', COALESCE(c.token || c.check_chars, ''))
    FROM newcomer n LEFT JOIN stores_storecode c ON c.id = n.code_id WHERE n.store_id IS NOT NULL
    UNION ALL
    SELECT 'member.bound', id, moved_at, store_id, NULL,
        jsonb_build_object('reason', 'latest', 'associate', associate_id, 'code', '')
    FROM newcomer WHERE moved_at IS NOT NULL
"""
TAGS = """
    INSERT INTO members_membertag (member_id, tag_id, added_at, source)
    SELECT id, tag_id, joined_at, 'staff' FROM newcomer WHERE tag_id IS NOT NULL
"""
SERIES = """
    INSERT INTO newcomer (name, gender, language, store_id, joined_at, channel_id, phone, card, wants_offers)
    SELECT
        surnames[1 + n %% array_length(surnames, 1)] || given[1 + (n / 7) %% array_length(given, 1)],
        (ARRAY['f', 'f', 'm', 'm', ''])[1 + n %% 5], 'zh-hans',
        stores[1 + floor(power(random(), 1.6) * array_length(stores, 1))::int],
        %(until)s::timestamptz - random() * interval '730 days', %(channel)s,
        '1690' || lpad(n::text, 7, '0'), CASE WHEN n %% 3 = 0 THEN 'B' || lpad(n::text, 9, '0') END, n %% 5 <> 0
    FROM generate_series(%(first)s::int, %(last)s::int) AS n,
        (SELECT %(surnames)s::text[] AS surnames, %(given)s::text[] AS given, %(stores)s::bigint[] AS stores) AS words
"""
ORDER_SERIES = """
    INSERT INTO members_order
        (channel_id, number, member_id, store_id, associate_id, amount, refunded, paid_at, received_at, digest)
    SELECT %(channel)s, 'B' || m.id || '-' || k, m.id, m.home_store_id, NULL,
        round((5 + 400 * power(random(), 3))::numeric, 2), 0, m.joined_at + random() * (%(now)s - m.joined_at),
        %(now)s, decode(md5(m.id || '-' || k), 'hex')
    FROM members_member m JOIN stores_store s ON s.id = m.home_store_id, generate_series(1, %(each)s) AS k
    WHERE m.id BETWEEN %(first)s AND %(last)s AND s.brand_id = %(brand)s
"""


class Newcomer(NamedTuple):
    """One person who joins at a store. ``earlier_store_id`` and ``moved_at`` when they came from another one."""

    name: str
    gender: str
    birthday: date | None
    language: str
    store_id: int | None
    associate_id: int | None
    joined_at: datetime
    channel_id: int | None
    code_id: int | None
    phone: str
    card: str | None
    openid: str | None
    wants_offers: bool
    tag_id: int | None = None
    earlier_store_id: int | None = None
    moved_at: datetime | None = None


def join_many(people: Iterable[Newcomer], *, now: datetime, placed: float = 0) -> int:
    """Let a crowd join: members, identities, consents, bindings, events and tags; how many. Inner.

    ``placed``: the share whose place on the map is known, within 6 km of the store, more of them near than far.
    Phones, cards and openids must be nobody's: one that is taken raises IntegrityError and nothing is kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWCOMERS)
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for person in people:
                copy.write_row(person)
    return _settle_in(now, placed)


def join_series(
    first: int, last: int, *, stores: Sequence[int], channel: int, surnames: Sequence[str], given: Sequence[str],
    now: datetime,
) -> int:  # fmt: skip
    """The same for the numbers ``first`` to ``last``, drawn inside the database: how benches get their millions.

    Phones are 1690 and seven digits, a block that no carrier has; at most ten million of them. Inner.
    """
    if not 0 <= first <= last < 10_000_000:
        raise ValueError("the invented numbers go from 0 to 9,999,999")
    with connection.cursor() as cursor:
        cursor.execute(NEWCOMERS)
        cursor.execute("SELECT setseed(%s)", [(first % 1000) / 1000])
        cursor.execute(SERIES, {
            "first": first, "last": last, "stores": list(stores), "channel": channel, "until": now,
            "surnames": list(surnames), "given": list(given),
        })  # fmt: skip
    return _settle_in(now)


def _settle_in(now: datetime, placed: float = 0) -> int:
    texts = _texts(now)
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, {"placed": placed})
        count = cursor.rowcount
        cursor.execute(IDENTITIES)
        cursor.execute(CONSENTS, [list(column) for column in zip(*texts, strict=True)])
        for statement in (BINDINGS, EVENTS, TAGS):
            cursor.execute(statement)
        cursor.execute("DROP TABLE newcomer")
    return count


def _texts(now: datetime) -> list[tuple[str, str, int, str]]:
    """The words that each answer was given to: (purpose, language, text, evidence)."""
    found = []
    for purpose in (Purpose.MEMBERSHIP, Purpose.MARKETING):
        for language in ("zh-hans", "en"):
            row = consent.publish(consent_texts.current(purpose, language), now=now)
            evidence = f"{purpose.value} v{row.version} {row.language} {row.sha256[:12]}"
            found.append((purpose.value, language, row.pk, evidence))
    return found


def order_series(first: int, last: int, *, brand: int, channel: int, each: int, now: datetime) -> int:
    """So many orders without lines for each member (ids ``first`` to ``last``) of a brand's stores; how many. Inner.

    They earn nothing by themselves: see `loyalty.services.founding.open_series`.
    """
    given: dict[str, Any] = {"first": first, "last": last, "brand": brand, "channel": channel, "each": each, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(ORDER_SERIES, given)
        return cursor.rowcount


def last_id() -> int:
    """The highest member id; 0 without members."""
    return Member.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def list_goods(rows: Iterable[tuple[str, str, str, str, str, str]], *, now: datetime) -> int:
    """Put goods into the file of products: (sku, name, department, category, maker, size) each; how many. Inner."""
    made = [
        Product(sku=sku, name=name, department=department, category=category, maker=maker, size=size, updated_at=now)
        for sku, name, department, category, maker, size in rows
    ]
    return len(Product.objects.bulk_create(made))


def tags(words: Iterable[tuple[str, str, str]], *, now: datetime) -> list[int]:
    """The ids of these tags, given as (name, English name, group); made where missing. Inner."""
    wanted = [Tag(name=name, name_en=name_en, group=group, created_at=now) for name, name_en, group in words]
    Tag.objects.bulk_create(wanted, ignore_conflicts=True)
    found = dict(Tag.objects.filter(name__in=[tag.name for tag in wanted]).values_list("name", "pk"))
    return [found[tag.name] for tag in wanted]
