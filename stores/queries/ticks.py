"""Which of a store's tasks were ticked off today."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ..models import Store, TaskDone


def today(store: Store, *, now: datetime) -> date:
    """The day by the store's clock."""
    return now.astimezone(ZoneInfo(store.time_zone)).date()


def done(store: Store, *, now: datetime) -> dict[str, TaskDone]:
    """The tasks that were ticked off today, by kind, with who did it."""
    rows = TaskDone.objects.filter(store=store, day=today(store, now=now)).select_related("done_by")
    return {row.kind: row for row in rows}
