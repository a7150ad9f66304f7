"""The few figures that a list of campaigns shows, and how a run is doing at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q

from members.services.arrays import numbers

from ..models import Campaign, Delivery

PULSE = timedelta(seconds=30)  # over which the speed is measured
Status = Delivery.Status
LOST = (Status.FAILED, Status.UNKNOWN, Status.SUPPRESSED)
USED = """
    SELECT template_id, split_part(source, ':', 2) AS campaign, count(*) FROM loyalty_coupon
    WHERE template_id = ANY(%s::bigint[]) AND redeemed_at IS NOT NULL AND source LIKE 'campaign:%%'
    GROUP BY template_id, campaign
"""


@dataclass(frozen=True)
class Trouble:
    """So many messages ended in one state for one reason; ``label`` is for people."""

    status: int
    reason: str
    label: str
    count: int


@dataclass(frozen=True)
class Pulse:
    """``speed``: messages a second over the last half minute. ``troubles``: why messages did not arrive, most first."""

    speed: float
    troubles: list[Trouble]


def used_coupons(rows: Sequence[Campaign]) -> dict[int, int]:
    """How many coupons of each campaign were used, by its id: one question of the index of used coupons."""
    templates = {row.coupon_template_id for row in rows if row.coupon_template_id}
    found: dict[tuple[int, str], int] = {}
    if templates:
        with connection.cursor() as cursor:
            cursor.execute(USED, [numbers(templates)])
            found = {(template, campaign): count for template, campaign, count in cursor.fetchall()}
    return {row.pk: found.get((row.coupon_template_id or 0, str(row.pk)), 0) for row in rows}


def pulse(campaign: Campaign, *, now: datetime) -> Pulse:
    """Speed and troubles of a run."""
    rows = Delivery.objects.filter(campaign=campaign).order_by().values_list("status", "reason")
    recent = Count("pk", filter=Q(sent_at__gt=now - PULSE))
    found = list(rows.annotate(n=Count("pk"), recent=recent))
    troubles = [
        Trouble(status, reason, str(Delivery.Reason(reason).label), count)
        for status, reason, count, _recent in found
        if status in LOST and reason
    ]
    speed = sum(recent for _status, _reason, _count, recent in found) / PULSE.total_seconds()
    return Pulse(speed, sorted(troubles, key=lambda each: (-each.count, each.reason)))
