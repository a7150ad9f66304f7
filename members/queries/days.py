"""What stores did by day: sums kept by the database (docs/adr/0007-days.md), and the rows that they must agree with.

Days are those of the chain's calendar, ``settings.TIME_ZONE``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from stores.models import Staff
from stores.queries import stores

SUMS = ("orders", "amount", "refunded", "member_orders", "member_amount", "member_refunded", "joins", "scans")
TOTALS = ", ".join(f"COALESCE(sum({name}), 0) AS {name}" for name in SUMS)
ORDER_SUMS = """
    count(*) AS orders, sum(amount) AS amount, sum(refunded) AS refunded, count(member_id) AS member_orders,
    COALESCE(sum(amount) FILTER (WHERE member_id IS NOT NULL), 0) AS member_amount,
    COALESCE(sum(refunded) FILTER (WHERE member_id IS NOT NULL), 0) AS member_refunded, 0 AS joins, 0 AS scans
"""
NO_ORDERS = "0 AS orders, 0 AS amount, 0 AS refunded, 0 AS member_orders, 0 AS member_amount, 0 AS member_refunded"
# The rows themselves, without any help of what is kept.
COUNTED = f"""
    SELECT day, store_id, channel_id, {TOTALS} FROM (
        SELECT members_day(paid_at) AS day, store_id, channel_id, {ORDER_SUMS} FROM members_order GROUP BY 1, 2, 3
        UNION ALL
        SELECT members_day(joined_at), home_store_id, joined_channel_id, {NO_ORDERS}, count(*), 0
        FROM members_member WHERE merged_into_id IS NULL AND joined_at IS NOT NULL GROUP BY 1, 2, 3
        UNION ALL
        SELECT members_day(s.at), c.store_id, NULL, {NO_ORDERS}, 0, count(*)
        FROM stores_codescan s JOIN stores_storecode c ON c.id = s.code_id GROUP BY 1, 2
    ) rows GROUP BY 1, 2, 3
"""  # noqa: S608 -- constants only
# What is folded and what is not yet, in one statement and so of one moment.
KEPT = f"""
    SELECT @by, {TOTALS} FROM (
        SELECT day, store_id, channel_id, {", ".join(SUMS)} FROM members_storeday
        WHERE day BETWEEN %(first)s AND %(last)s @mine
        UNION ALL
        SELECT day, store_id, channel_id, {", ".join(SUMS)} FROM members_storedaychange
        WHERE day BETWEEN %(first)s AND %(last)s @mine
    ) kept GROUP BY @by
"""  # noqa: S608 -- constants only
UNTIL = f"""
    SELECT store_id, {TOTALS} FROM (
        SELECT store_id, {ORDER_SUMS} FROM members_order
        WHERE paid_at >= %(since)s AND paid_at < %(until)s @mine GROUP BY store_id
        UNION ALL
        SELECT store_id, {NO_ORDERS}, count(*), 0
        FROM (SELECT home_store_id AS store_id, joined_at FROM members_member WHERE merged_into_id IS NULL) m
        WHERE joined_at >= %(since)s AND joined_at < %(until)s @mine GROUP BY store_id
    ) rows GROUP BY store_id
"""  # noqa: S608 -- constants only
DRIFTS = f"""
    SELECT count(*) FROM (
        SELECT day, store_id, channel_id, {TOTALS} FROM (
            SELECT day, store_id, channel_id, {", ".join(SUMS)} FROM members_storeday
            UNION ALL SELECT day, store_id, channel_id, {", ".join(SUMS)} FROM members_storedaychange
            UNION ALL SELECT day, store_id, channel_id, {", ".join(f"-{name}" for name in SUMS)} FROM ({COUNTED}) c
        ) both_sides GROUP BY 1, 2, 3
    ) left_over WHERE {" OR ".join(f"{name} <> 0" for name in SUMS)}
"""  # noqa: S608 -- constants only


@dataclass(frozen=True)
class Facts:
    """Sums of some days and stores. Money in yuan."""

    orders: int = 0
    amount: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    member_orders: int = 0
    member_amount: Decimal = Decimal(0)
    member_refunded: Decimal = Decimal(0)
    joins: int = 0
    scans: int = 0

    @property
    def sales(self) -> Decimal:
        """What was sold, refunds taken off."""
        return self.amount - self.refunded

    @property
    def member_sales(self) -> Decimal:
        """The members' part of the sales."""
        return self.member_amount - self.member_refunded

    @property
    def member_share(self) -> Decimal | None:
        """The members' part of the sales, 0..1 (会员消费占比); None without sales."""
        return self.member_sales / self.sales if self.sales else None

    def __add__(self, other: Facts) -> Facts:
        return Facts(*(getattr(self, name) + getattr(other, name) for name in SUMS))


NOTHING = Facts()


def calendar() -> ZoneInfo:
    """The time zone in which the chain's days begin and end."""
    return ZoneInfo(settings.TIME_ZONE)


def total(facts: Iterable[Facts]) -> Facts:
    """All of them together."""
    return sum(facts, NOTHING)


def by_day(staff: Staff, first: date, last: date) -> dict[date, Facts]:
    """The sums of each day from ``first`` to ``last`` in the stores this person sees; days without any are left out."""
    return _kept(staff, first, last, "day")


def by_store(staff: Staff, first: date, last: date) -> dict[int | None, Facts]:
    """The sums of each store in these days, by its id; None: members who belong to no store."""
    return _kept(staff, first, last, "store_id")


def by_channel(staff: Staff, first: date, last: date) -> dict[int | None, Facts]:
    """The sums of each channel in these days, by its id; None: scans, and joins nobody knows the way of."""
    return _kept(staff, first, last, "channel_id")


def until(staff: Staff, moment: datetime) -> Facts:
    """A day as far as this moment, counted from its rows; without scans."""
    return total(until_by_store(staff, moment).values())


def until_by_store(staff: Staff, moment: datetime) -> dict[int | None, Facts]:
    """The same for each store, by its id; None: members who belong to no store."""
    since = moment.astimezone(calendar()).replace(hour=0, minute=0, second=0, microsecond=0)
    mine, words = _scope(staff)
    with connection.cursor() as cursor:
        cursor.execute(UNTIL.replace("@mine", mine), {"since": since, "until": moment, **words})
        return {key: Facts(*sums) for key, *sums in cursor.fetchall()}


def drifts() -> int:
    """How many (day, store, channel) differ from the rows behind them: 0, or a trigger was switched off."""
    with connection.cursor() as cursor:
        cursor.execute(DRIFTS)
        return cursor.fetchone()[0]


def _kept(staff: Staff, first: date, last: date, by: str) -> dict[Any, Facts]:
    mine, words = _scope(staff)
    with connection.cursor() as cursor:
        cursor.execute(KEPT.replace("@mine", mine).replace("@by", by), {"first": first, "last": last, **words})
        return {key: Facts(*sums) for key, *sums in cursor.fetchall()}


def _scope(staff: Staff) -> tuple[str, dict[str, Any]]:
    """The condition on store_id for this person, and its parameters."""
    if staff.is_active and staff.sees_every_store:
        return "", {}
    inside, words = subquery(stores.visible_to(staff))
    return f"AND store_id IN ({inside})", words


def subquery(rows: QuerySet) -> tuple[str, dict[str, Any]]:
    """The keys of these rows as SQL inside a larger statement, with its parameters under names."""
    sql, given = rows.order_by().values("pk").query.sql_with_params()
    first, *rest = sql.split("%s")
    text = first + "".join(f"%(mine{number})s{part}" for number, part in enumerate(rest))
    return text, {f"mine{number}": value for number, value in enumerate(given)}
