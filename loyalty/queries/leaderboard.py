"""The stores that did most in a span, beside what each did on the same weekdays before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from members.queries import reports
from members.queries.days import NOTHING, Facts
from members.queries.reports import Daily, Span
from stores.models import Staff, Store

from . import coupon_days
from .coupon_days import NONE, Sums

MEASURES: dict[str, Callable[[Facts, Sums], int | Decimal]] = {
    "joins": lambda facts, coupons: facts.joins,
    "sales": lambda facts, coupons: facts.member_sales,
    "coupons": lambda facts, coupons: coupons.redeemed,
}


@dataclass(frozen=True)
class Row:
    """One store: ``figure`` in the span and ``before`` in the one before it; money in yuan."""

    rank: int
    store: Store
    figure: int | Decimal
    before: int | Decimal


def of(staff: Staff, span: Span, known: Daily, *, by: str, most: int = 8) -> list[Row]:
    """The stores this person sees with most joins, member sales or redeemed coupons (``by``); none without any.

    Stores of equal figures share a rank. ``known`` holds the parts of days that the comparison needs.
    """
    measure = MEASURES[by]
    if by == "coupons":
        now, before = _coupons(staff, span)
        figures = {key: (measure(NOTHING, sums), measure(NOTHING, before.get(key, NONE))) for key, sums in now.items()}
    else:
        did, had = reports.by_store(staff, span, known)
        figures = {key: (measure(facts, NONE), measure(had.get(key, NOTHING), NONE)) for key, facts in did.items()}
    best = sorted(((-now, key, before) for key, (now, before) in figures.items() if key and now > 0))[:most]
    shops = Store.objects.in_bulk([key for _, key, _ in best])
    ranks = {figure: rank for rank, (figure, _, _) in reversed(list(enumerate(best, 1)))}
    return [Row(ranks[figure], shops[key], -figure, before) for figure, key, before in best if key in shops]


def _coupons(staff: Staff, span: Span) -> tuple[dict[int | None, Sums], dict[int | None, Sums]]:
    earlier = span.before
    before = coupon_days.by_store(staff, earlier.days[0], earlier.days[-1] - timedelta(days=1))
    for store, sums in coupon_days.until(staff, earlier.end).items():
        before[store] = before.get(store, NONE) + sums
    return coupon_days.by_store(staff, span.days[0], span.days[-1]), before
