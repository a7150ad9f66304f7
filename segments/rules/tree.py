"""A rule as a tree: JSON in, checked dataclasses out, and what is wrong said with its place.

::

    {"all": [node, ..]} | {"any": [node, ..]} | {"not": node}
    {"tag": 12} | {"snapshot": 7}
    {"attr": "age", "op": "between", "value": [18, 30]}
    {"orders": {"days": 30, "category": ["Dairy"], "store": [1], "agg": "count", "op": "gte", "value": 2}}
    {"near": {"store": 4, "km": 3}} | {"near": {"lat": 30.25, "lon": 120.17, "km": 3}}

``days`` may be missing: all orders ever. ``{"all": []}`` alone is everybody. Pure: whether a tag or store exists is asked
by ``segments.queries.audiences``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from .fields import AGGREGATES, ATTRIBUTES, COMPARISONS, FIELDS, ORDER_FILTERS, Field, Kind, Measure

DEEPEST, MOST_LEAVES, MOST_VALUES, MOST_DAYS = 8, 50, 2_000, 36_500
MOST_ID = 2**31 - 1


class RuleError(ValueError):
    """The rule cannot be used. ``path`` says where (``all[1].orders.days``); the text may be shown."""

    def __init__(self, path: str, message: str):
        super().__init__(f"{path}: {message}" if path else message)
        self.path, self.message = path, message


@dataclass(frozen=True)
class All:
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    node: Node


@dataclass(frozen=True)
class HasTag:
    tag: int


@dataclass(frozen=True)
class InSnapshot:
    snapshot: int


@dataclass(frozen=True)
class Attr:
    """``value``: a number (yuan as Decimal), a pair for between, a tuple of choices for in, a bool for flags."""

    name: str
    op: str
    value: Any

    @property
    def field(self) -> Field:
        return ATTRIBUTES[self.name]


@dataclass(frozen=True)
class Orders:
    """``value`` is a whole number for count and yuan for sum; a pair for between. ``days`` None: ever."""

    days: int | None
    agg: str
    op: str
    value: Any
    category: tuple[str, ...] = ()
    store: tuple[int, ...] = ()
    region: tuple[int, ...] = ()
    channel: tuple[int, ...] = ()


@dataclass(frozen=True)
class Near:
    """Within ``km`` of any of the stores, or of one point."""

    km: float
    stores: tuple[int, ...] = ()
    lat: float | None = None
    lon: float | None = None


Node = All | AnyOf | Not | HasTag | InSnapshot | Attr | Orders | Near


def parse(rule: object) -> Node:
    """The tree of a rule given as JSON text or as what JSON holds. Raises RuleError."""
    if isinstance(rule, str | bytes):
        try:
            rule = json.loads(rule)
        except (ValueError, RecursionError):
            raise RuleError("", _("This is not readable as JSON.")) from None
    if isinstance(rule, Mapping) and list(rule) == ["all"] and rule["all"] == []:
        return All(())
    reader = _Reader()
    return reader.node(rule, "", 1)


def leaves(node: Node) -> list[Node]:
    """The leaves of a tree, from left to right."""
    if isinstance(node, All | AnyOf):
        return [leaf for each in node.nodes for leaf in leaves(each)]
    return leaves(node.node) if isinstance(node, Not) else [node]


class _Reader:
    """Walks one rule and counts its leaves."""

    def __init__(self) -> None:
        self.leaves = 0
        self.readers: dict[str, Callable[[Any, str, int], Node]] = {
            "all": self._group_all, "any": self._group_any, "not": self._not, "tag": self._tag,
            "snapshot": self._snapshot, "attr": self._attr, "orders": self._orders, "near": self._near,
        }  # fmt: skip

    def node(self, raw: object, path: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise RuleError(path, _("Groups may stand inside each other %(most)d deep at most.") % {"most": DEEPEST})
        if not isinstance(raw, Mapping):
            raise RuleError(path, _("A condition is expected here."))
        found = [key for key in self.readers if key in raw]
        if len(found) != 1:
            raise RuleError(path, _("A condition has exactly one of: %(keys)s.") % {"keys": ", ".join(self.readers)})
        kind = found[0]
        _only(raw, {kind, "op", "value"} if kind == "attr" else {kind}, path)
        if kind not in ("all", "any", "not"):
            self.leaves += 1
            if self.leaves > MOST_LEAVES:
                raise RuleError(path, _("A rule has at most %(most)d conditions.") % {"most": MOST_LEAVES})
        return self.readers[kind](raw, f"{path}.{kind}".lstrip("."), depth)

    def _children(self, raw: object, path: str, depth: int) -> tuple[Node, ...]:
        if not isinstance(raw, list) or not raw:
            raise RuleError(path, _("A group needs at least one condition."))
        return tuple(self.node(each, f"{path}[{place}]", depth + 1) for place, each in enumerate(raw))

    def _group_all(self, raw: Any, path: str, depth: int) -> Node:
        return All(self._children(raw["all"], path, depth))

    def _group_any(self, raw: Any, path: str, depth: int) -> Node:
        return AnyOf(self._children(raw["any"], path, depth))

    def _not(self, raw: Any, path: str, depth: int) -> Node:
        return Not(self.node(raw["not"], path, depth + 1))

    def _tag(self, raw: Any, path: str, _depth: int) -> Node:
        return HasTag(_whole(raw["tag"], path, 1, MOST_ID))

    def _snapshot(self, raw: Any, path: str, _depth: int) -> Node:
        return InSnapshot(_whole(raw["snapshot"], path, 1, MOST_ID))

    def _attr(self, raw: Any, path: str, _depth: int) -> Node:
        name, op = raw["attr"], raw.get("op")
        if not isinstance(name, str) or name not in ATTRIBUTES:
            raise RuleError(path, _("There is no field “%(name)s”.") % {"name": _shown(name)})
        field = ATTRIBUTES[name]
        where = path.removesuffix("attr")
        _operator(op, field.operators, f"{where}op")
        if op in ("known", "unknown"):
            if raw.get("value") is not None:
                raise RuleError(f"{where}value", _("No value is expected here."))
            return Attr(name, op, None)
        return Attr(name, op, _value(field, op, raw.get("value"), f"{where}value"))

    def _orders(self, raw: Any, path: str, _depth: int) -> Node:
        asked = _object(raw["orders"], path)
        _only(asked, {"days", "agg", "op", "value", *ORDER_FILTERS}, path)
        days = asked.get("days")
        if days is not None:
            days = _whole(days, f"{path}.days", 1, MOST_DAYS)
        agg, op = asked.get("agg", "count"), asked.get("op", "gte")
        if not isinstance(agg, str) or agg not in AGGREGATES:
            raise RuleError(f"{path}.agg", _("Expected one of: %(words)s.") % {"words": ", ".join(AGGREGATES)})
        _operator(op, COMPARISONS, f"{path}.op")
        chosen = {
            key: _choices(asked[key], kind, f"{path}.{key}")
            for key, (_label, _choice, kind) in ORDER_FILTERS.items()
            if asked.get(key) not in (None, [])
        }
        read = _yuan if agg == "sum" else _whole
        value = _compared(op, asked.get("value", 1), f"{path}.value", lambda v, p: read(v, p, 0, 10**9))
        return Orders(days, agg, op, value, **chosen)

    def _near(self, raw: Any, path: str, _depth: int) -> Node:
        asked = _object(raw["near"], path)
        most = FIELDS[Kind.NEAR].most
        km = _number(asked.get("km"), f"{path}.km", 0.01, most)
        if "store" in asked:
            _only(asked, {"store", "km"}, path)
            stores = asked["store"] if isinstance(asked["store"], list) else [asked["store"]]
            return Near(km, stores=_choices(stores, int, f"{path}.store"))
        _only(asked, {"lat", "lon", "km"}, path)
        lat = _number(asked.get("lat"), f"{path}.lat", -90, 90)
        return Near(km, lat=lat, lon=_number(asked.get("lon"), f"{path}.lon", -180, 180))


def _value(field: Field, op: str, raw: object, path: str) -> Any:
    if field.kind == Kind.FLAG:
        if not isinstance(raw, bool):
            raise RuleError(path, _("Expected yes or no."))
        return raw
    if field.kind == Kind.CHOICE:
        chosen = _choices(raw, field.value_type, path)
        if field.values and not set(chosen) <= set(field.values):
            raise RuleError(path, _("Expected one of: %(words)s.") % {"words": ", ".join(map(str, field.values))})
        return chosen
    read = _yuan if field.measure == Measure.MONEY else _whole
    return _compared(op, raw, path, lambda value, place: read(value, place, field.least, field.most))


def _compared(op: str, raw: object, path: str, read: Callable[[object, str], Any]) -> Any:
    if op != "between":
        return read(raw, path)
    if not isinstance(raw, list) or len(raw) != 2:
        raise RuleError(path, _("Expected two numbers, from and to."))
    low, high = read(raw[0], f"{path}[0]"), read(raw[1], f"{path}[1]")
    if low > high:
        raise RuleError(path, _("The first number is larger than the second."))
    return (low, high)


def _choices(raw: object, kind: type, path: str) -> tuple[Any, ...]:
    if not isinstance(raw, list) or not raw:
        raise RuleError(path, _("Choose at least one."))
    if len(raw) > MOST_VALUES:
        raise RuleError(path, _("Choose at most %(most)d.") % {"most": MOST_VALUES})
    return tuple(sorted({_choice(each, kind, f"{path}[{place}]") for place, each in enumerate(raw)}))


def _choice(raw: object, kind: type, path: str) -> Any:
    if kind is int:
        return _whole(raw, path, 1, MOST_ID)
    if not isinstance(raw, str) or len(raw) > 200 or "\x00" in raw:
        raise RuleError(path, _("Expected a text."))
    return raw


def _whole(raw: object, path: str, least: int, most: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw != raw or raw in (math.inf, -math.inf):
        raise RuleError(path, _("Expected a whole number."))
    if raw != int(raw):
        raise RuleError(path, _("Expected a whole number."))
    _within(raw, path, least, most)
    return int(raw)


def _number(raw: object, path: str, least: float, most: float) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw != raw:
        raise RuleError(path, _("Expected a number."))
    _within(raw, path, least, most)
    return float(raw)


def _yuan(raw: object, path: str, least: int, most: int) -> Decimal:
    value = _number(raw, path, least, most)
    exact = Decimal(str(raw)).quantize(Decimal("0.01"))
    if exact != Decimal(str(value)):
        raise RuleError(path, _("Expected yuan with at most two decimals."))
    return exact


def _within(raw: float, path: str, least: float, most: float) -> None:
    if not least <= raw <= most:
        raise RuleError(path, _("Expected a number from %(least)s to %(most)s.") % {"least": least, "most": most})


def _operator(op: object, allowed: tuple[str, ...], path: str) -> None:
    if not isinstance(op, str) or op not in allowed:
        raise RuleError(path, _("Expected one of: %(words)s.") % {"words": ", ".join(allowed)})


def _object(raw: object, path: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise RuleError(path, _("A condition is expected here."))
    return raw


def _only(raw: Mapping[str, Any], allowed: set[str], path: str) -> None:
    for key in raw:
        if key not in allowed:
            raise RuleError(path, _("“%(key)s” is not known here.") % {"key": _shown(key)})


def _shown(raw: object) -> str:
    return str(raw)[:40]
