"""What happened to members, written in the transaction in which it happened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from stores.models import Channel, Store

from ..models import Event, Inbox, Member

COPY = "COPY members_event (id, kind, member_id, at, store_id, channel_id, data) FROM STDIN"
DRAW = "SELECT nextval('members_event_id_seq') FROM generate_series(1, %s)"
DELIVER = """
    INSERT INTO members_inbox (reader, event_id, tries, problem)
    SELECT %s, id, 0, '' FROM unnest(%s::bigint[]) AS given (id)
"""


class NewEvent(NamedTuple):
    """One fact on its way into the table. ``kind`` is past tense and dotted: ``order.paid``."""

    kind: str
    member_id: int | None
    at: datetime
    store_id: int | None = None
    channel_id: int | None = None
    data: dict[str, Any] = {}


def append(
    kind: str,
    *,
    member: Member | None,
    at: datetime,
    store: Store | None = None,
    channel: Channel | None = None,
    **data: Any,
) -> Event:
    """Write one fact, and a copy for every reader that listens to its kind.

    ``at`` is when it happened; the database notes for itself when it was told.
    """
    came_as = member.came_as if member else None
    event = Event.objects.create(
        kind=kind, member=member, at=at, store=store, channel=channel, data=data, came_as=came_as
    )
    Inbox.objects.bulk_create(Inbox(reader=reader, event=event) for reader in readers_of(kind))
    return event


def append_many(rows: Iterable[NewEvent]) -> int:
    """Write many facts in one stream, and their copies in one statement for each reader; how many facts."""
    rows = list(rows)
    if not rows:
        return 0
    with connection.wrap_database_errors, connection.cursor() as cursor:
        ids = [drawn for (drawn,) in cursor.execute(DRAW, [len(rows)]).fetchall()]
        with cursor.copy(COPY) as copy:
            for number, row in zip(ids, rows, strict=True):
                copy.write_row((number, *row[:5], json.dumps(row.data, separators=(",", ":"))))
    deliver(zip(ids, (row.kind for row in rows), strict=True))
    return len(rows)


def deliver(written: Iterable[tuple[int, str]]) -> None:
    """Leave copies of events, given as (id, kind), with the readers that listen to their kind. Inner."""
    for_reader: dict[str, list[int]] = {}
    for number, kind in written:
        for reader in readers_of(kind):
            for_reader.setdefault(reader, []).append(number)
    with connection.cursor() as cursor:
        for reader, numbers in for_reader.items():
            cursor.execute(DELIVER, [reader, numbers])


def readers_of(kind: str) -> list[str]:
    """The apps that listen to events of this kind; ``settings.EVENT_READERS`` says which kinds each hears."""
    return [reader for reader, kinds in settings.EVENT_READERS.items() if "*" in kinds or kind in kinds]
