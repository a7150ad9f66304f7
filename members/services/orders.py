"""Orders and refunds as rows: stored once, in sets. What they earn is the business of ``loyalty``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from stores.models import Store

from ..rules import receipts
from ..rules.receipts import MemberRef, NewLine, NewOrder, NewRefund, Refusal
from . import events, hot, prospects, references
from .arrays import binaries, numbers, texts
from .references import Known

__all__ = ["MemberRef", "NewLine", "NewOrder", "NewRefund", "Recorded", "RecordedRefund", "Refusal", "Status"]

INSERT_ORDERS = """
    INSERT INTO members_order
        (channel_id, number, member_id, store_id, associate_id, amount, refunded, paid_at, received_at, digest, came_as,
         prospect_id)
    SELECT channel_id, number, member_id, store_id, associate_id, amount, 0, paid_at, %s, digest, came_as, prospect_id
    FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::numeric[], %s::timestamptz[],
                %s::bytea[], %s::int[], %s::int[])
        AS sent (channel_id, number, member_id, store_id, associate_id, amount, paid_at, digest, came_as, prospect_id)
    ORDER BY channel_id, number
    ON CONFLICT (channel_id, number) DO NOTHING
    RETURNING id, channel_id, number
"""
FIND_ORDERS = """
    SELECT o.channel_id, o.number, o.id, o.member_id, o.store_id, o.amount, o.refunded, o.digest, s.brand_id, o.paid_at,
        COALESCE(o.member_id, o.prospect_id)
    FROM unnest(%s::bigint[], %s::text[]) AS sent (channel_id, number)
    JOIN members_order o ON o.channel_id = sent.channel_id AND o.number = sent.number
    JOIN stores_store s ON s.id = o.store_id
    ORDER BY o.channel_id, o.number
"""
LOCK_ORDERS = FIND_ORDERS + "FOR UPDATE OF o"
COPY_LINES = """
    COPY members_orderline (order_id, line_no, sku, product_id, name, quantity, amount) FROM STDIN
"""
THEIR_LINES = """
    INSERT INTO members_orderline (order_id, line_no, sku, product_id, name, quantity, amount)
    SELECT o.id, line_no, sku, product_id, name, quantity, amount
    FROM o, unnest(%s::smallint[], %s::text[], %s::bigint[], %s::text[], %s::numeric[], %s::numeric[])
        AS sent (line_no, sku, product_id, name, quantity, amount)
"""
THEIR_KEYS = "SELECT id, channel_id, number FROM o"
FIND_REFUNDS = """
    SELECT r.channel_id, r.number, r.id, r.order_id, r.amount
    FROM unnest(%s::bigint[], %s::text[]) AS sent (channel_id, number)
    JOIN members_refund r ON r.channel_id = sent.channel_id AND r.number = sent.number
"""
INSERT_REFUNDS = """
    INSERT INTO members_refund (order_id, channel_id, number, amount, refunded_at, received_at, reason)
    SELECT order_id, channel_id, number, amount, refunded_at, %s, reason
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::numeric[], %s::timestamptz[], %s::text[])
        AS sent (order_id, channel_id, number, amount, refunded_at, reason)
    ORDER BY channel_id, number
    ON CONFLICT (channel_id, number) DO NOTHING
    RETURNING channel_id, number, id
"""
RAISE_REFUNDED = """
    UPDATE members_order o SET refunded = sent.refunded
    FROM unnest(%s::bigint[], %s::numeric[]) AS sent (order_id, refunded) WHERE o.id = sent.order_id
"""
Key = tuple[int, str]  # channel id, number


class Status(StrEnum):
    CREATED = "created"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Recorded(NamedTuple):
    """What became of one order that was sent. ``member_id`` is None for a shopper nobody knows, and for a prospect.

    ``person_id`` is whose timeline shows it: the member's or the prospect's.
    """

    status: Status
    refusal: Refusal | None = None
    order_id: int | None = None
    member_id: int | None = None
    store_id: int | None = None
    brand_id: int | None = None
    person_id: int | None = None


class RecordedRefund(NamedTuple):
    """What became of one refund that was sent, with the order's refunded sum before and after it (yuan)."""

    status: Status
    refusal: Refusal | None = None
    refund_id: int | None = None
    order_id: int | None = None
    member_id: int | None = None
    store_id: int | None = None
    brand_id: int | None = None
    amount: Decimal = Decimal(0)
    refunded_before: Decimal = Decimal(0)
    refunded_after: Decimal = Decimal(0)
    person_id: int | None = None


