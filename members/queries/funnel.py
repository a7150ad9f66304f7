"""From a scan to a customer who comes back: the members who joined by a code in a span, and what they bought since.

People, not sums: counted from the members of the span and the index of their orders, or, as in ``buyers``, ahead where
that takes long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet

from stores.models import Staff, Store
from stores.queries import stores

from . import buyers
from .days import calendar, subquery

if TYPE_CHECKING:
    from .reports import Span

# Two orders are enough to know that somebody came back: no member's whole history is read.
JOINED = """
    SELECT count(*), count(*) FILTER (WHERE bought >= 1), count(*) FILTER (WHERE bought >= 2)
    FROM members_member m CROSS JOIN LATERAL (
        SELECT count(*) AS bought FROM (
            SELECT FROM members_order o
            WHERE o.member_id = m.id AND o.paid_at < %(until)s AND @ordered LIMIT 2
        ) two
    ) orders
    WHERE m.merged_into_id IS NULL AND m.joined_at >= %(since)s AND m.joined_at < %(until)s
      AND m.joined_code_id IS NOT NULL AND @joined
"""


@dataclass(frozen=True)
class Cohort:
    """Members who joined by scanning a code; those of them who bought at least once; at least twice."""

    joined: int = 0
    first: int = 0
    repeat: int = 0


@dataclass(frozen=True)
class Funnel:
    """Those of a span and of the span before it, each with the orders until its own end; as of ``at``."""

    now: Cohort
    before: Cohort
    at: datetime


def of(staff: Staff, span: Span) -> Funnel:
    """The members and orders of the stores this person sees; kept ones when there are."""
    known = buyers.key_of(staff, len(span.days))
    held: Funnel | None = cache.get(key(known)) if known else None
    if held and held.at.astimezone(calendar()).date() == span.end.astimezone(calendar()).date():
        return held
    return counted(None if staff.is_active and staff.sees_every_store else stores.visible_to(staff), span)


def counted(shops: QuerySet[Store] | None, span: Span) -> Funnel:
    """The same from the rows; ``shops`` None: every store."""
    return Funnel(_cohort(shops, span), _cohort(shops, span.before), span.end)


def key(name: str) -> str:
    """The name in the cache beside the buyers of the same people and days."""
    return f"funnel-{name}"


def _cohort(shops: QuerySet[Store] | None, span: Span) -> Cohort:
    inside, words = ("", {}) if shops is None else subquery(shops)
    sql = JOINED.replace("@ordered", f"o.store_id IN ({inside})" if inside else "true")
    sql = sql.replace("@joined", f"m.home_store_id IN ({inside})" if inside else "true")
    with connection.cursor() as cursor:
        cursor.execute(sql, {"since": span.start, "until": span.end, **words})
        return Cohort(*cursor.fetchone())
