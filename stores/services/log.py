"""The action log. Every service that changes something leaves a line here, in the same transaction."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ..models import LogEntry, Staff


def record(
    action: str,
    thing: Any,
    *,
    by: Staff | None,
    now: datetime,
    store_id: int | None = None,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
    address: str | None = None,
) -> LogEntry:
    """Write one line: ``action`` is dotted and past tense (``store.edited``); before/after hold masked values only."""
    return LogEntry.objects.create(
        at=now,
        actor_id=by.pk if by else None,
        actor_name=str(by)[:60] if by else "",
        action=action,
        object_kind=thing._meta.model_name,
        object_id=thing.pk if isinstance(thing.pk, int) else None,
        object_label=str(thing)[:160],
        store_id=store_id,
        before=before or {},
        after=after or {},
        reason=reason[:300],
        address=address,
    )


def record_many(
    action: str,
    things: Iterable[Any],
    *,
    by: Staff | None,
    now: datetime,
    store_of: Callable[[Any], int | None] = lambda thing: None,
    reason: str = "",
) -> None:
    """Write the same line for many things in one statement; ``store_of`` gives each thing's store id."""
    LogEntry.objects.bulk_create(
        LogEntry(
            at=now,
            actor_id=by.pk if by else None,
            actor_name=str(by)[:60] if by else "",
            action=action,
            object_kind=thing._meta.model_name,
            object_id=thing.pk,
            object_label=str(thing)[:160],
            store_id=store_of(thing),
            reason=reason[:300],
        )
        for thing in things
    )
