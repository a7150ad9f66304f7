"""What happened to members, written in the transaction in which it happened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from stores.models import Channel, Store

from ..models import Event, Member

COPY = "COPY members_event (kind, member_id, at, store_id, channel_id, data) FROM STDIN"


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
    """Write one fact. ``at`` is when it happened; the database notes for itself when it was told."""
    return Event.objects.create(kind=kind, member=member, at=at, store=store, channel=channel, data=data)


def append_many(rows: Iterable[NewEvent]) -> int:
    """Write many facts in one stream; how many."""
    count = 0
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row((*row[:5], json.dumps(row.data, separators=(",", ":"))))
            count += 1
    return count
