"""Events that partners tell, in sets: each once, each judged by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from stores.models import Channel, Store
from stores.services import answers

from ..rules import event_schemas
from ..rules.receipts import CLOCK_SKEW, EARLIEST, MemberRef
from . import events
from .arrays import numbers, texts
from .events import NewEvent

MEMBERS = """
    SELECT i.kind, i.value, i.member_id FROM unnest(%s::smallint[], %s::text[]) AS asked (kind, value)
    JOIN members_identity i ON i.kind = asked.kind AND i.value = asked.value
"""
CREATED, DUPLICATE, REJECTED = "created", "duplicate", "rejected"


class NewFact(NamedTuple):
    """One event on its way in. ``key`` is the partner's own number of it; ``store`` a code, or nothing."""

    key: str
    name: str
    version: int | None
    ref: MemberRef
    store: str
    at: datetime
    data: dict[str, Any]


class Told(NamedTuple):
    """What became of one event: created, duplicate, or rejected with a code and the field it is about."""

    status: str
    code: str = ""
    field: str = ""


@transaction.atomic(durable=True)
def record_many(news: Sequence[NewFact], *, channel: Channel, within: QuerySet[Store], now: datetime) -> list[Told]:
    """Write each event once, placed by its own time; one answer for each, in the same order.

    A few statements for any number. Of two with one key, in this set or at the same moment, one is written.
    """
    shops = dict(within.filter(code__in={new.store for new in news if new.store}).values_list("code", "pk"))
    people = _people(news)
    judged = [_judge(new, shops, people, now) for new in news]
    good = {new.key for new, (wrong, _data) in zip(news, judged, strict=True) if wrong is None}
    fresh = answers.take_names(channel, "event", sorted(good), now=now)
    told, rows = [], []
    for new, (wrong, data) in zip(news, judged, strict=True):
        if wrong is not None:
            told.append(Told(REJECTED, *wrong))
        elif new.key not in fresh:
            told.append(Told(DUPLICATE))
        else:
            fresh.discard(new.key)
            told.append(Told(CREATED))
            rows.append(NewEvent(new.name, people[new.ref], new.at, shops.get(new.store), channel.pk, data))
    events.append_many(rows)
    return told


def _people(news: Sequence[NewFact]) -> dict[MemberRef, int]:
    refs = {new.ref for new in news if new.ref.value}
    if not refs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, [numbers([ref.kind for ref in refs]), texts([ref.value for ref in refs])])
        return {MemberRef(kind, value): member_id for kind, value, member_id in cursor.fetchall()}


def _judge(
    new: NewFact, shops: dict[str, int], people: dict[MemberRef, int], now: datetime
) -> tuple[event_schemas.Wrong | None, dict[str, Any]]:
    wrong = event_schemas.Wrong
    schema = event_schemas.find(new.name, new.version)
    if schema is None:
        return wrong("unknown_event", "type"), {}
    if not EARLIEST <= new.at <= now + CLOCK_SKEW:
        return wrong("bad_time", "at"), {}
    if (new.store or schema.at_store) and new.store not in shops:
        return wrong("unknown_store", "store"), {}
    if new.ref not in people:
        return wrong("unknown_member", "member"), {}
    data, fault = event_schemas.read(schema, new.data)
    return fault, data | {"version": schema.version}
