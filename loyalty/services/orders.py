"""Orders become points and a tier; refunds take back exactly that. One till's receipt is a set of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from members.services import orders
from members.services.orders import MemberRef, NewLine, NewOrder, NewRefund, Refusal, Status
from stores.models import Brand, Channel, Store

from ..models import Book, Entry, Program
from ..rules import earning
from . import points, programs, tiers
from .points import Posting

__all__ = [
    "MemberRef", "NewLine", "NewOrder", "NewRefund", "RefundSettlement", "Refusal", "Settlement", "Status", "refund",
    "refund_many", "settle", "settle_many",
]  # fmt: skip

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

    program: Program
    books: dict[str, int]
    rates: dict[str, Decimal]
    valid_for: timedelta | None


@transaction.atomic(durable=True)
def settle(new: NewOrder, *, now: datetime, within: QuerySet[Store] | None = None) -> Settlement:
    """Store one paid order and give its shopper what it earns, exactly once."""
    return _settle([new], now=now, within=within)[0]


@transaction.atomic(durable=True)
def settle_many(news: Sequence[NewOrder], *, now: datetime, within: QuerySet[Store] | None = None) -> list[Settlement]:
    """Store a set of paid orders, each exactly once; one answer for each, in the same order.

    Some hundreds to five thousand in a call. ``within`` are the stores that the sender may write for. A refused
    order does not keep the others out.
    """
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
    for brand_id, ids in sorted(members.items()):
        programs.enrol_many(ids, rules[brand_id].program, at=now)
    points.post_many(postings, are_open=True)
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
    rules: dict[int, _Rule] = {}
    wanted = {pk for pk in brand_ids if pk}
    held = {p.brand_id: p for p in Program.objects.filter(brand__in=wanted).prefetch_related("books")}
    for brand in Brand.objects.filter(pk__in=wanted - held.keys()).order_by("pk"):
        held[brand.pk] = programs.ensure(brand, now=now)
    for brand_id, program in held.items():
        days = program.points_valid_days
        rules[brand_id] = _Rule(
            program,
            {book.asset: book.pk for book in program.books.all()},
            dict(zip(ASSETS, (program.points_per_yuan, program.growth_per_yuan), strict=True)),
            timedelta(days=days) if days else None,
        )
    return rules


def _reevaluate(members: dict[int, list[int]], rules: dict[int, _Rule], *, now: datetime, reason: str) -> None:
    for brand_id, ids in sorted(members.items()):
        tiers.reevaluate_many(ids, rules[brand_id].program, now=now, reason=reason)


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
