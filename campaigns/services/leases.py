"""Batches under a lease: the queue of sending is a table, and whoever holds a row works it off.

A lease runs by the database's clock, so that two machines mean the same moment; when a batch may begin is business
time and comes from the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from members.services.arrays import numbers

from ..models import Batch, Campaign

SECONDS = 60  # of a lease; longer than any call to the other side takes
TOGETHER = 50  # batches of one triggered campaign that a worker takes at once: each holds one message

CLAIM = """
    WITH due AS (
        SELECT b.id FROM campaigns_batch b
        JOIN campaigns_campaign c ON c.id = b.campaign_id
        JOIN stores_sender s ON s.id = c.sender_id
        WHERE b.status IN (1, 2) AND b.not_before <= %(now)s AND (b.status = 1 OR b.lease_until < clock_timestamp())
          AND (c.status = 'cancelled' OR c.status = 'running' AND s.is_active
               AND (s.closed_until IS NULL OR s.closed_until <= %(now)s))
          AND (%(campaign)s IS NULL OR c.id = %(campaign)s)
        ORDER BY c.kind = 'triggered' DESC, b.not_before, b.id LIMIT %(most)s
        FOR UPDATE OF b SKIP LOCKED
    )
    UPDATE campaigns_batch b SET status = 2, attempts = b.attempts + 1, worker = %(worker)s,
        lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
    FROM due WHERE b.id = due.id RETURNING b.id, b.campaign_id, b.step, b.batch_no, b.attempts
"""
RENEW = """
    UPDATE campaigns_batch SET lease_until = clock_timestamp() + %s * interval '1 second'
    WHERE id = ANY(%s::bigint[]) AND worker = %s AND status = 2
"""
RELEASE = """
    UPDATE campaigns_batch SET status = %s, not_before = GREATEST(not_before, %s), lease_until = NULL
    WHERE id = ANY(%s::bigint[]) AND worker = %s AND status = 2
"""
NEW = """
    INSERT INTO campaigns_batch (id, campaign_id, step, batch_no, status, attempts, not_before, worker)
    SELECT n, %s, %s, -n, 1, 0, %s, '' FROM nextval(pg_get_serial_sequence('campaigns_batch', 'id')) n
    RETURNING batch_no
"""
MOVE = "UPDATE campaigns_delivery SET batch_no = %s WHERE id = ANY(%s::bigint[]) AND status IN (1, 2)"


class LeaseLost(Exception):
    """Somebody else has taken the batch, since this worker was away for too long."""


@dataclass
class Held:
    """Batches of one campaign under this worker's lease."""

    campaign: Campaign
    step: int
    worker: str
    seconds: float
    ids: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    attempts: int = 1


@transaction.atomic(durable=True)
def claim(*, worker: str, now: datetime, seconds: float = SECONDS) -> Held | None:
    """Take the next batch that may begin, those of triggered campaigns first; None when there is none."""
    held = _claim(worker, now, seconds, campaign=None, most=1)
    if held and held.campaign.kind == Campaign.Kind.TRIGGERED:
        more = _claim(worker, now, seconds, campaign=held.campaign.pk, most=TOGETHER - 1)
        if more and more.step == held.step:
            held.ids += more.ids
            held.numbers += more.numbers
    return held


def _claim(worker: str, now: datetime, seconds: float, *, campaign: int | None, most: int) -> Held | None:
    given: dict[str, Any] = {"now": now, "worker": worker, "seconds": seconds, "campaign": campaign, "most": most}
    with connection.cursor() as cursor:
        rows = cursor.execute(CLAIM, given).fetchall()
    if not rows:
        return None
    known = Campaign.objects.select_related("sender", "brand", "coupon_template", "store").get(pk=rows[0][1])
    return Held(
        known, rows[0][2], worker, seconds, [row[0] for row in rows], [row[3] for row in rows],
        max(row[4] for row in rows),
    )  # fmt: skip


def renew(held: Held) -> None:
    """Keep the batches for another while. Inner. Raises LeaseLost."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [held.seconds, numbers(held.ids), held.worker])
        if cursor.rowcount != len(held.ids):
            raise LeaseLost


def release(held: Held, *, not_before: datetime) -> None:
    """Let somebody take the batches again, from a moment on. Inner."""
    _release(held, Batch.Status.PENDING, not_before)


def finish(held: Held, *, now: datetime) -> None:
    """The batches hold nothing more to do. Inner."""
    _release(held, Batch.Status.DONE, now)


def _release(held: Held, status: int, not_before: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [status, not_before, numbers(held.ids), held.worker])


def defer(held: Held, delivery_ids: Iterable[int], *, not_before: datetime) -> None:
    """Move deliveries into a batch of their own that begins later. Inner."""
    if ids := list(delivery_ids):
        with connection.cursor() as cursor:
            row = cursor.execute(NEW, [held.campaign.pk, held.step, not_before]).fetchone()
            cursor.execute(MOVE, [row[0], numbers(ids)])


def after_trouble(held: Held, now: datetime) -> datetime:
    """When to try a batch again that made a worker stumble: longer each time, an hour at most."""
    return now + timedelta(seconds=min(5 * 2 ** min(held.attempts, 12), 3_600))
