"""A campaign becomes rows: one delivery for everybody in the locked audience, in slices. The table says who is due.

Two schedulers may do this at once, and either may die: rows, batches and how far it came are committed together, an
advisory lock keeps two from doing the same slice, and the unique key would stop what the lock did not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from members.services.arrays import numbers
from segments.queries import snapshots

from ..models import Campaign

SLICE = 50_000  # rows in one transaction
BATCH = 1_000  # deliveries that one worker holds at a time
LOCK = 0x51594641  # first half of the advisory lock: fan-out
Status, Kind = Campaign.Status, Campaign.Kind

CREATE = """
    INSERT INTO campaigns_delivery (campaign_id, step, occurrence, member_id, medium, batch_no, status, reason, attempts,
        provider_id, problem, created_at)
    SELECT %(campaign)s, 1, 1, g.member_id, %(medium)s, %(first)s + (g.n - 1) / %(batch)s, 1, '', 0, '', '', %(now)s
    FROM unnest(%(members)s::int[]) WITH ORDINALITY AS g (member_id, n)
    ON CONFLICT (campaign_id, member_id, step, medium, occurrence) DO NOTHING
"""
QUEUE = """
    INSERT INTO campaigns_batch (campaign_id, step, batch_no, status, attempts, not_before, worker)
    SELECT %(campaign)s, 1, %(first)s + n, 1, 0, %(now)s, '' FROM generate_series(0, %(last)s) n
    ON CONFLICT (campaign_id, step, batch_no) DO NOTHING
"""


def start_due(*, now: datetime, limit: int = 1_000) -> int:
    """Begin what is due and go on with what was cut short, so many slices at most; how many rows were made.

    Called outside of any transaction. The clock that rings this may ring twice or from two machines.
    """
    Campaign.objects.filter(status=Status.SCHEDULED, starts_at__lte=now).exclude(kind=Kind.TRIGGERED).update(
        status=Status.RUNNING, updated_at=now
    )
    begun = Q(status=Status.RUNNING) | Q(status=Status.CANCELLED, fanned_out_to__gt=0)
    due = Campaign.objects.filter(begun, fanned_out_at=None, snapshot__isnull=False).exclude(kind=Kind.TRIGGERED)
    made = 0
    for campaign in due.select_related("snapshot", "sender").defer("snapshot__bits").order_by("starts_at", "pk"):
        made += _fan_out(campaign, now=now, limit=limit)
    return made


def _fan_out(campaign: Campaign, *, now: datetime, limit: int) -> int:
    assert campaign.snapshot is not None, "only campaigns with a locked audience are due"
    ids = snapshots.ids_of(campaign.snapshot)  # sorted, so that a position is enough to go on
    made = 0
    for _slice in range(limit):
        count = _next_slice(campaign, ids, now)
        if count is None:
            break
        made += count
    return made


@transaction.atomic(durable=True)
def _next_slice(campaign: Campaign, ids, now: datetime) -> int | None:
    """Make the rows of the next slice; None when none is left or somebody else is at it."""
    if not is_mine(campaign):
        return None
    held = Campaign.objects.values("fanned_out_to", "fanned_out_at", "status").get(pk=campaign.pk)
    if held["fanned_out_at"] or held["status"] not in (Status.RUNNING, Status.CANCELLED):
        return None
    start = int(ids.searchsorted(held["fanned_out_to"], side="right"))
    chosen = ids[start : start + SLICE].tolist()
    count = _insert(campaign, chosen, start // BATCH, now) if chosen else 0
    is_last = start + len(chosen) >= len(ids)
    Campaign.objects.filter(pk=campaign.pk).update(
        fanned_out_to=chosen[-1] if chosen else F("fanned_out_to"),
        fanned_out_at=now if is_last else None,
        planned=F("planned") + count,
    )
    return count


def is_mine(campaign: Campaign) -> bool:
    """Whether nobody else is at this campaign; it is ours until the transaction ends. Inner."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '120s'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, campaign.pk % 2**31])
        return bool(cursor.fetchone()[0])


def _insert(campaign: Campaign, members: list[int], first: int, now: datetime) -> int:
    given: dict[str, Any] = {
        "campaign": campaign.pk, "medium": campaign.launched_sender.medium, "first": first, "batch": BATCH, "now": now,
        "members": numbers(members), "last": (len(members) - 1) // BATCH,
    }  # fmt: skip
    with connection.cursor() as cursor:
        made = cursor.execute(CREATE, given).rowcount
        cursor.execute(QUEUE, given)
    return made
