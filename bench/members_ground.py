"""Members with identities, consents, points, orders and events, drawn inside PostgreSQL, and somebody to look at them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

STORES = 2_000
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
REGULAR_ORDERS = 5_000  # of the one member who comes every day
SHOPS = """
    INSERT INTO stores_store (id, code, brand_id, region_id, name, name_en, province, city, address, phone, time_zone,
        created_at)
    SELECT 1000 + n, 'B' || n, %(brand)s, %(region)s, '店' || n, '', '', '', '', '', 'Asia/Shanghai', now()
    FROM generate_series(0, %(stores)s - 1) n
"""
PEOPLE = """
    INSERT INTO members_member (id, number, name, gender, language, note, home_store_id, joined_at, joined_channel_id,
        created_at, updated_at)
    SELECT n, {number}, (ARRAY[{surnames}])[1 + n %% 20] || (ARRAY['小明','芳','伟','静','磊','娜','涛'])[1 + n %% 7],
        '', 'zh-hans', '', 1000 + (n * 7919::bigint) %% %(stores)s,
        %(now)s - (n * 104729::bigint %% 63072000) * interval '1 second', %(till)s, now(), now()
    FROM generate_series(1, %(members)s) n
"""
REST = (
    """
    INSERT INTO members_identity (kind, value, member_id, is_verified, added_at, channel_id)
    SELECT i.kind, i.value, n, true, %(now)s, %(till)s FROM generate_series(1, %(members)s) n, LATERAL (VALUES
        (1, '1690' || lpad(n::text, 7, '0')), (2, CASE WHEN n %% 3 = 0 THEN 'QH' || lpad(n::text, 9, '0') END),
        (3, CASE WHEN n %% 2 = 0 THEN 'wxbench:oBENCH' || lpad(n::text, 22, 'x') END)
    ) AS i (kind, value) WHERE i.value IS NOT NULL
    """,
    """
    INSERT INTO members_consent (member_id, purpose, is_given, at, method, evidence)
    SELECT n, 'marketing', n %% 5 > 1, %(now)s, 'bench', '' FROM generate_series(1, %(members)s) n
    """,
    """
    INSERT INTO loyalty_account (member_id, book_id, balance, earned, spent, expired, debt, version)
    SELECT n, b.id, n %% 5000, 0, 0, 0, 0, 0 FROM generate_series(1, %(members)s) n, loyalty_book b
    """,
    """
    INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
    SELECT n, t.program_id, t.id, now(), now() FROM generate_series(1, %(members)s) n
    JOIN (SELECT *, row_number() OVER (ORDER BY threshold) - 1 AS place FROM loyalty_tier) t ON t.place = n %% 4
    """,
    """
    INSERT INTO members_order (channel_id, number, member_id, store_id, amount, refunded, paid_at, received_at, digest)
    SELECT %(till)s, 'R' || n || '-' || k, n, 1000 + (n * 7919::bigint) %% %(stores)s, 5 + (n * 31 + k * 7) %% 400, 0,
        %(now)s - (n + k * 1000) %% 730 * interval '1 day', now(), '\\x00'
    FROM generate_series(1, %(members)s) n,
        generate_series(1, CASE WHEN n = %(regular)s THEN %(many)s ELSE n %% 3 END) k
    """,
    """
    INSERT INTO members_event (kind, member_id, at, store_id, channel_id, data)
    SELECT 'member.joined', id, joined_at, home_store_id, joined_channel_id, '{}' FROM members_member
    UNION ALL
    SELECT 'order.paid', member_id, paid_at, store_id, channel_id, jsonb_build_object('order', id, 'amount', amount::text)
    FROM members_order
    """,
)


class Ground(NamedTuple):
    """What is there, and the person of headquarters who looks. ``regular`` has thousands of orders."""

    members: int
    stores: int
    person: Any
    regular: int


def number_of(member: int) -> str:
    from members.rules import numbers  # noqa: PLC0415 -- after setup

    return numbers.number_of(member)


def phone_of(member: int) -> str:
    return f"1690{member:07d}"


def name_of(member: int) -> str:
    """The family name."""
    return SURNAMES[member % len(SURNAMES)]


def card_of(member: int) -> str:
    return f"QH{member:09d}"


def openid_of(member: int) -> str:
    return f"oBENCH{str(member).rjust(22, 'x')}"


def fill(members: int, *, now: datetime) -> Ground:
    """So many members with the rest. Triggers and foreign keys rest meanwhile."""
    from django.db import connection  # noqa: PLC0415 -- after setup

    from loyalty.services import programs  # noqa: PLC0415 -- after setup
    from members.services.founding import number_in_sql  # noqa: PLC0415 -- after setup
    from stores.models import Brand, Chain, Channel, Region  # noqa: PLC0415 -- after setup

    brand = Brand.objects.create(chain=Chain.objects.create(name="青禾"), code="qh", name="青禾")
    region = Region.objects.create(brand=brand, code="r", name="华东")
    till = Channel.objects.create(code="pos", kind="pos", name="till", brand=brand, created_at=now)
    programs.ensure(brand, now=now)
    given = {"members": members, "stores": STORES, "brand": brand.pk, "region": region.pk, "till": till.pk, "now": now,
             "regular": members // 2, "many": REGULAR_ORDERS}  # fmt: skip
    people = PEOPLE.replace("{number}", number_in_sql("n").replace("%", "%%"))
    people = people.replace("{surnames}", ", ".join(f"'{each}'" for each in SURNAMES))
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; SET statement_timeout = 0; SET synchronous_commit = off"
        )
        for statement in (SHOPS, people, *REST):
            cursor.execute(statement, given)
        cursor.execute("SET session_replication_role = origin; RESET statement_timeout")
        cursor.execute("VACUUM ANALYZE")
    return Ground(members, STORES, _person(now), members // 2)


def _person(now: datetime) -> Any:
    """An administrator of headquarters with the second factor that the gate asks for."""
    from allauth.mfa.models import Authenticator  # noqa: PLC0415 -- after setup
    from allauth.mfa.utils import encrypt  # noqa: PLC0415 -- after setup

    from stores.access import Role  # noqa: PLC0415 -- after setup
    from stores.models import Staff  # noqa: PLC0415 -- after setup

    person = Staff.objects.create(username="bench", name="Bench", role=Role.ADMIN, scope="chain", created_at=now)
    data = {"secret": encrypt("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")}
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data, created_at=now)
    return person
