"""Orders become points and a tier; refunds take back exactly that. One till's receipt is a set of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from members.services import arrays, hot, orders
from members.services.orders import MemberRef, NewLine, NewOrder, NewRefund, Refusal, Status
from stores.models import Brand, Channel, Store

from ..models import Book, Entry
from ..rules import earning
from . import points, programs, tiers
from .points import Posting

__all__ = [
    "MemberRef", "NewLine", "NewOrder", "NewRefund", "RefundSettlement", "Refusal", "Settlement", "Status", "refund",
    "refund_many", "settle", "settle_many",
]  # fmt: skip

RULES = """
    SELECT p.brand_id, p.id, p.points_per_yuan, p.growth_per_yuan, p.points_valid_days, b.asset, b.id
    FROM loyalty_program p JOIN loyalty_book b ON b.program_id = p.id WHERE p.brand_id = ANY(%s::bigint[])
"""
TRIES = 3  # a shopper who is merged at this very moment is found anew under the other record
ASSETS = (Book.Asset.POINTS.value, Book.Asset.GROWTH.value)


class Settlement(NamedTuple):
    """What became of one order: stored now, before, or not at all; whose it is and what it earned.

    A duplicate changes nothing and answers what the order earned the first time.
    """

    status: Status
    refusal: Refusal | None = None
    order_id: int | None = None
    member_id: int | None = None
    brand_id: int | None = None
    points: int = 0
    growth: int = 0

    @property
    def is_new(self) -> bool:
        return self.status == Status.CREATED


class RefundSettlement(NamedTuple):
    """What became of one refund; ``points`` and ``growth`` are what it took back (debt included).

    A duplicate changes nothing and answers what the refund took the first time.
    """

    status: Status
    refusal: Refusal | None = None
    refund_id: int | None = None
    order_id: int | None = None
    member_id: int | None = None
    brand_id: int | None = None
    points: int = 0
    growth: int = 0

    @property
    def is_new(self) -> bool:
        return self.status == Status.CREATED


Settled = TypeVar("Settled", Settlement, RefundSettlement)


class _Rule(NamedTuple):
    """A programme as arithmetic: the rate and book of each asset."""

    program_id: int
    books: dict[str, int]
    rates: dict[str, Decimal]
    valid_for: timedelta | None


def settle(new: NewOrder, *, now: datetime, within: QuerySet[Store] | None = None) -> Settlement:
    """Store one paid order and give its shopper what it earns, exactly once. Opens its own transaction."""
    return settle_many([new], now=now, within=within)[0]


def settle_many(news: Sequence[NewOrder], *, now: datetime, within: QuerySet[Store] | None = None) -> list[Settlement]:
    """Store a set of paid orders, each exactly once; one answer for each, in the same order.

    Some hundreds to five thousand in a call. ``within`` are the stores that the sender may write for. A refused
    order does not keep the others out. Opens its own transaction.
    """
    for _try in range(TRIES):
        with suppress(points.MergedMeanwhile), transaction.atomic(durable=True):
            return _settle(news, now=now, within=within)
    with transaction.atomic(durable=True):
        return _settle(news, now=now, within=within)


def settle_in(news: Sequence[NewOrder], *, now: datetime, within: QuerySet[Store] | None = None) -> list[Settlement]:
    """The same as ``settle_many`` inside a transaction of the caller. Inner; raises MergedMeanwhile: do it all anew."""
    return _settle(news, now=now, within=within)


@transaction.atomic(durable=True)
def refund(new: NewRefund, *, now: datetime, within: QuerySet[Store] | None = None) -> RefundSettlement:
    """Store one refund and take back what that part of the order earned, exactly once."""
    return _refund([new], now=now, within=within)[0]


@transaction.atomic(durable=True)
def refund_many(
    news: Sequence[NewRefund], *, now: datetime, within: QuerySet[Store] | None = None
) -> list[RefundSettlement]:
    """Store a set of refunds, each exactly once; one answer for each, in the same order."""
    return _refund(news, now=now, within=within)


# --- orders --------------------------------------------------------------------------------------------
def _settle(news: Sequence[NewOrder], *, now: datetime, within: QuerySet[Store] | None) -> list[Settlement]:
    recorded = orders.record_many(news, now=now, within=within)
    rules = _rules({each.brand_id for each in recorded if each.status == Status.CREATED and each.member_id}, now)
    settled = []
    postings: list[Posting] = []
    members: dict[int, list[int]] = defaultdict(list)
    for new, each in zip(news, recorded, strict=True):
        earned = dict.fromkeys(ASSETS, 0)
        if each.status == Status.CREATED and each.member_id and each.brand_id:
            rule = rules[each.brand_id]
            members[each.brand_id].append(each.member_id)
            mine = _earnings(new, each, rule)
            postings += mine.values()
            earned |= {asset: posting.amount for asset, posting in mine.items()}
        settled.append(
            Settlement(each.status, each.refusal, each.order_id, each.member_id, each.brand_id, *earned.values())
        )
    are_locked = bool(members) and _take_in(members, rules, now=now)
    points.post_many(postings, are_open=True, are_locked=are_locked)
    _reevaluate(members, rules, now=now, reason="order")
    return _recall(settled, lambda place, book: _earning_cause(news[place].channel, news[place].number, book))


def _earning_cause(channel: Channel, number: str, book_id: int) -> str:
    return f"order:{channel.pk}:{number}:{book_id}:earn"


def _refund_cause(new: NewRefund, book_id: int) -> str:
    return f"refund:{new.channel.pk}:{new.number}:{book_id}"


def _recall(settled: list[Settled], cause: Callable[[int, int], str]) -> list[Settled]:
    """Let each duplicate answer what the ledger holds for it: what it moved the first time.

    ``cause`` names the entry of a place in a book. Run it after posting, for a twin within the same set.
    """
    again = {place: each.brand_id for place, each in enumerate(settled) if each.status == Status.DUPLICATE}
    if not again:
        return settled
    rows = Book.objects.filter(program__brand__in=set(again.values())).values_list("program__brand", "asset", "pk")
    books: dict[tuple[int | None, str], int] = {(brand_id, asset): pk for brand_id, asset, pk in rows}
    causes = {
        (place, asset): cause(place, books[brand_id, asset])
        for place, brand_id in again.items() for asset in ASSETS if (brand_id, asset) in books
    }  # fmt: skip
    found = points.find(list(causes.values()))
    for place in again:
        first = [found.get(causes.get((place, asset), "")) for asset in ASSETS]
        earned, grown = (abs(posted.worth) if posted else 0 for posted in first)
        settled[place] = settled[place]._replace(points=earned, growth=grown)
    return settled


def _earnings(new: NewOrder, recorded: orders.Recorded, rule: _Rule) -> dict[str, Posting]:
    postings = {}
    for asset, rate in rule.rates.items():
        if (earned := earning.quote(new.amount, rate)) > 0:
            expires = asset == Book.Asset.POINTS and rule.valid_for
            postings[asset] = Posting(
                recorded.member_id or 0, rule.books[asset], earned,
                _earning_cause(new.channel, new.number, rule.books[asset]), new.paid_at, Entry.Kind.EARN, rate,
                "order", recorded.order_id, expires_at=new.paid_at + expires if expires else None,
            )  # fmt: skip
    return postings


def _rules(brand_ids: Iterable[int | None], now: datetime) -> dict[int, _Rule]:
    """The programmes of these brands; a brand that has none yet gets the usual one."""
    wanted = {pk for pk in brand_ids if pk}
    rules = _held_rules(wanted)
    if missing := wanted - rules.keys():
        for brand in Brand.objects.filter(pk__in=missing).order_by("pk"):
            programs.ensure(brand, now=now)
        rules |= _held_rules(missing)
    return rules


def _held_rules(brand_ids: set[int]) -> dict[int, _Rule]:
    rows: dict[int, list[Any]] = defaultdict(list)
    if brand_ids:
        with hot.cursor(len(brand_ids)) as cursor:
            cursor.execute(RULES, [arrays.numbers(brand_ids)])
            for brand_id, *row in cursor.fetchall():
                rows[brand_id].append(row)
    rules = {}
    for brand_id, books in rows.items():
        program_id, per_yuan, growth, days = books[0][:4]
        rules[brand_id] = _Rule(
            program_id,
            {asset: book for *_, asset, book in books},
            dict(zip(ASSETS, (per_yuan, growth), strict=True)),
            timedelta(days=days) if days else None,
        )
    return {brand_id: rule for brand_id, rule in rules.items() if len(rule.books) == len(ASSETS)}


def _take_in(members: dict[int, list[int]], rules: dict[int, _Rule], *, now: datetime) -> bool:
    """See that everybody takes part in the brand's programme; True when all accounts are locked by then.

    Most orders are of members of one brand who bought before: then one statement sees that and locks.
    """
    if len(members) == 1:
        [(brand_id, ids)] = members.items()
        if points.lock_whole(ids, rules[brand_id].books.values(), rules[brand_id].program_id):
            return True
    for brand_id, ids in sorted(members.items()):
        programs.enrol_in(ids, rules[brand_id].program_id, sorted(rules[brand_id].books.values()), at=now)
    return False


def _reevaluate(members: dict[int, list[int]], rules: dict[int, _Rule], *, now: datetime, reason: str) -> None:
    for brand_id, ids in sorted(members.items()):
        rule = rules[brand_id]
        tiers.reevaluate_in(ids, rule.program_id, rule.books[Book.Asset.GROWTH], now=now, reason=reason)


# --- refunds -------------------------------------------------------------------------------------------
def _refund(news: Sequence[NewRefund], *, now: datetime, within: QuerySet[Store] | None) -> list[RefundSettlement]:
    recorded = orders.record_refunds(news, now=now, within=within)
    rules = _rules({each.brand_id for each in recorded if each.status == Status.CREATED and each.member_id}, now)
    earned = _what_orders_earned(news, recorded, rules)
    settled = []
    postings: list[Posting] = []
    members: dict[int, list[int]] = defaultdict(list)
    for new, each in zip(news, recorded, strict=True):
        taken = dict.fromkeys(ASSETS, 0)
        if each.status == Status.CREATED and each.member_id and each.brand_id:
            members[each.brand_id].append(each.member_id)
            mine = _reversals(new, each, rules[each.brand_id], earned)
            postings += mine.values()
            taken |= {asset: posting.amount for asset, posting in mine.items()}
        settled.append(
            RefundSettlement(
                each.status, each.refusal, each.refund_id, each.order_id, each.member_id, each.brand_id,
                *taken.values(),
            )
        )  # fmt: skip
    points.take_many(postings)
    _reevaluate(members, rules, now=now, reason="refund")
    return _recall(settled, lambda place, book: _refund_cause(news[place], book))


def _what_orders_earned(
    news: Sequence[NewRefund], recorded: Sequence[orders.RecordedRefund], rules: dict[int, _Rule]
) -> dict[str, tuple[int, Decimal]]:
    """The earning entries of the refunded orders by cause: (entry id, the rate of that day)."""
    causes = [
        _earning_cause(new.channel, new.order_number, book_id)
        for new, each in zip(news, recorded, strict=True)
        if each.status == Status.CREATED and each.member_id and each.brand_id
        for book_id in rules[each.brand_id].books.values()
    ]
    rows = Entry.objects.filter(idem__in=causes).values_list("idem", "id", "rate")
    return {idem: (entry_id, rate) for idem, entry_id, rate in rows if rate is not None}


def _reversals(
    new: NewRefund, recorded: orders.RecordedRefund, rule: _Rule, earned: dict[str, tuple[int, Decimal]]
) -> dict[str, Posting]:
    postings = {}
    for asset in ASSETS:
        book_id = rule.books[asset]
        cause = _earning_cause(new.channel, new.order_number, book_id)
        entry_id, rate = earned.get(cause, (0, Decimal(0)))
        taken = earning.take_back(
            recorded.amount, before=recorded.refunded_before, after=recorded.refunded_after, rate=rate
        )
        if taken > 0:
            postings[asset] = Posting(
                recorded.member_id or 0, book_id, taken, _refund_cause(new, book_id), new.refunded_at,
                Entry.Kind.REVERSE, rate, "refund", recorded.refund_id, reverses_id=entry_id,
            )  # fmt: skip
    return postings
