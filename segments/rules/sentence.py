"""A rule as one plain sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from . import tree
from .fields import MONTHS, OPERATORS, Kind
from .tree import All, AnyOf, Attr, HasTag, InSnapshot, Near, Node, Not, Orders

Names = Callable[[str, Any], str]  # (key of segments.queries.choices, value) -> what people call it
MOST_NAMED = 5


def sentence(rule: object, names: Names | None = None) -> str:
    """What the rule says, for people. ``names`` gives words for ids; without it their numbers stand. Raises RuleError."""
    node = tree.parse(rule)
    if isinstance(node, All) and not node.nodes:
        return _("Every member.")
    said = _said(node, names or _plain, inside=False)
    return _("Members for whom: %(conditions)s.") % {"conditions": said}


def _plain(key: str, value: Any) -> str:
    if key == "months":
        return str(MONTHS.get(value, value))
    return {"f": _("Female"), "m": _("Male")}.get(value, str(value)) if key == "genders" else str(value)


def _said(node: Node, names: Names, *, inside: bool = True) -> str:
    if isinstance(node, All | AnyOf):
        return _group(node, names, inside=inside)
    if isinstance(node, Not):
        return _("not (%(condition)s)") % {"condition": _said(node.node, names, inside=False)}
    if isinstance(node, HasTag):
        return _("tagged “%(tag)s”") % {"tag": names("tags", node.tag)}
    if isinstance(node, InSnapshot):
        return _("in the locked audience “%(name)s”") % {"name": names("snapshots", node.snapshot)}
    if isinstance(node, Near):
        return _near(node, names)
    return _orders(node, names) if isinstance(node, Orders) else _attr(node, names)


def _group(node: All | AnyOf, names: Names, *, inside: bool) -> str:
    if len(node.nodes) == 1:
        return _said(node.nodes[0], names, inside=inside)
    joint = _(" and ") if isinstance(node, All) else _(" or ")
    said = joint.join(_said(each, names) for each in node.nodes)
    return f"({said})" if inside else said


def _attr(node: Attr, names: Names) -> str:
    field = node.field
    if node.op in ("known", "unknown"):
        return f"{field.label} {OPERATORS[node.op]}"
    if field.kind == Kind.FLAG:
        return str(field.label) if node.value else _("not: %(label)s") % {"label": field.label}
    if field.kind == Kind.CHOICE:
        return _("%(label)s is %(choices)s") % {
            "label": field.label,
            "choices": _listed(field.choices, node.value, names),
        }
    return f"{field.label} {_comparison(node.op, node.value)} {field.unit}".rstrip()


def _comparison(op: str, value: Any) -> str:
    if op == "between":
        return _("from %(low)s to %(high)s") % {"low": _figure(value[0]), "high": _figure(value[1])}
    return f"{OPERATORS[op]} {_figure(value)}"


def _figure(value: Any) -> str:
    whole = value == int(value)
    return number_format(int(value) if whole else value, force_grouping=True)


def _orders(node: Orders, names: Names) -> str:
    when = _("ever")
    if node.days:
        when = ngettext("today", "in the last %(days)d days", node.days) % {"days": node.days}
    where = _where(node, names)
    goods = _listed("categories", node.category, names) if node.category else ""
    said = {
        (False, False): _("bought %(when)s"),
        (True, False): _("bought %(goods)s %(when)s"),
        (False, True): _("bought %(where)s %(when)s"),
        (True, True): _("bought %(goods)s %(where)s %(when)s"),
    }[bool(goods), bool(where)]
    bought = said % {"goods": goods, "where": where, "when": when}
    if node.agg == "sum":
        return _("%(bought)s for %(comparison)s yuan") % {
            "bought": bought, "comparison": _comparison(node.op, node.value),
        }  # fmt: skip
    return _("%(bought)s, %(comparison)s orders") % {
        "bought": bought, "comparison": _comparison(node.op, node.value),
    }  # fmt: skip


def _where(node: Orders, names: Names) -> str:
    """At which stores, in which regions, through which channels; empty for anywhere."""
    parts = []
    if node.store:
        parts.append(_("at %(stores)s") % {"stores": _listed("stores", node.store, names)})
    if node.region:
        parts.append(_("in %(regions)s") % {"regions": _listed("regions", node.region, names)})
    if node.channel:
        parts.append(_("through %(channels)s") % {"channels": _listed("channels", node.channel, names)})
    return pgettext("between the parts of a place", " ").join(parts)


def _near(node: Near, names: Names) -> str:
    km = _figure(node.km)
    if node.stores:
        return _("within %(km)s km of %(stores)s") % {"km": km, "stores": _listed("stores", node.stores, names)}
    return _("within %(km)s km of %(latitude)s, %(longitude)s") % {
        "km": km, "latitude": node.lat, "longitude": node.lon,
    }  # fmt: skip


def _listed(key: str, values: Iterable[Any], names: Names) -> str:
    values = list(values)
    said = [names(key, value) for value in values[:MOST_NAMED]]
    if len(values) > MOST_NAMED:
        said.append(_("%(count)d more") % {"count": len(values) - MOST_NAMED})
    return _(", ").join(said)
