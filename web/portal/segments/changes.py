"""The buttons of the builder: each changes the draft of a rule and tells where the reader goes on."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from segments.rules.fields import FIELDS, Kind

from .builder import FIRST, GROUP, Draft, next_id

Change = Callable[[Draft, Draft, str], Draft | None]


def apply(root: Draft, asked: str, *, at: str = "", chosen: str = "") -> Draft | None:
    """Do what a button says (``add:3:age``, ``group:3``, ``drop:5``); return the draft to go on with.

    ``pick:age`` takes its place from ``at`` (``add:3``, ``field:5``); ``add:3`` alone takes its field from ``chosen``.
    What makes no sense changes nothing.
    """
    word, _colon, rest = asked.partition(":")
    if word == "pick":
        word, _colon, place = at.partition(":")
        rest = f"{place}:{rest}"
    number, _colon, name = rest.partition(":")
    target = next((one for one in root.every() if str(one.id) == number), None)
    change = CHANGES.get(word)
    return change(root, target, name or chosen) if change and target else None


def _add(_root: Draft, group: Draft, name: str) -> Draft | None:
    if not group.is_group or name not in FIELDS:
        return None
    return group.put(name, next_id(group), typed=start_of(name))


def start_of(name: str) -> dict[str, list[str]]:
    """What stands in a new condition."""
    field = FIELDS[name]
    typed = {"op": [field.operators[0]]} if field.operators else {}
    if field.kind == Kind.FLAG:
        typed["value"] = ["yes"]
    if field.kind == Kind.ORDERS:
        typed |= {part: FIRST[part] for part in ("op", "agg", "days")} | {"value": ["1"]}
    if field.kind == Kind.NEAR:
        typed["km"] = FIRST["km"]
    return typed


def _group(_root: Draft, group: Draft, _name: str) -> Draft | None:
    return group.put(GROUP, next_id(group), typed={"join": ["any"]}) if group.is_group else None


def _drop(_root: Draft, one: Draft, _name: str) -> Draft | None:
    if one.above is None:
        return None
    beside = one.above.kids
    place = beside.index(one)
    beside.remove(one)
    return beside[max(0, place - 1)] if beside else one.above


def _field(_root: Draft, leaf: Draft, name: str) -> Draft | None:
    if leaf.is_group or name not in FIELDS:
        return None
    if name != leaf.kind:
        leaf.kind, leaf.typed = name, start_of(name)
    return leaf


def _copy(root: Draft, one: Draft, _name: str) -> Draft | None:
    if one.above is None:
        return None
    around, one.above = one.above, None
    twin = deepcopy(one)
    one.above = around
    number = next_id(root)
    twin.above = around
    for shift, each in enumerate(twin.every()):
        each.id = number + shift
    around.kids.insert(around.kids.index(one) + 1, twin)
    return twin


def _wrap(_root: Draft, one: Draft, _name: str) -> Draft | None:
    """Put one into a group of its own, where it stands."""
    if one.above is None:
        return None
    box = Draft(next_id(one), GROUP, one.above, typed={"join": ["any"]}, kids=[one])
    one.above.kids[one.above.kids.index(one)] = box
    one.above = box
    return one


def _lift(_root: Draft, one: Draft, _name: str) -> Draft | None:
    """Take one out of its group into the group around; a group left empty goes."""
    box = one.above
    if box is None or box.above is None:
        return None
    around = box.above
    box.kids.remove(one)
    around.kids.insert(around.kids.index(box) + 1, one)
    one.above = around
    if not box.kids:
        around.kids.remove(box)
    return one


def _move(step: int) -> Change:
    def moved(_root: Draft, one: Draft, _name: str) -> Draft | None:
        if one.above is None:
            return None
        beside = one.above.kids
        place = beside.index(one)
        beside.insert(max(0, place + step), beside.pop(place))
        return one

    return moved


CHANGES: dict[str, Change] = {
    "add": _add, "group": _group, "drop": _drop, "field": _field, "copy": _copy, "wrap": _wrap, "lift": _lift,
    "up": _move(-1), "down": _move(1),
}  # fmt: skip
