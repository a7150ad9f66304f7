"""A whole brand's members into its programme at once, and welcome coupons for the latest. For demo chains and benches."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from members.services import events

from ..models import Coupon, CouponTemplate, Program
from .coupons import make_code

ACCOUNTS = """
    INSERT INTO loyalty_account (member_id, book_id, balance, earned, spent, expired, debt, version)
    SELECT m.id, b.id, 0, 0, 0, 0, 0, 0
    FROM members_member m JOIN stores_store s ON s.id = m.home_store_id
    JOIN loyalty_book b ON b.program_id = %(program)s
    WHERE s.brand_id = %(brand)s
    ORDER BY m.id, b.id
    ON CONFLICT (member_id, book_id) DO NOTHING
"""
STANDINGS = """
    WITH opened AS (
        INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
        SELECT m.id, %(program)s, t.id, m.joined_at, m.joined_at
        FROM members_member m JOIN stores_store s ON s.id = m.home_store_id,
            (SELECT id FROM loyalty_tier WHERE program_id = %(program)s ORDER BY threshold LIMIT 1) t
        WHERE s.brand_id = %(brand)s
        ORDER BY m.id
        ON CONFLICT (member_id, program_id) DO NOTHING
        RETURNING member_id, tier_id, joined_at
    ), noted AS (
        INSERT INTO loyalty_tierchange (member_id, program_id, before_id, after_id, growth, reason, at)
        SELECT member_id, %(program)s, NULL, tier_id, 0, 'joined', joined_at FROM opened
    )
    INSERT INTO members_event (kind, member_id, at, store_id, channel_id, data)
    SELECT 'program.joined', o.member_id, o.joined_at, m.home_store_id, m.joined_channel_id,
        jsonb_build_object('program', %(program)s, 'brand', %(code)s::text)
    FROM opened o JOIN members_member m ON m.id = o.member_id
"""
LATEST = """
    SELECT m.id, m.joined_at FROM members_member m JOIN stores_store s ON s.id = m.home_store_id
    WHERE s.brand_id = %s AND m.joined_at >= %s ORDER BY m.id
"""
# The history of a series of members as opening balances: what their orders would have earned.
DUE = """
    CREATE TEMP TABLE due ON COMMIT DROP AS
    SELECT o.member_id, o.joined_at, b.id AS book_id, b.asset, floor(
        o.amount * CASE b.asset WHEN 'points' THEN p.points_per_yuan ELSE p.growth_per_yuan END
    )::bigint AS total
    FROM (
        SELECT m.id AS member_id, m.joined_at, sum(x.amount) AS amount
        FROM members_member m JOIN members_order x ON x.member_id = m.id AND x.channel_id = %(channel)s
        WHERE m.id BETWEEN %(first)s AND %(last)s GROUP BY 1
    ) o JOIN loyalty_program p ON p.id = %(program)s JOIN loyalty_book b ON b.program_id = p.id
"""
OPEN_SERIES = (
    "ANALYZE due",
    """
    INSERT INTO loyalty_account (member_id, book_id, balance, earned, spent, expired, debt, version)
    SELECT member_id, book_id, total, total, 0, 0, 0, 1 FROM due ORDER BY member_id, book_id
    """,
    """
    WITH noted AS (
        INSERT INTO loyalty_entry (member_id, book_id, kind, amount, owed, balance_after, idem, ref_type, reason,
            occurred_at, posted_at)
        SELECT member_id, book_id, 'open', total, 0, total, 'open:series:' || member_id || ':' || book_id, '', '',
            %(now)s, %(now)s
        FROM due WHERE total > 0 ORDER BY member_id, book_id
        RETURNING member_id, book_id, id, amount
    )
    INSERT INTO loyalty_lot (member_id, book_id, entry_id, amount, remaining, valid_from)
    SELECT n.member_id, n.book_id, n.id, n.amount, n.amount, %(now)s
    FROM noted n JOIN loyalty_book b ON b.id = n.book_id AND b.asset = 'points'
    """,
    """
    INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
    SELECT member_id, %(program)s, (
        SELECT t.id FROM loyalty_tier t WHERE t.program_id = %(program)s AND t.threshold <= due.total
        ORDER BY t.threshold DESC LIMIT 1), %(now)s, joined_at
    FROM due WHERE asset = 'growth' ORDER BY member_id
    """,
    """
    INSERT INTO loyalty_tierchange (member_id, program_id, before_id, after_id, growth, reason, at)
    SELECT s.member_id, %(program)s, NULL, s.tier_id, due.total, 'import', %(now)s
    FROM due JOIN loyalty_standing s ON s.member_id = due.member_id AND s.program_id = %(program)s
    WHERE due.asset = 'growth'
    """,
)


def open_series(first: int, last: int, *, program: Program, channel: int, now: datetime) -> int:
    """Books, standings and tiers for members (ids ``first`` to ``last``) from their orders of a channel. Inner.

    One opening entry for each book instead of one for each order: benches want many members, not a long history.
    Returns how many members. They must not take part yet.
    """
    given: dict[str, Any] = {"first": first, "last": last, "program": program.pk, "channel": channel, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(DUE, given)
        for statement in OPEN_SERIES:
            cursor.execute(statement, given)
        count = cursor.rowcount
        cursor.execute("DROP TABLE due")
    return count


def enrol_everybody(program: Program) -> int:
    """Every member whose home store is the brand's takes part since joining: accounts, standing, event. Inner."""
    given: dict[str, int | str] = {"program": program.pk, "brand": program.brand_id, "code": program.brand.code}
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, given)
        cursor.execute(STANDINGS, given)
        return cursor.rowcount


def welcome_template(program: Program, name: str, name_en: str, value: int, threshold: int) -> CouponTemplate:
    """What newcomers find in their wallet: so many yuan off, from an order of so many. Inner."""
    return CouponTemplate.objects.create(
        program=program, name=name, name_en=name_en, kind=CouponTemplate.Kind.AMOUNT, value=Decimal(value),
        threshold=Decimal(threshold), valid_days=30, is_welcome=True,
    )  # fmt: skip


def welcome_latest(program: Program, *, now: datetime) -> int:
    """Welcome coupons that are still valid, for the members who joined lately; how many. Inner."""
    template = CouponTemplate.objects.get(program=program, is_welcome=True, is_live=True)
    valid = timedelta(days=template.valid_days)
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [program.brand_id, now - valid])
        newcomers = cursor.fetchall()
    made = Coupon.objects.bulk_create(
        [
            Coupon(template=template, member_id=member_id, code=make_code(), source="welcome", issued_at=at,
                   expires_at=at + valid)
            for member_id, at in newcomers
        ],
        batch_size=5000,
    )  # fmt: skip
    return events.append_many(
        events.NewEvent(
            "coupon.issued", coupon.member_id, coupon.issued_at,
            data={"program": program.pk, "coupon": coupon.pk, "template": template.pk, "source": coupon.source},
        )
        for coupon in made
    )  # fmt: skip
