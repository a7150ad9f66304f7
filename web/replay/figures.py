"""Our figures beside those of the independent script: a pair for each line, and how many agree."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings

from campaigns.queries import reports
from loyalty.models import Book
from loyalty.queries import reconcile
from loyalty.queries import totals as ledger_totals
from members.queries import totals
from stores.models import Brand

from .doors import Brought
from .source import card_of, store_code

TIERS = ("普卡 Standard", "银卡 Silver", "金卡 Gold", "黑卡 Black")


class Pair(NamedTuple):
    """One figure, from the data files and from our database."""

    name: str
    theirs: Any
    ours: Any

    @property
    def agrees(self) -> bool:
        return self.theirs == self.ours

    def __str__(self) -> str:
        return f"{self.name:<44} {self.theirs!s:>14} {self.ours!s:>14}  {'OK' if self.agrees else 'DIFF'}"


def independent(households: int | None = None) -> dict[str, Any]:
    """What the script of a few lines of pandas says. It imports nothing of ours."""
    words = [sys.executable, str(settings.BASE_DIR / "tools" / "journey_figures.py")]
    done = subprocess.run(words + ([str(households)] if households else []), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def pairs(brought: Brought, theirs: dict[str, Any]) -> Iterator[Pair]:
    """Every figure as a pair. Money in the data's own unit, to the cent."""
    yield from _trade(brought.brand, theirs)
    yield from _ledger(brought.brand, theirs)
    yield from _campaigns(brought, theirs)


def _trade(brand: Brand, theirs: dict[str, Any]) -> Iterator[Pair]:
    ours = totals.counts(brand)
    for name in ("members", "products", "orders", "lines"):
        yield Pair(name, theirs[name], ours[name])
    yield Pair("pieces", theirs["pieces"], int(ours["pieces"] or 0))
    yield Pair("sales, sum of orders", _money(theirs["cents"]), ours["sales"])
    yield Pair("sales, sum of lines", _money(theirs["cents"]), ours["line_sales"])
    stores = {store_code(int(store)): cents for store, cents in theirs["stores"].items()}
    yield from _table("sales of store", stores, totals.sales_by_store(brand))
    yield from _table("sales of department", theirs["departments"], totals.sales_by_department(brand))
    yield from _table("sales of month", theirs["months"], totals.sales_by_month(brand))


def _ledger(brand: Brand, theirs: dict[str, Any]) -> Iterator[Pair]:
    program = brand.program
    held = ledger_totals.ledger(program)
    for asset in (Book.Asset.POINTS, Book.Asset.GROWTH):
        rule = "2.5 x sales" if asset == Book.Asset.POINTS else "1 x sales"
        yield Pair(f"{asset.value}, sum of entries = {rule}", theirs[asset.value], held[asset]["entries"])
        yield Pair(f"{asset.value}, sum of balances", theirs[asset.value], held[asset]["balances"])
    yield Pair("points, sum of lots", theirs["points"], held[Book.Asset.POINTS]["lots"])
    cards = ledger_totals.balances_by_card(program, Book.Asset.POINTS)
    expected = {card_of(int(household)): points for household, points in theirs["points_by_household"].items()}
    right = sum(cards.get(card) == points for card, points in expected.items())
    yield Pair("households whose points are right", len(expected), right)
    tiers = ledger_totals.by_tier(program)
    for rank, name in enumerate(TIERS):
        yield Pair(f"households on tier {name}", theirs["tiers"].get(str(rank), 0), tiers.get(rank, 0))
    yield Pair("rules of the ledger that do not hold", 0, len(reconcile.drifts()))


def _campaigns(brought: Brought, theirs: dict[str, Any]) -> Iterator[Pair]:
    """What the result page of each campaign says. Attributed: paid by a reached household from the first to the last day."""
    yield Pair("campaigns", len(theirs["campaigns"]), len(brought.campaigns))
    reached = used = 0
    for number, said in theirs["campaigns"].items():
        campaign = brought.campaigns.get(int(number))
        found = reports.results(campaign) if campaign else None
        ours = (found.sent, found.redeemed, found.orders, found.sales, found.buyers) if found else (None,) * 5
        wanted = (said["reached"], said["redeemed"], said["orders"], _money(said["cents"]), said["buyers"])
        names = (
            "households reached",
            "coupons redeemed",
            "orders in window",
            "attributed sales",
            "households that bought",
        )
        yield from (Pair(f"campaign {number}: {name}", *both) for name, *both in zip(names, wanted, ours, strict=True))
        reached, used = reached + (ours[0] or 0), used + (ours[1] or 0)
    yield Pair("all campaigns: households reached", sum(c["reached"] for c in theirs["campaigns"].values()), reached)
    yield Pair("all campaigns: messages at the gateway", theirs["told"], brought.messages)
    yield Pair("all campaigns: coupons redeemed", theirs["redeemed"], used)


def _table(name: str, theirs: dict[str, int], ours: dict[str, Decimal]) -> Iterator[Pair]:
    for key in sorted(theirs.keys() | ours.keys()):
        yield Pair(f"{name} {key or '(not in the file)'}", _money(theirs.get(key)), ours.get(key))


def _money(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)
