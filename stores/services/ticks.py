"""A store's tasks of the day: ticked off, and taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ..models import Staff, Store, TaskDone
from ..queries import ticks
from . import log

KINDS = frozenset({"code", "promotion", "greet", "birthdays", "expiring"})


@transaction.atomic(durable=True)
def finish(store: Store, kind: str, *, by: Staff, now: datetime) -> bool:
    """Tick a task of today off; whether it was still open. Raises KeyError for a task that does not exist."""
    if kind not in KINDS:
        raise KeyError(kind)
    row, made = TaskDone.objects.get_or_create(
        store=store, day=ticks.today(store, now=now), kind=kind, defaults={"done_by": by, "done_at": now}
    )
    if made:
        log.record("task.done", row, by=by, now=now, store_id=store.pk, after={"kind": kind})
    return made


@transaction.atomic(durable=True)
def reopen(store: Store, kind: str, *, by: Staff, now: datetime) -> bool:
    """Take a tick of today back; whether there was one."""
    row = TaskDone.objects.filter(store=store, day=ticks.today(store, now=now), kind=kind).first()
    if row is None:
        return False
    log.record("task.reopened", row, by=by, now=now, store_id=store.pk, before={"kind": kind})
    row.delete()
    return True