# --- orders --------------------------------------------------------------------------------------------
def record_many(news: Sequence[NewOrder], *, now: datetime, within: QuerySet[Store] | None = None) -> list[Recorded]:
    """Store each order once and append ``order.paid``; one answer for each order sent, in the same order. Inner.

    ``within`` are the stores that the sender may write for; others are unknown to it. An order that was there
    before answers ``duplicate`` when it is the same, and ``rejected`` (``other_body``) when it is not.
    """
    answers: list[Recorded | None] = [_refused(receipts.fault(new, now=now)) for new in news]
    known = _known([new for new, answer in zip(news, answers, strict=True) if answer is None], within, now)
    digests: dict[int, bytes] = {}
    first: dict[Key, int] = {}
    for place, new in enumerate(news):
        if answers[place] is None and new.store not in known.stores:
            answers[place] = Recorded(Status.REJECTED, Refusal.UNKNOWN_STORE)
        if answers[place] is None:
            digests[place] = receipts.digest(new)
            first.setdefault((new.channel.pk, new.number), place)
    created = _insert(news, first, digests, known, now)
    for key, order_id in created.items():
        place = first[key]
        answers[place] = _created(news[place], order_id, known)
    _answer_repeats(news, answers, digests)
    _write_lines(news, created, first, known)
    _append_paid(news, answers)
    return [answer for answer in answers if answer is not None]


def _known(news: Sequence[NewOrder], within: QuerySet[Store] | None, now: datetime) -> Known:
    """What these orders refer to. Buyers by a platform's name whom nobody knows become prospects.

    Prospects are held: whoever joins at this moment has joined before, or finds these orders afterwards.
    """
    known = references.look_up(news, within)
    people = known.people()
    strangers = {new.member: new for new in reversed(news) if new.member and new.member not in people}
    made = sum(
        prospects.make_many([ref], prospects.Seen(new.paid_at, new.channel), now=now)
        for ref, new in sorted(strangers.items(), key=lambda pair: pair[0])
        if ref.kind in prospects.GIVEN and new.store in known.stores
    )
    if not made and not known.prospects:
        return known
    known = references.look_up(news, within) if made else known
    return references.look_up(news, within) if prospects.hold_many(known.prospects.values()) else known


def _refused(refusal: Refusal | None) -> Recorded | None:
    return Recorded(Status.REJECTED, refusal) if refusal else None


def _created(new: NewOrder, order_id: int, known: Known) -> Recorded:
    store_id, brand_id = known.stores[new.store]
    member_id = known.members.get(new.member) if new.member else None
    person_id = member_id or (known.prospects.get(new.member) if new.member else None)
    return Recorded(Status.CREATED, None, order_id, member_id, store_id, brand_id, person_id)


def _insert(
    news: Sequence[NewOrder], first: dict[Key, int], digests: dict[int, bytes], known: Known, now: datetime
) -> dict[Key, int]:
    """Insert in the order of (channel, number), so that two batches cannot wait for each other in a circle."""
    if not first:
        return {}
    mine = [news[place] for place in first.values()]
    columns = [
        numbers([key[0] for key in first]),
        texts([key[1] for key in first]),
        numbers([known.members.get(new.member) if new.member else None for new in mine]),
        numbers([known.stores[new.store][0] for new in mine]),
        numbers([known.staff.get(new.associate) for new in mine]),
        numbers([new.amount for new in mine]),
        texts([new.paid_at for new in mine]),
        binaries([digests[place] for place in first.values()]),
        numbers([_came_as(new, known) for new in mine]),
        numbers([_prospect(new, known) for new in mine]),
    ]
    statement, lines = INSERT_ORDERS, []
    if len(mine) == 1 and mine[0].lines:  # a till's receipt: its lines go along
        statement, lines = (
            f"WITH o AS ({INSERT_ORDERS}), l AS ({THEIR_LINES}) {THEIR_KEYS}",
            _columns_of_lines(mine[0].lines, known),
        )
    with hot.cursor(len(mine)) as cursor:
        cursor.execute(statement, [now, *columns, *lines])
        return {(channel_id, number): order_id for order_id, channel_id, number in cursor.fetchall()}


def _came_as(new: NewOrder, known: Known) -> int | None:
    return known.came_as.get(new.member) if new.member in known.members else None


