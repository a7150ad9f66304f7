"""What came of a campaign: everybody who was planned, in one state with one reason, and what they did afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Q, Sum

from loyalty.models import Coupon

from ..models import Batch, Campaign, Delivery, Receipt

Status = Delivery.Status
ORDERS = """
    SELECT count(*), COALESCE(sum(o.amount - o.refunded), 0), count(DISTINCT o.member_id)
    FROM members_order o
    WHERE EXISTS (
        SELECT FROM campaigns_delivery d
        WHERE d.campaign_id = %s AND d.member_id = o.member_id AND d.status = 3
          AND o.paid_at >= d.sent_at AND o.paid_at < d.sent_at + %s * interval '1 day'
    ) AND o.member_id IN (SELECT member_id FROM campaigns_delivery WHERE campaign_id = %s AND status = 3)
      AND o.paid_at >= %s AND o.paid_at < %s::timestamptz + %s * interval '1 day'
"""
SPAN = "SELECT min(sent_at), max(sent_at) FROM campaigns_delivery WHERE campaign_id = %s AND status = 3"


@dataclass(frozen=True)
class Lost:
    """So many got nothing, for one reason. ``status`` is failed, unknown or suppressed; ``label`` is for people."""

    status: int
    reason: str
    label: str
    count: int


@dataclass(frozen=True)
class Results:
    """``planned`` = ``waiting`` + ``sent`` + the sum of ``lost``, to the person.

    ``orders`` and ``sales`` (yuan, refunds taken off) count each order of a member once that was paid within
    ``window_days`` days after a message of this campaign reached them; ``buyers`` are the members who bought.
    """

    planned: int
    waiting: int
    sent: int
    failed: int
    unknown: int
    suppressed: int
    lost: list[Lost]
    delivered: int
    undelivered: int
    opened: int
    issued: int
    redeemed: int
    discount: Decimal
    orders: int
    sales: Decimal
    buyers: int
    window_days: int

    @property
    def eligible(self) -> int:
        """Who was not left out beforehand."""
        return self.planned - self.suppressed

    @property
    def is_whole(self) -> bool:
        """Nobody is missing and nobody counted twice."""
        return self.planned == self.waiting + self.sent + sum(each.count for each in self.lost)


@dataclass(frozen=True)
class Progress:
    """How far a run is: batches of about a thousand, and messages by state."""

    batches: int
    batches_done: int
    audience: int
    planned: int
    waiting: int
    in_flight: int
    sent: int
    failed: int
    unknown: int
    suppressed: int
    next_at: datetime | None

    @property
    def share(self) -> float:
        """0..1 of what is planned."""
        whole = max(self.audience, self.planned)
        return (self.planned - self.waiting - self.in_flight) / whole if whole else 0.0


def results(campaign: Campaign) -> Results:
    """The whole of it, as it stands now."""
    found = _states(campaign)
    by_status = dict.fromkeys(Status, 0)
    lost = []
    for (status, reason), count in found.items():
        by_status[Status(status)] += count
        if status in (Status.FAILED, Status.SUPPRESSED, Status.UNKNOWN):
            lost.append(Lost(status, reason, str(Delivery.Reason(reason).label), count))
    receipts = dict(
        Receipt.objects.filter(delivery__campaign=campaign).values_list("kind").annotate(n=Count("pk"))
    )  # fmt: skip
    opened = Delivery.objects.filter(campaign=campaign, opened_at__isnull=False).count()
    issued, redeemed, discount = _coupons(campaign)
    orders, sales, buyers = _orders(campaign)
    return Results(
        planned=sum(by_status.values()), waiting=by_status[Status.PENDING] + by_status[Status.IN_FLIGHT],
        sent=by_status[Status.SENT], failed=by_status[Status.FAILED], unknown=by_status[Status.UNKNOWN],
        suppressed=by_status[Status.SUPPRESSED], lost=sorted(lost, key=lambda each: (-each.count, each.reason)),
        delivered=receipts.get("delivered", 0), undelivered=receipts.get("failed", 0), opened=opened, issued=issued,
        redeemed=redeemed, discount=discount, orders=orders, sales=sales, buyers=buyers,
        window_days=campaign.window_days,
    )  # fmt: skip


def progress(campaign: Campaign) -> Progress:
    """For the page of a running campaign."""
    by_status = dict.fromkeys(Status, 0)
    for (status, _reason), count in _states(campaign).items():
        by_status[Status(status)] += count
    batches = Batch.objects.filter(campaign=campaign).aggregate(
        all=Count("pk"), done=Count("pk", filter=Q(status=Batch.Status.DONE))
    )
    waiting = Batch.objects.filter(campaign=campaign).exclude(status=Batch.Status.DONE).order_by("not_before")
    return Progress(
        batches["all"], batches["done"], campaign.snapshot.size if campaign.snapshot else 0, sum(by_status.values()),
        by_status[Status.PENDING], by_status[Status.IN_FLIGHT], by_status[Status.SENT], by_status[Status.FAILED],
        by_status[Status.UNKNOWN], by_status[Status.SUPPRESSED],
        waiting.values_list("not_before", flat=True).first(),
    )  # fmt: skip


def _states(campaign: Campaign) -> dict[tuple[int, str], int]:
    rows = Delivery.objects.filter(campaign=campaign).order_by().values_list("status", "reason")
    return {(status, reason): count for status, reason, count in rows.annotate(n=Count("pk"))}


def _coupons(campaign: Campaign) -> tuple[int, int, Decimal]:
    """(issued, redeemed, discount in yuan) of the coupons that name this campaign as their cause."""
    if campaign.coupon_template_id is None:
        return 0, 0, Decimal(0)
    mine = Coupon.objects.filter(template=campaign.coupon_template_id, source__startswith=f"campaign:{campaign.pk}:")
    used = mine.filter(redeemed_at__isnull=False).aggregate(count=Count("pk"), off=Sum("discount"))
    return mine.count(), used["count"], used["off"] or Decimal(0)


def _orders(campaign: Campaign) -> tuple[int, Decimal, int]:
    with connection.cursor() as cursor:
        first, last = cursor.execute(SPAN, [campaign.pk]).fetchone()
        if first is None:
            return 0, Decimal(0), 0
        days = campaign.window_days
        given = [campaign.pk, days, campaign.pk, first, last, days]
        return cursor.execute(ORDERS, given).fetchone()
