"""A checked tree with its meaning worked out for one day: what every engine really compares.

Relative days and years become values of columns, regions and cities become stores, yuan become fen, and every comparison
of orders becomes "at least", turned round where it must be, so that members without orders count where they should.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.utils.translation import gettext as _

from . import tree
from .columns import COLUMNS, NEVER
from .fields import Kind, Measure

LOWEST, HIGHEST = -(2**62), 2**62  # open ends
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class All:
    """Everybody when empty."""

    nodes: tuple[Plan, ...]


@dataclass(frozen=True)
class AnyOf:
    """Nobody when empty."""

    nodes: tuple[Plan, ...]


@dataclass(frozen=True)
class Not:
    node: Plan


@dataclass(frozen=True)
class Range:
    """``low`` <= column <= ``high``; the column's unknown value is outside."""

    column: str
    low: int
    high: int


@dataclass(frozen=True)
class OneOf:
    column: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class OnTier:
    tiers: tuple[int, ...]


@dataclass(frozen=True)
class HasTag:
    tag: int


@dataclass(frozen=True)
class InSnapshot:
    snapshot: int


@dataclass(frozen=True)
class Bought:
    """At least ``least`` orders (or fen of them) since a day; empty filters mean any. ``least`` is above zero."""

    since: int | None
    agg: str
    least: int
    categories: tuple[str, ...] = ()
    stores: tuple[int, ...] | None = None
    channels: tuple[int, ...] = ()


@dataclass(frozen=True)
class Close:
    """Within ``metres`` of a point in degrees, as the crow flies."""

    lat: float
    lon: float
    metres: float


Plan = All | AnyOf | Not | Range | OneOf | OnTier | HasTag | InSnapshot | Bought | Close


class Facts(Protocol):
    """What a plan has to ask of the database: few rows, read anew for each count."""

    def stores_of(self, kind: str, values: tuple[Any, ...]) -> Iterable[int]:
        """The ids of the stores of regions, cities or brands; raises RuleError for one that does not exist."""

    def place_of(self, store: int) -> tuple[float, float]:
        """Latitude and longitude of a store in degrees; raises RuleError without one."""


def plan(node: tree.Node, *, today: date, facts: Facts) -> Plan:
    """The tree as it is meant on this day. Raises RuleError for places that do not exist."""
    return _Planner(today, facts).node(node)


def days(day: date) -> int:
    """A day as the engines count it."""
    return (day - EPOCH).days


class _Planner:
    def __init__(self, today: date, facts: Facts):
        self.today, self.facts = today, facts
        self.makers: dict[type, Callable[[Any], Plan]] = {
            tree.All: lambda n: All(tuple(map(self.node, n.nodes))),
            tree.AnyOf: lambda n: AnyOf(tuple(map(self.node, n.nodes))),
            tree.Not: lambda n: Not(self.node(n.node)),
            tree.HasTag: lambda n: HasTag(n.tag),
            tree.InSnapshot: lambda n: InSnapshot(n.snapshot),
            tree.Attr: self._attr,
            tree.Orders: self._orders,
            tree.Near: self._near,
        }

    def node(self, node: tree.Node) -> Plan:
        return self.makers[type(node)](node)

    def _attr(self, node: tree.Attr) -> Plan:
        field = node.field
        if node.op in ("known", "unknown"):
            return self._known(node)
        if field.kind == Kind.FLAG:
            yes = Range(field.column, 1, 1)
            return yes if node.value else Not(yes)
        if field.name == "tier":
            return OnTier(node.value)
        if field.kind == Kind.CHOICE:
            return OneOf(field.column, tuple(self._codes(node)))
        low, high = _bounds(node.op, node.value, 100 if field.measure == Measure.MONEY else 1)
        if field.measure == Measure.DAYS_AGO:
            now = days(self.today)
            return _range(field.column, max(now - high, NEVER + 1), now - low)
        if field.measure == Measure.YEARS_AGO:
            now = int(self.today.strftime("%Y%m%d"))
            return _range(field.column, max(now - (high + 1) * 10_000 + 1, 1), now - low * 10_000)
        return _range(field.column, low, high)

    def _known(self, node: tree.Attr) -> Plan:
        if node.field.name == "tier":
            known: Plan = OnTier(())
        else:
            unknown = COLUMNS[node.field.column].unknown
            assert unknown is not None
            known = Not(OneOf(node.field.column, (unknown,)))
        return known if node.op == "known" else Not(known)

    def _codes(self, node: tree.Attr) -> Iterable[int]:
        if node.name == "gender":
            return [{"f": 1, "m": 2}.get(value, -1) for value in node.value]
        if node.name in ("region", "city", "brand"):
            return sorted(self.facts.stores_of(node.name, node.value))
        return node.value

    def _orders(self, node: tree.Orders) -> Plan:
        stores = set(node.store) if node.store else None
        if node.region:
            found = set(self.facts.stores_of("region", node.region))
            stores = found if stores is None else stores & found
        since = None if node.days is None else days(self.today) - node.days + 1
        low, high = _bounds(node.op, node.value, 100 if node.agg == "sum" else 1)
        if high < 0:
            return AnyOf(())
        filters = (node.category, None if stores is None else tuple(sorted(stores)), node.channel)
        tests: list[Plan] = []
        if low > 0:
            tests.append(Bought(since, node.agg, low, *filters))
        if high < HIGHEST:
            tests.append(Not(Bought(since, node.agg, high + 1, *filters)))
        return tests[0] if len(tests) == 1 else All(tuple(tests))

    def _near(self, node: tree.Near) -> Plan:
        points = [self.facts.place_of(store) for store in node.stores] if node.stores else [(node.lat, node.lon)]
        near = tuple(Close(lat, lon, node.km * 1000) for lat, lon in points)  # type: ignore[arg-type]
        return near[0] if len(near) == 1 else AnyOf(near)


def _range(column: str, low: int, high: int) -> Range:
    """The same within what a column's 32 or 64 bits hold."""
    most = 2**62 if COLUMNS[column].dtype == "i8" else 2**31 - 1
    return Range(column, max(low, -most), min(high, most))


def _bounds(op: str, value: Any, times: int) -> tuple[int, int]:
    """The lowest and the highest whole number that a comparison lets pass; ``times`` makes fen of yuan."""
    if op == "between":
        return int(value[0] * times), int(value[1] * times)
    at = int(value * times)
    return {"gte": (at, HIGHEST), "gt": (at + 1, HIGHEST), "eq": (at, at), "lte": (LOWEST, at), "lt": (LOWEST, at - 1)}[
        op
    ]


def no_such(path: str) -> tree.RuleError:
    """What a rule is told that names something which does not exist."""
    return tree.RuleError(path, _("This no longer exists, or never did."))


def no_place(path: str) -> tree.RuleError:
    """What a rule is told that asks for the surroundings of a store that is not on the map."""
    return tree.RuleError(path, _("This store has no place on the map yet: give it coordinates first."))
