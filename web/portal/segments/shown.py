"""What the builder shows of a draft: each condition with its inputs, words and pickers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from segments.rules.fields import AGGREGATES, FIELDS, GROUPS, KNOWING, OPERATORS, ORDER_FILTERS, Field, Group, Kind
from segments.rules.tree import DEEPEST
from stores.models import Staff

from . import words
from .builder import PARTS, Draft

ICONS = {
    Group.BASIC: "user", Group.PLACE: "map-pin", Group.LOYALTY: "award", Group.ORDERS: "receipt",
    Group.TAGS: "tag", Group.REACH: "message",
}  # fmt: skip
SEARCH_FROM = 8  # a picker with fewer choices needs no search
LAZY_FROM = 12  # a rule with more pickers fetches their choices one by one, so that its page stays light
SINGLE = (Kind.TAG, Kind.SNAPSHOT)


@dataclass
class Picker:
    """Boxes (or buttons, ``is_single``) behind a summary that names what is chosen."""

    key: str
    name: str
    label: Any
    chosen: list[str]
    is_single: bool = False
    is_needed: bool = False
    is_lazy: bool = False  # the choices come when it is opened
    labels: dict[str, str] = field(default_factory=dict)
    offered: list[tuple[str, str]] = field(default_factory=list)

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """(value, label, is chosen): the chosen first."""
        first = [(value, self.labels.get(value, value), True) for value in self.chosen]
        return first + [(value, label, False) for value, label in self.offered if value not in self.chosen]

    @property
    def nothing(self) -> str:
        """What it says while nothing is chosen."""
        return _("Choose…") if self.is_needed else _("All")

    @property
    def summary(self) -> str:
        """The first chosen, in words."""
        if not self.chosen:
            return self.nothing
        said = _(", ").join(self.labels.get(value, value) for value in self.chosen[:2])
        more = len(self.chosen) - 2
        return f"{said} +{more}" if more > 0 else said

    @property
    def has_search(self) -> bool:
        return self.is_lazy or len(self.options) > SEARCH_FROM


@dataclass
class Line:
    """A group or a condition with all that its template prints."""

    draft: Draft
    pickers: list[Picker] = field(default_factory=list)
    kids: list[Line] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What ``builder.read`` takes: id, id around, kind."""
        above = self.draft.above
        return f"{self.draft.id}:{above.id if above else 0}:{self.draft.kind}"

    @property
    def name(self) -> str:
        return f"n{self.draft.id}"

    @cached_property
    def typed(self) -> dict[str, str]:
        return {part: self.draft.first(part) for part in PARTS}

    @property
    def field(self) -> Field:
        return self.draft.field

    @property
    def icon(self) -> str:
        return ICONS[self.field.group]

    @property
    def operators(self) -> list[tuple[str, Any]]:
        return [(op, OPERATORS[op]) for op in self.field.operators]

    @property
    def aggregates(self) -> list[tuple[str, Any]]:
        return list(AGGREGATES.items())

    @property
    def wants_value(self) -> bool:
        return self.typed["op"] not in KNOWING

    @property
    def has_numbers(self) -> bool:
        return self.field.kind in (Kind.NUMBER, Kind.ORDERS)

    @property
    def is_between(self) -> bool:
        return self.typed["op"] == "between"

    @property
    def has_point(self) -> bool:
        return bool(self.typed["lat"] or self.typed["lon"])

    @property
    def unit(self) -> Any:
        if self.field.kind != Kind.ORDERS:
            return self.field.unit
        return _("yuan") if self.typed["agg"] == "sum" else _("orders")

    @property
    def may_nest(self) -> bool:
        return self.draft.depth < DEEPEST - 1

    @property
    def may_lift(self) -> bool:
        return bool(self.draft.above and self.draft.above.above)

    def every(self) -> Iterator[Line]:
        yield self
        for kid in self.kids:
            yield from kid.every()


def line_of(root: Draft, staff: Staff) -> Line:
    """The draft ready to print; names and choices are read once for each sort of choice."""
    whole = _line(root)
    named = _named(whole, staff)
    pickers = [picker for line in whole.every() for picker in line.pickers]
    is_lazy = len(pickers) > LAZY_FROM
    offered = {} if is_lazy else {key: words.offered(staff, key) for key in named}
    for picker in pickers:
        picker.offered, picker.labels, picker.is_lazy = offered.get(picker.key, []), named[picker.key], is_lazy
    return whole


def names_of(root: Draft, staff: Staff) -> Callable[[str, Any], str]:
    """What a sentence about this draft calls the ids in it."""
    named = _named(_line(root), staff)
    named["stores"] = named.get("stores", {}) | named.get("placed_stores", {})
    return lambda key, value: named.get(key, {}).get(str(value), str(value))


def _named(whole: Line, staff: Staff) -> dict[str, dict[str, str]]:
    chosen: dict[str, set[str]] = defaultdict(set)
    for line in whole.every():
        for picker in line.pickers:
            chosen[picker.key].update(picker.chosen)
    return {key: words.called(staff, key, values) for key, values in chosen.items()}


def _line(draft: Draft) -> Line:
    if draft.is_group:
        return Line(draft, kids=[_line(kid) for kid in draft.kids])
    return Line(draft, pickers=list(_pickers(draft)))


def _pickers(draft: Draft) -> Iterator[Picker]:
    one = draft.field
    if one.kind == Kind.ORDERS:
        for key, (label, choices, _of) in ORDER_FILTERS.items():
            yield Picker(choices, f"n{draft.id}-{key}", label, draft.typed.get(key, []))
    elif one.choices:
        single = one.kind in SINGLE
        yield Picker(one.choices, f"n{draft.id}-pick", one.label, draft.typed.get("pick", []), single, is_needed=True)


def catalogue() -> list[dict[str, Any]]:
    """The fields by class, for the dialog where one is picked."""
    return [
        {
            "label": label, "icon": ICONS[Group(key)],
            "fields": [one for one in FIELDS.values() if one.group == key],
        }
        for key, label in GROUPS.items()
    ]  # fmt: skip
