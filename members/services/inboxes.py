"""Reading what waits: one event at a time for what starts things, a set at a time for what follows along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from ..models import Event, Inbox

log = structlog.get_logger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 5, 3_600  # seconds until a failed event is tried again


def due(reader: str) -> QuerySet[Inbox]:
    """Rows that this reader should deal with now, locked, past those that another worker holds."""
    waiting = Inbox.objects.filter(reader=reader, due_at__lte=Now()).order_by("due_at", "id")
    return waiting.select_for_update(skip_locked=True, of=("self",))


def read(reader: str, handle: Callable[..., None], *, now: datetime, limit: int = 100) -> int:
    """Hand waiting events to ``handle(event, now=)``, each in its own transaction; how many were dealt with.

    What a failing handler did is undone and the event waits longer each time; no event is dropped.
    """
    for done in range(limit):
        with transaction.atomic(durable=True):
            row = due(reader).select_related("event").first()
            if row is None:
                return done
            try:
                with transaction.atomic():  # a failure undoes the handler's work and keeps the row
                    handle(row.event, now=now)
                    row.delete()
            except Exception as error:
                _postpone(row, error)
    return limit


def read_many(reader: str, handle: Callable[[list[Event]], None], *, limit: int = 5_000) -> int:
    """Hand up to ``limit`` waiting events to ``handle`` as one list in one transaction; how many.

    For followers that would rather see the same member once. A failure keeps all of them and is raised.
    """
    with transaction.atomic(durable=True):
        rows = list(due(reader).values_list("id", "event_id")[:limit])
        if rows:
            handle(list(Event.objects.filter(pk__in=[event for _, event in rows]).order_by("pk")))
            Inbox.objects.filter(pk__in=[row for row, _ in rows]).delete()
    return len(rows)


def _postpone(row: Inbox, error: Exception) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(row.tries, 12), LONGEST_PAUSE)
    log.warning(
        "event_postponed", reader=row.reader, event_id=row.event_id, tries=row.tries, error=type(error).__name__
    )
    Inbox.objects.filter(pk=row.pk).update(
        tries=F("tries") + 1, due_at=Now() + timedelta(seconds=pause), problem=f"{type(error).__name__}: {error}"[:300]
    )
