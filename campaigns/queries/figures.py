"""The few figures that a list of campaigns shows, and how a run is doing at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from loyalty.models import Coupon

from ..models import Campaign, Delivery

PULSE = timedelta(seconds=30)  # over which the speed is measured
Status = Delivery.Status
LOST = (Status.FAILED, Status.UNKNOWN, Status.SUPPRESSED)


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


def with_figures(rows: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """Campaigns with ``redeemed``, counted for the rows that are shown only; they know ``planned`` and ``sent``."""
    source = Concat(Value("campaign:"), Cast(OuterRef("pk"), CharField()), Value(":"), output_field=CharField())
    used = Coupon.objects.filter(template=OuterRef("coupon_template"), redeemed_at__isnull=False)
    own = used.annotate(cause=source).filter(source__startswith=F("cause")).order_by().values("template")
    return rows.select_related("snapshot").defer("snapshot__bits", "snapshot__rule").annotate(
        redeemed=Coalesce(Subquery(own.annotate(n=Count("pk")).values("n")), 0),
    )  # fmt: skip


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
