"""What a gateway tells later about messages: noted once for each kind, and the word on those of unknown fate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery

from members.services.arrays import numbers, texts
from stores.models import Sender

from ..models import Campaign, Delivery, Receipt

Status, Kind = Delivery.Status, Receipt.Kind

NOTE = """
    INSERT INTO campaigns_receipt (delivery_id, kind, at, detail)
    SELECT d.id, g.kind, g.at, g.detail
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[]) AS g (id, kind, at, detail)
    JOIN campaigns_delivery d ON d.id = g.id JOIN campaigns_campaign c ON c.id = d.campaign_id
    WHERE c.sender_id = %s AND d.status IN (2, 3, 4, 6)
    ON CONFLICT (delivery_id, kind) DO NOTHING RETURNING delivery_id
"""


class Told(NamedTuple):
    """One line of a report. ``key`` as we sent it (``d4711``), ``kind`` delivered or failed."""

    key: str
    kind: str
    at: datetime
    detail: str = ""


@transaction.atomic(durable=True)
def note_many(sender: Sender, told: Iterable[Told]) -> int:
    """Note the report of one sender about its own messages; how many lines were new. Foreign keys are passed over."""
    return note(sender, told)


def note(sender: Sender, told: Iterable[Told]) -> int:
    """The same inside a transaction. Inner."""
    rows = {(number, line.kind): line for line in told if (number := _number(line.key)) is not None}
    columns = [
        numbers(number for number, _kind in rows), texts(kind for _number, kind in rows),
        texts(line.at for line in rows.values()), texts(line.detail[:120].replace("\x00", "") for line in rows.values()),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        new = [number for (number,) in cursor.execute(NOTE, [*columns, sender.pk])]
    _settle(set(new))
    return len(new)


def _settle(ids: set[int]) -> None:
    """A message of unknown fate is what its receipt says. Its place under the cap stays taken: it was an attempt."""
    unknown = Delivery.objects.filter(pk__in=ids, status=Status.UNKNOWN)
    arrived = Receipt.objects.filter(delivery=OuterRef("pk"), kind=Kind.DELIVERED)
    here = unknown.filter(receipts__kind=Kind.DELIVERED).order_by("campaign_id")
    found = Counter(here.select_for_update(of=("self",), no_key=True).values_list("campaign_id", flat=True))
    here.order_by().update(status=Status.SENT, reason="", sent_at=Subquery(arrived.values("at")[:1]))
    for campaign, count in sorted(found.items()):
        Campaign.objects.filter(pk=campaign).update(sent=F("sent") + count)
    unknown.filter(receipts__kind=Kind.FAILED).update(status=Status.FAILED, reason=Delivery.Reason.REFUSED)


def _number(key: str) -> int | None:
    digits = key.removeprefix("d")
    fits = key.startswith("d") and digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if fits else None
