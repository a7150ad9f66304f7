"""What happened to a member may start a campaign for them: once for each cause, however often the event is read."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import F, Q

from loyalty.models import Program
from members.models import Event, Member
from segments.queries import audiences

from ..models import Batch, Campaign

ENTER = """
    INSERT INTO campaigns_delivery (campaign_id, step, occurrence, member_id, medium, batch_no, status, reason, attempts,
        provider_id, problem, created_at)
    SELECT %(campaign)s, 1, %(event)s, %(member)s, %(medium)s, -n, 1, '', 0, '', '', %(now)s
    FROM nextval(pg_get_serial_sequence('campaigns_batch', 'id')) n,
        (SELECT id FROM campaigns_campaign WHERE id = %(campaign)s AND status = 'running' FOR NO KEY UPDATE) c
    ON CONFLICT (campaign_id, member_id, step, medium, occurrence) DO NOTHING
    RETURNING -batch_no
"""


def on_event(event: Event, *, now: datetime) -> int:
    """Enter the member into every running campaign that listens to this event; how many. Inner, safe to repeat.

    What happened before a campaign began is no cause for it: a backlog of old events greets nobody.
    """
    member = event.member_id
    if member is None:
        return 0
    live = Campaign.objects.filter(status=Campaign.Status.RUNNING, trigger=event.kind, starts_at__lte=event.at)
    live = live.filter(Q(ends_at=None) | Q(ends_at__gt=event.at)).select_related("segment", "sender")
    concerned = [campaign for campaign in live.order_by("pk") if _concerns(campaign, event, member, now)]
    if not concerned or Member.everyone.filter(pk=member, joined_at=None).exists():  # nobody writes to prospects
        return 0
    return sum(_enter(campaign, event, now) for campaign in concerned)


def _concerns(campaign: Campaign, event: Event, member: int, now: datetime) -> bool:
    """Whether the event is of the campaign's brand, and the member in the campaign's audience."""
    brand = _brand_of(event)
    if brand is not None and brand != campaign.brand_id:
        return False
    if campaign.store_id is not None and event.store_id != campaign.store_id:
        return False
    return campaign.segment is None or audiences.holds(campaign.segment.rule, member, now=now)


def _brand_of(event: Event) -> int | None:
    """The brand whose store, programme or channel the event is of; a change of tier names its programme only."""
    if event.store is not None:
        return event.store.brand_id
    if isinstance(program := event.data.get("program"), int):
        return Program.objects.filter(pk=program).values_list("brand_id", flat=True).first()
    return event.channel.brand_id if event.channel is not None else None


def _enter(campaign: Campaign, event: Event, now: datetime) -> bool:
    """One delivery and the batch that holds it; nothing when it was paused, stopped or taken back meanwhile.

    The statement keeps the campaign as it is until our transaction ends: whoever takes it back waits for us.
    """
    given = {
        "campaign": campaign.pk, "event": event.pk, "member": event.member_id,
        "medium": campaign.launched_sender.medium, "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        row = cursor.execute(ENTER, given).fetchone()
    if row is None:
        return False
    Campaign.objects.filter(pk=campaign.pk).update(planned=F("planned") + 1)
    Batch.objects.create(id=row[0], campaign=campaign, batch_no=-row[0], not_before=now)
    return True
