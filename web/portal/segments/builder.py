"""A rule as people edit it: what stands in the inputs, kept as typed, and its way to JSON and back.

A form carries ``node`` once for each group and condition, in order: ``<id>:<id of the group around it>:<kind>``, and its
inputs as ``n<id>-<part>``. Nothing typed is lost: what cannot be used stays in its input, with the reason beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from segments.rules import tree
from segments.rules.fields import FIELDS, KNOWING, ORDER_FILTERS, Field, Kind
from segments.rules.tree import DEEPEST, RuleError

GROUP = "group"
JOINS = ("all", "any")
PARTS = ("join", "op", "value", "high", "pick", "days", "agg", "km", "lat", "lon", *ORDER_FILTERS)
MOST_NODES, MOST_PICKS, LONGEST = 150, 2_000, 40
FIRST = {"op": ["gte"], "agg": ["count"], "days": ["90"], "km": ["3"]}  # what a new condition starts with


@dataclass(eq=False)
class Draft:
    """A group or a condition as typed. ``kind`` is ``group`` or the name of a field."""

    id: int
    kind: str = GROUP
    above: Draft | None = None
    is_not: bool = False
    typed: dict[str, list[str]] = field(default_factory=dict)
    kids: list[Draft] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    is_torn: bool = False  # a part of the form made no sense and was left out

    @property
    def is_group(self) -> bool:
        return self.kind == GROUP

    @property
    def field(self) -> Field:
        return FIELDS[self.kind]

    @property
    def depth(self) -> int:
        """1 for the outermost group."""
        return self.above.depth + 1 if self.above else 1

    @property
    def join(self) -> str:
        return self.first("join") if self.first("join") in JOINS else "all"

    def first(self, part: str) -> str:
        return next(iter(self.typed.get(part, ())), "").strip()

    def every(self) -> Iterator[Draft]:
        """This one and all inside it, in order."""
        yield self
        for kid in self.kids:
            yield from kid.every()

    def leaves(self) -> list[Draft]:
        return [one for one in self.every() if not one.is_group]

    def put(self, kind: str, number: int, **more: Any) -> Draft:
        """A new draft inside this group, at its end."""
        kid = Draft(number, kind, self, **more)
        self.kids.append(kid)
        return kid


# --- from a form ---------------------------------------------------------------------------------------
def read(data: QueryDict) -> Draft:
    """What the form holds. Marks that make no sense are left out; groups too deep stand in the deepest allowed."""
    root = _filled(Draft(0), data)
    known = {0: root}
    marks = data.getlist("node")
    root.is_torn = len(marks) > MOST_NODES
    for mark in marks[:MOST_NODES]:
        found = re.fullmatch(r"(\d{1,6}):(\d{1,6}):(\w{1,40})", mark, re.ASCII)
        if not found or int(found[1]) in known or found[3] not in {GROUP, *FIELDS}:
            root.is_torn = True
            continue
        around = known.get(int(found[2]), root)
        while not around.is_group or around.depth > DEEPEST:
            around = around.above or root
        number = int(found[1])
        known[number] = _filled(around.put(found[3], number), data)
    return root


def _filled(draft: Draft, data: QueryDict) -> Draft:
    draft.is_not = f"n{draft.id}-not" in data
    for part in PARTS:
        if given := data.getlist(f"n{draft.id}-{part}"):
            draft.typed[part] = [one[:200] for one in given[:MOST_PICKS]]
    return draft


# --- to a rule -----------------------------------------------------------------------------------------
def rule_of(draft: Draft) -> dict[str, Any]:
    """The JSON of a draft, good or not."""
    node = {draft.join: [rule_of(kid) for kid in draft.kids]} if draft.is_group else _leaf(draft)
    if draft.above is None and not draft.kids:
        node = {"all": []}
    return {"not": node} if draft.is_not else node


def _leaf(draft: Draft) -> dict[str, Any]:
    kind = draft.field.kind
    if kind in (Kind.TAG, Kind.SNAPSHOT):
        return {str(kind): figure(draft.first("pick"))}
    if kind == Kind.NEAR:
        return {"near": _near(draft)}
    if kind == Kind.ORDERS:
        asked: dict[str, Any] = {"agg": draft.first("agg"), "op": draft.first("op"), "value": _compared(draft)}
        if draft.first("days"):
            asked["days"] = figure(draft.first("days"))
        for key, (_label, _choices, of) in ORDER_FILTERS.items():
            if draft.typed.get(key):
                asked[key] = _picked(draft.typed[key], of)
        return {"orders": asked}
    op = draft.field.operators[0] if kind == Kind.FLAG else draft.first("op")  # a yes or no has no other
    return {"attr": draft.kind, "op": op, **_value(draft)}


def _value(draft: Draft) -> dict[str, Any]:
    if draft.first("op") in KNOWING:
        return {}
    if draft.field.kind == Kind.FLAG:
        return {"value": {"yes": True, "no": False}.get(draft.first("value"))}
    if draft.field.kind == Kind.CHOICE:
        return {"value": _picked(draft.typed.get("pick", []), draft.field.value_type)}
    return {"value": _compared(draft)}


def _near(draft: Draft) -> dict[str, Any]:
    km = figure(draft.first("km"))
    if draft.first("lat") or draft.first("lon"):
        return {"lat": figure(draft.first("lat")), "lon": figure(draft.first("lon")), "km": km}
    return {"store": _picked(draft.typed.get("pick", []), int), "km": km}


def _compared(draft: Draft) -> Any:
    low = figure(draft.first("value"))
    return [low, figure(draft.first("high"))] if draft.first("op") == "between" else low


def _picked(values: list[str], of: type) -> list[Any]:
    return [figure(one) for one in values] if of is int else list(values)


def figure(text: str) -> Any:
    """A typed figure as JSON has it; what is none stays a text, for the parser to refuse."""
    plain = text.strip().replace(",", "").replace("，", "")
    try:
        value = Decimal(plain) if 0 < len(plain) <= LONGEST else None
    except InvalidOperation:
        return text
    if value is None or not value.is_finite() or abs(value.adjusted()) > 15:
        return text
    return int(value) if value == int(value) else float(value)


# --- from a rule ---------------------------------------------------------------------------------------
def draft_of(rule: Any) -> Draft:
    """A rule that ``tree.parse`` takes, ready to be edited."""
    root = Draft(0)
    node, is_not = _bare(rule)
    if not is_not and (join := next((one for one in JOINS if one in node), None)):
        root.typed["join"] = [join]
        for each in node[join]:
            _add(root, each)
    else:
        _add(root, rule)
    return root


def _bare(rule: Any) -> tuple[Any, bool]:
    """A node without the nots around it, and whether they leave it denied."""
    is_not = False
    while "not" in rule:
        rule, is_not = rule["not"], not is_not
    return rule, is_not


def _add(group: Draft, rule: Any) -> None:
    node, is_not = _bare(rule)
    number = next_id(group)
    join = next((one for one in JOINS if one in node), None)
    if join:
        kid = group.put(GROUP, number, is_not=is_not, typed={"join": [join]})
        for each in node[join]:
            _add(kid, each)
        return
    kind = node["attr"] if "attr" in node else next(key for key in ("tag", "snapshot", "orders", "near") if key in node)
    group.put(kind, number, is_not=is_not, typed=_typed(kind, node))


def _typed(kind: str, node: dict[str, Any]) -> dict[str, list[str]]:
    if kind in ("tag", "snapshot"):
        return {"pick": [str(node[kind])]}
    asked = {"agg": "count", "op": "gte", "value": 1, **node["orders"]} if kind == "orders" else node.get(kind, node)
    typed = {key: _texts(asked[key]) for key in PARTS if asked.get(key) is not None and key != "value"}
    value = asked.get("value")
    if kind == "near" and "store" in asked:
        typed["pick"] = typed.pop("store")
    if isinstance(value, list) and asked["op"] == "between":
        return typed | {"value": [str(value[0])], "high": [str(value[1])]}
    if isinstance(value, bool):
        return typed | {"value": ["yes" if value else "no"]}
    if isinstance(value, list):
        return typed | {"pick": _texts(value)}
    return typed if value is None else typed | {"value": [str(value)]}


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def next_id(draft: Draft) -> int:
    """A number that no group or condition of this rule has."""
    while draft.above:
        draft = draft.above
    return max(one.id for one in draft.every()) + 1


# --- what is wrong -------------------------------------------------------------------------------------
def checked(root: Draft) -> dict[str, Any] | None:
    """The rule when it can be used; else None, with the reasons in ``errors`` of those that they are about."""
    for one in root.every():
        one.errors = []
        if one.is_group and not one.kids and one.above:
            one.errors.append(_("Add a condition here, or remove this group."))
        elif not one.is_group and is_blank(one):
            one.errors.append(_("Choose something here.") if "pick" in _needed(one) else _("Fill in a figure."))
        elif not one.is_group:
            _check_leaf(one)
    if root.is_torn:
        root.errors.append(_("A part of this rule could not be read and was left out."))
    if any(one.errors for one in root.every()):
        return None
    rule = rule_of(root)
    try:
        tree.parse(rule)
    except RuleError as error:
        at(root, error.path).errors.append(error.message)
        return None
    return rule


def _check_leaf(leaf: Draft) -> None:
    try:
        tree.parse(_leaf(leaf))
    except RuleError as error:
        leaf.errors.append(error.message)


def is_blank(leaf: Draft) -> bool:
    """Whether an input that the condition needs is still empty."""
    return any(not leaf.first(part) for part in _needed(leaf))


def _needed(leaf: Draft) -> list[str]:
    kind, op = leaf.field.kind, leaf.first("op")
    if op in KNOWING:
        return []
    if kind in (Kind.TAG, Kind.SNAPSHOT, Kind.CHOICE):
        return ["pick"]
    if kind == Kind.NEAR:
        return ["km", "lat", "lon"] if leaf.first("lat") or leaf.first("lon") else ["km", "pick"]
    return ["value", "high"] if op == "between" else ["value"]


def at(root: Draft, path: str) -> Draft:
    """The group or condition that a path of RuleError is about."""
    here = root
    for place in re.findall(r"\[(\d+)\]", path):
        if not here.is_group or int(place) >= len(here.kids):
            break
        here = here.kids[int(place)]
    return here
