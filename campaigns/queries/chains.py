"""What followed a message, person by person: content, coupon, visit, second visit, feedback; and their sums.

A visit is a day (of the store's own clock) on which the member bought or used a coupon in a store, within the
campaign's window after the message. Persons and sums are read from the same statement, so they agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from stores.models import Store

from ..models import Campaign, Delivery

CHAINS = """
    WITH told AS ({told}), acts AS (
        SELECT t.id, o.paid_at AS at, o.store_id FROM told t JOIN members_order o ON o.member_id = t.member_id
            AND o.paid_at >= t.sent_at AND o.paid_at < t.sent_at + %s * interval '1 day'
        UNION ALL
        SELECT t.id, k.redeemed_at, k.redeemed_store_id FROM told t JOIN loyalty_coupon k ON k.member_id = t.member_id
            AND k.redeemed_store_id IS NOT NULL AND k.redeemed_at >= t.sent_at
            AND k.redeemed_at < t.sent_at + %s * interval '1 day'
    ), visits AS (
        SELECT a.id, min(a.at) AS at, (array_agg(a.store_id ORDER BY a.at))[1] AS store_id,
            row_number() OVER (PARTITION BY a.id ORDER BY min(a.at)) AS n
        FROM acts a JOIN stores_store s ON s.id = a.store_id GROUP BY a.id, (a.at AT TIME ZONE s.time_zone)::date
    )
    SELECT {chosen}
    FROM told t
    LEFT JOIN loyalty_coupon k ON k.template_id = %s AND k.member_id = t.member_id
        AND k.source = 'campaign:' || t.campaign_id || ':' || t.occurrence
    LEFT JOIN visits v ON v.id = t.id AND v.n = 1
    LEFT JOIN visits w ON w.id = t.id AND w.n = 2
    LEFT JOIN campaigns_feedback f ON f.delivery_id = t.id
"""
PERSON = """t.id, t.sent_at, t.opened_at, k.issued_at, k.redeemed_at, v.at, v.store_id, w.at, w.store_id, f.at, f.score,
    f.words"""
SUMS = "count(*), count(t.opened_at), count(k.issued_at), count(k.redeemed_at), count(v.at), count(w.at), count(f.at)"


@dataclass(frozen=True)
class Chain:
    """The links of one message that was sent, each with its moment; None where the chain ends or has a gap."""

    delivery: int
    told_at: datetime
    opened_at: datetime | None = None
    coupon_at: datetime | None = None
    used_at: datetime | None = None
    visit_at: datetime | None = None
    visit_store: int | None = None
    again_at: datetime | None = None
    again_store: int | None = None
    feedback_at: datetime | None = None
    score: int | None = None
    words: str | None = None


@dataclass(frozen=True)
class Sums:
    """How many persons have each link."""

    told: int = 0
    opened: int = 0
    given: int = 0
    used: int = 0
    visited: int = 0
    again: int = 0
    answered: int = 0


def of(rows: QuerySet[Delivery], campaign: Campaign) -> list[Chain]:
    """The chains of those of these messages of one campaign that were sent."""
    return sorted((Chain(*values) for values in _ask(rows, campaign, PERSON)), key=lambda chain: chain.delivery)


def sums(rows: QuerySet[Delivery], campaign: Campaign) -> Sums:
    """The same, counted."""
    return Sums(*next(iter(_ask(rows, campaign, SUMS))))


def places(chain: Chain) -> dict[int, Store]:
    """The stores of its visits, by their keys."""
    return Store.objects.in_bulk([key for key in (chain.visit_store, chain.again_store) if key is not None])


def _ask(rows: QuerySet[Delivery], campaign: Campaign, chosen: str) -> Iterable[Any]:
    sent = rows.filter(campaign=campaign, status=Delivery.Status.SENT, sent_at__isnull=False).order_by()
    told, given = sent.values(
        "id", "campaign_id", "member_id", "occurrence", "sent_at", "opened_at"
    ).query.sql_with_params()
    days = campaign.window_days
    with connection.cursor() as cursor:
        text = CHAINS.format(told=told, chosen=chosen)
        return cursor.execute(text, [*given, days, days, campaign.coupon_template_id]).fetchall()