def _prospect(new: NewOrder, known: Known) -> int | None:
    """Whom to remember as a buyer who has not joined; of merged prospects the one who brought the name."""
    person = known.prospects.get(new.member) if new.member else None
    return known.came_as.get(new.member, person) if new.member and person else None


def _columns_of_lines(lines: Sequence[NewLine], known: Known) -> list[str]:
    return [
        numbers(range(1, len(lines) + 1)), texts([sku for sku, *_ in lines]),
        numbers([known.products.get(sku) for sku, *_ in lines]),
        texts([receipts.printable(name)[:160] for _, name, *_ in lines]),
        numbers([quantity for _, _, quantity, _ in lines]), numbers([amount for *_, amount in lines]),
    ]  # fmt: skip


def _answer_repeats(news: Sequence[NewOrder], answers: list[Recorded | None], digests: dict[int, bytes]) -> None:
    """Answer what stood there already, from this set or from before: the same is a duplicate, other is refused."""
    places = [place for place, answer in enumerate(answers) if answer is None]
    if not places:
        return
    keys = {(news[place].channel.pk, news[place].number) for place in places}
    with connection.cursor() as cursor:
        cursor.execute(FIND_ORDERS, [numbers([key[0] for key in keys]), texts([key[1] for key in keys])])
        stored = {(row[0], row[1]): row for row in cursor.fetchall()}
    for place in places:
        row = stored[news[place].channel.pk, news[place].number]
        if bytes(row[7]) == digests[place]:
            answers[place] = Recorded(Status.DUPLICATE, None, row[2], row[3], row[4], row[8])
        else:
            answers[place] = Recorded(Status.REJECTED, Refusal.OTHER_BODY)


def _write_lines(news: Sequence[NewOrder], created: dict[Key, int], first: dict[Key, int], known: Known) -> None:
    """The lines of many new orders in one stream; those of a single one went along with it."""
    with_lines = [(order_id, news[first[key]].lines) for key, order_id in created.items() if news[first[key]].lines]
    if len(first) == 1 or not with_lines:
        return
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY_LINES) as copy:
        for order_id, lines in with_lines:
            for line_no, (sku, name, quantity, amount) in enumerate(lines, 1):
                copy.write_row(
                    (order_id, line_no, sku, known.products.get(sku), receipts.printable(name)[:160], quantity, amount)
                )


def _append_paid(news: Sequence[NewOrder], answers: list[Recorded | None]) -> None:
    events.append_many(
        events.NewEvent(
            "order.paid", answer.person_id, new.paid_at, answer.store_id, new.channel.pk,
            {"order": answer.order_id, "number": new.number, "amount": str(new.amount)},
        )
        for new, answer in zip(news, answers, strict=True)
        if answer and answer.status == Status.CREATED and answer.person_id
    )  # fmt: skip


# --- refunds -------------------------------------------------------------------------------------------
def record_refunds(
    news: Sequence[NewRefund], *, now: datetime, within: QuerySet[Store] | None = None
) -> list[RecordedRefund]:
    """Store each refund once, raise the order's refunded sum and append ``order.refunded``. Inner.

    The orders are locked first, in the order of (channel, number); the sum of an order's refunds never passes its
    amount. One answer for each refund sent, in the same order.
    """
    faults = [receipts.fault_of_refund(new, now=now) for new in news]
    orders = _lock_orders([new for new, wrong in zip(news, faults, strict=True) if not wrong], within)
    stored = _stored_refunds([new for new, wrong in zip(news, faults, strict=True) if not wrong])
    answers: list[RecordedRefund] = []
    for new, wrong in zip(news, faults, strict=True):
        answer = RecordedRefund(Status.REJECTED, wrong) if wrong else _judge_refund(new, orders, stored)
        if answer.status == Status.CREATED:
            stored[new.channel.pk, new.number] = (None, answer.order_id, new.amount)
            orders[new.channel.pk, new.order_number][6] = answer.refunded_after
        answers.append(answer)
    return _insert_refunds(news, answers, now)


def _lock_orders(news: Sequence[NewRefund], within: QuerySet[Store] | None) -> dict[Key, list[Any]]:
    keys = sorted({(new.channel.pk, new.order_number) for new in news})
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ORDERS, [numbers([key[0] for key in keys]), texts([key[1] for key in keys])])
        rows = [list(row) for row in cursor.fetchall()]
    if within is not None:
        allowed = set(within.filter(pk__in={row[4] for row in rows}).values_list("pk", flat=True))
        rows = [row for row in rows if row[4] in allowed]
    return {(row[0], row[1]): row for row in rows}


