"""What platforms told, and how the channels are doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Max, Min, Q, QuerySet, Sum

from ..models import ApiKey, Channel, ChannelSecret, Notice, NoticeRefusal, Staff
from . import channels

DAY = timedelta(hours=24)
State = Notice.State


@dataclass(frozen=True)
class Health:
    """How a channel is doing. ``share_bad`` of the last 24 hours; ``lag`` from event to arrival, on average.

    ``is_stale``: nothing good came for longer than the channel's limit; None when it has no limit.
    """

    last_success_at: datetime | None
    told: int = 0
    refused: int = 0
    failed: int = 0
    lag: timedelta | None = None
    waiting: int = 0
    oldest_waiting_at: datetime | None = None
    is_stale: bool | None = None

    @property
    def share_bad(self) -> float:
        """From 0 to 1."""
        every = self.told + self.refused
        return (self.refused + self.failed) / every if every else 0.0


def listening(code: str) -> Channel | None:
    """The channel behind the address that a platform was given."""
    return Channel.objects.filter(code=code, is_active=True).exclude(platform="").first()


def visible_to(staff: Staff) -> QuerySet[Notice]:
    """The notices of the channels that a person sees."""
    return Notice.objects.filter(channel__in=channels.visible_to(staff)).select_related("channel")


def editable_by(staff: Staff) -> QuerySet[Notice]:
    """The notices that a person may have dealt with again."""
    return Notice.objects.filter(channel__in=channels.editable_by(staff)).select_related("channel")


def log_of(channel: Channel) -> QuerySet[Notice]:
    """A channel's notices, latest first, without their content."""
    return Notice.objects.filter(channel=channel).defer("body").order_by("-received_at", "-pk")


def refusals_of(channel: Channel, *, now: datetime) -> dict[str, int]:
    """How often something was not taken in the last 24 hours, by why."""
    rows = NoticeRefusal.objects.filter(channel=channel, last_at__gt=now - DAY)
    return {row["word"]: row["n"] for row in rows.values("word").annotate(n=Sum("count")).order_by("-n")}


def secrets_of(channel: Channel, *, now: datetime) -> dict[str, list[ChannelSecret]]:
    """The live secrets by name, newest first, without their content."""
    live: dict[str, list[ChannelSecret]] = {}
    rows = ChannelSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), channel=channel).defer("sealed")
    for row in rows.order_by("-added_at", "-pk"):
        live.setdefault(row.name, []).append(row)
    return live


def health_of(rows: list[Channel], *, now: datetime) -> Mapping[int, Health]:
    """How these channels are doing, by id; four statements whatever their number."""
    ids = [channel.pk for channel in rows]
    since = now - DAY
    keys = dict(
        ApiKey.objects.filter(channel__in=ids).values_list("channel").annotate(last=Max("last_used_at")).order_by()
    )
    recent = Notice.objects.filter(channel__in=ids, received_at__gt=since).values("channel").order_by()
    told = {
        row["channel"]: row
        for row in recent.annotate(
            n=Count("pk"), bad=Count("pk", filter=Q(state=State.FAILED)), lag=Avg(F("received_at") - F("happened_at"))
        )
    }
    waiting = {
        row["channel"]: row
        for row in Notice.objects.filter(channel__in=ids, state=State.NEW)
        .values("channel")
        .annotate(n=Count("pk"), oldest=Min("received_at"))
        .order_by()
    }
    refused = dict(
        NoticeRefusal.objects.filter(channel__in=ids, last_at__gt=since)
        .values_list("channel")
        .annotate(n=Sum("count"))
        .order_by()
    )
    none: Mapping[str, Any] = {}
    return {
        one.pk: _health(
            one, keys.get(one.pk), told.get(one.pk, none), waiting.get(one.pk, none), refused.get(one.pk, 0), now
        )
        for one in rows
    }


def _health(
    channel: Channel,
    used: datetime | None,
    told: Mapping[str, Any],
    waiting: Mapping[str, Any],
    refused: int,
    now: datetime,
) -> Health:
    last = max(filter(None, (channel.last_success_at, used)), default=None)
    limit = timedelta(minutes=channel.fresh_minutes) if channel.fresh_minutes else None
    stale = None if limit is None else (last or channel.created_at) < now - limit
    return Health(
        last, told.get("n", 0), refused, told.get("bad", 0), told.get("lag"), waiting.get("n", 0),
        waiting.get("oldest"), stale,
    )  # fmt: skip
