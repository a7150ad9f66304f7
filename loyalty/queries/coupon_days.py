"""What became of coupons by day: sums kept by the database (docs/adr/0007-days.md), and the coupons behind them.

Who sees some stores only sees what was redeemed there; how many were issued is known for whole programmes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from members.queries.days import calendar, subquery
from stores.models import Staff
from stores.queries import stores

from ..models import Program

SUMS = ("issued", "redeemed", "discount")
KEY = "day, program_id, store_id"
TOTALS = ", ".join(f"COALESCE(sum({name}), 0) AS {name}" for name in SUMS)
# The coupons themselves, without any help of what is kept.
COUNTED = f"""
    SELECT {KEY}, {TOTALS} FROM (
        SELECT members_day(c.issued_at) AS day, t.program_id, NULL::bigint AS store_id, 1 AS issued, 0 AS redeemed,
            0::numeric AS discount
        FROM loyalty_coupon c JOIN loyalty_coupontemplate t ON t.id = c.template_id
        UNION ALL
        SELECT members_day(c.redeemed_at), t.program_id, c.redeemed_store_id, 0, 1, c.discount
        FROM loyalty_coupon c JOIN loyalty_coupontemplate t ON t.id = c.template_id WHERE c.redeemed_at IS NOT NULL
    ) rows GROUP BY {KEY}
"""  # noqa: S608 -- constants only
BOTH = f"""
    SELECT {KEY}, issued, redeemed, discount FROM loyalty_couponday
    UNION ALL SELECT {KEY}, issued, redeemed, discount FROM loyalty_coupondaychange
"""  # noqa: S608 -- constants only
KEPT = f"SELECT @by, {TOTALS} FROM ({BOTH}) kept WHERE day BETWEEN %(first)s AND %(last)s @mine GROUP BY @by"  # noqa: S608 -- constants only
UNTIL = """
    SELECT @by, count(*), COALESCE(sum(discount), 0) FROM (
        SELECT c.redeemed_store_id AS store_id, t.program_id, c.discount
        FROM loyalty_coupon c JOIN loyalty_coupontemplate t ON t.id = c.template_id
        WHERE c.redeemed_at >= %(since)s AND c.redeemed_at < %(until)s
    ) rows WHERE true @mine GROUP BY @by
"""
DRIFTS = f"""
    SELECT count(*) FROM (
        SELECT {KEY} FROM (
            {BOTH} UNION ALL SELECT {KEY}, -issued, -redeemed, -discount FROM ({COUNTED}) counted
        ) both_sides GROUP BY {KEY} HAVING sum(issued) <> 0 OR sum(redeemed) <> 0 OR sum(discount) <> 0
    ) left_over
"""  # noqa: S608 -- constants only


@dataclass(frozen=True)
class Sums:
    """Coupons put into wallets, coupons used, and yuan taken off by these."""

    issued: int = 0
    redeemed: int = 0
    discount: Decimal = Decimal(0)

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, name) + getattr(other, name) for name in SUMS))


NONE = Sums()


def total(sums: Iterable[Sums]) -> Sums:
    """All of them together."""
    return sum(sums, NONE)


def by_day(staff: Staff, first: date, last: date) -> dict[date, Sums]:
    """The sums of each day from ``first`` to ``last`` that this person may see; days without any are left out."""
    return _kept(staff, first, last, "day")


def by_store(staff: Staff, first: date, last: date) -> dict[int | None, Sums]:
    """The sums of each store in these days, by its id; None: issued, or redeemed online."""
    return _kept(staff, first, last, "store_id")


def until(staff: Staff, moment: datetime) -> dict[int | None, Sums]:
    """A day as far as this moment, counted from the coupons used, by store; without those issued."""
    since = moment.astimezone(calendar()).replace(hour=0, minute=0, second=0, microsecond=0)
    mine, words = _scope(staff)
    with connection.cursor() as cursor:
        cursor.execute(
            UNTIL.replace("@mine", mine).replace("@by", "store_id"), {"since": since, "until": moment, **words}
        )
        return {key: Sums(0, *sums) for key, *sums in cursor.fetchall()}


def drifts() -> int:
    """How many (day, programme, store) differ from the coupons behind them: 0, or a trigger was switched off."""
    with connection.cursor() as cursor:
        cursor.execute(DRIFTS)
        return cursor.fetchone()[0]


def _kept(staff: Staff, first: date, last: date, by: str) -> dict[Any, Sums]:
    mine, words = _scope(staff)
    with connection.cursor() as cursor:
        cursor.execute(KEPT.replace("@mine", mine).replace("@by", by), {"first": first, "last": last, **words})
        return {key: Sums(*sums) for key, *sums in cursor.fetchall()}


def _scope(staff: Staff) -> tuple[str, dict[str, Any]]:
    """The condition for this person, and its parameters: all, some programmes, or some stores."""
    if staff.is_active and staff.sees_every_store:
        return "", {}
    if staff.is_active and staff.scope == Staff.Scope.BRAND:
        inside, words = subquery(Program.objects.filter(brand__in=stores.brands_visible_to(staff)))
        return f"AND program_id IN ({inside})", words
    inside, words = subquery(stores.visible_to(staff))
    return f"AND store_id IN ({inside})", words