def _stored_refunds(news: Sequence[NewRefund]) -> dict[Key, tuple[int | None, int | None, Decimal]]:
    with connection.cursor() as cursor:
        cursor.execute(FIND_REFUNDS, [numbers([new.channel.pk for new in news]), texts([new.number for new in news])])
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in cursor.fetchall()}


def _judge_refund(new: NewRefund, orders: dict[Key, list[Any]], stored: dict[Key, Any]) -> RecordedRefund:
    order = orders.get((new.channel.pk, new.order_number))
    if order is None:
        return RecordedRefund(Status.REJECTED, Refusal.UNKNOWN_ORDER)
    _, _, order_id, member_id, store_id, amount, refunded, _, brand_id, paid_at, person_id = order
    if before := stored.get((new.channel.pk, new.number)):
        if before[1:] == (order_id, new.amount):
            return RecordedRefund(
                Status.DUPLICATE, None, before[0], order_id, member_id, store_id, brand_id, amount, refunded, refunded
            )
        return RecordedRefund(Status.REJECTED, Refusal.OTHER_BODY)
    if new.refunded_at < paid_at - receipts.BACKDATED:
        return RecordedRefund(Status.REJECTED, Refusal.BEFORE_ORDER)
    after = refunded + new.amount
    if after > amount:
        return RecordedRefund(Status.REJECTED, Refusal.MORE_THAN_PAID)
    return RecordedRefund(
        Status.CREATED, None, None, order_id, member_id, store_id, brand_id, amount, refunded, after, person_id
    )


def _insert_refunds(news: Sequence[NewRefund], answers: list[RecordedRefund], now: datetime) -> list[RecordedRefund]:
    pairs = [(new, answer) for new, answer in zip(news, answers, strict=True) if answer.status == Status.CREATED]
    if not pairs:
        return answers
    with connection.cursor() as cursor:
        cursor.execute(INSERT_REFUNDS, [
            now, numbers([answer.order_id for _, answer in pairs]), numbers([new.channel.pk for new, _ in pairs]),
            texts([new.number for new, _ in pairs]), numbers([new.amount for new, _ in pairs]),
            texts([new.refunded_at for new, _ in pairs]), texts([receipts.printable(new.reason)[:200] for new, _ in pairs]),
        ])  # fmt: skip
        ids = {(channel_id, number): pk for channel_id, number, pk in cursor.fetchall()}
        answers, sums = _settle_sums(news, answers, ids)
        cursor.execute(RAISE_REFUNDED, [numbers(sums), numbers(sums.values())])
    events.append_many(
        events.NewEvent(
            "order.refunded", answer.person_id, new.refunded_at, answer.store_id, new.channel.pk,
            {"order": answer.order_id, "refund": answer.refund_id, "number": new.number, "amount": str(new.amount)},
        )
        for new, answer in zip(news, answers, strict=True)
        if answer.status == Status.CREATED and answer.person_id
    )  # fmt: skip
    return answers


def _settle_sums(
    news: Sequence[NewRefund], answers: list[RecordedRefund], ids: dict[Key, int]
) -> tuple[list[RecordedRefund], dict[int | None, Decimal]]:
    """Give stored refunds their ids and running sums; one whose number another order took meanwhile is refused.

    An order's sum starts at what its locked row held, and only what was really stored raises it.
    """
    sums: dict[int | None, Decimal] = {}
    settled = []
    for new, answer in zip(news, answers, strict=True):
        refund_id = answer.refund_id or ids.get((new.channel.pk, new.number))
        if answer.status != Status.REJECTED and refund_id is None:
            sums.setdefault(answer.order_id, answer.refunded_before)
            answer = RecordedRefund(Status.REJECTED, Refusal.OTHER_BODY)
        elif answer.status == Status.CREATED:
            before = sums.setdefault(answer.order_id, answer.refunded_before)
            after = sums[answer.order_id] = before + new.amount
            answer = answer._replace(refund_id=refund_id, refunded_before=before, refunded_after=after)
        elif answer.status == Status.DUPLICATE:
            answer = answer._replace(refund_id=refund_id)
        settled.append(answer)
    return settled, sums
