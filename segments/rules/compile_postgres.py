"""A plan as SQL over the tables of truth: the oracle of the audience store, its fall-back, and the check of one member.

Every condition is true or false, never NULL. The set form reads each table once; the form for one member
(``single=True``) is correlated, so that an index finds the few rows of that member.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import near, plan
from .columns import COLUMNS, COUNTED, LINE_NET, NET, SOURCE_OF
from .plan import Plan

START = "(DATE '1970-01-01' + %s)::timestamp AT TIME ZONE %s"
OF_CATEGORIES = """EXISTS (
    SELECT 1 FROM members_orderline l JOIN members_product p ON p.id = l.product_id
    WHERE l.order_id = o.id AND p.category = ANY(%s))"""
FROM_LINES = """FROM members_order o JOIN members_orderline l ON l.order_id = o.id
    JOIN members_product p ON p.id = l.product_id AND p.category = ANY(%s)"""


def condition(
    wanted: Plan, *, zone: str, members_of: Callable[[int], Sequence[int]], single: bool = False
) -> tuple[str, list[Any]]:
    """SQL over ``members_member m`` and its parameters. ``members_of`` gives the member ids of a snapshot."""
    compiler = _Compiler(zone, members_of, single)
    return compiler.where(wanted), compiler.parameters


class _Compiler:
    def __init__(self, zone: str, members_of: Callable[[int], Sequence[int]], single: bool):
        self.zone, self.members_of, self.single = zone, members_of, single
        self.parameters: list[Any] = []
        self.makers: dict[type, Callable[[Any], str]] = {
            plan.All: lambda n: self._joined(n.nodes, " AND ", "true"),
            plan.AnyOf: lambda n: self._joined(n.nodes, " OR ", "false"),
            plan.Not: lambda n: f"NOT {self.where(n.node)}",
            plan.Range: self._range,
            plan.OneOf: self._one_of,
            plan.OnTier: self._on_tier,
            plan.HasTag: self._has_tag,
            plan.InSnapshot: self._in_snapshot,
            plan.Bought: self._bought,
            plan.Close: self._close,
        }

    def where(self, node: Plan) -> str:
        return self.makers[type(node)](node)

    def _joined(self, nodes: tuple[Plan, ...], word: str, empty: str) -> str:
        return f"({word.join(map(self.where, nodes))})" if nodes else empty

    def _given(self, *values: Any) -> None:
        self.parameters.extend(values)

    def _members(self, select: str, key: str) -> str:
        """The members of a SELECT of ids; ``{scope}`` in it stands where one member may be asked for."""
        if self.single:
            return f"EXISTS ({select.replace('{scope}', f' AND {key} = m.id')})"
        return _in(select.replace("{scope}", ""))

    def _range(self, node: plan.Range) -> str:
        self._given(node.low, node.high)
        test = self._test(node.column, "BETWEEN %s AND %s")
        default = COLUMNS[node.column].default
        return self._kept(node.column, test, node.low <= default <= node.high)

    def _one_of(self, node: plan.OneOf) -> str:
        self._given(list(node.values))
        test = self._test(node.column, "= ANY(%s)")
        return self._kept(node.column, test, COLUMNS[node.column].default in node.values)

    def _test(self, column: str, comparison: str) -> str:
        source = SOURCE_OF[column]
        if source.has_all:
            return f"({COLUMNS[column].sql}) {comparison}".replace("{zone}", self.zone)
        return f"x.{column} {comparison}"

    def _kept(self, column: str, test: str, default_passes: bool) -> str:
        """``test`` over the members' own table or over a source that may lack a row of the member."""
        source = SOURCE_OF[column]
        if source.has_all:
            return test
        scope = "{key} = m.id" if self.single else ""
        inside = source.select(zone=self.zone, scope=scope, only=(column,))
        if self.single:
            found = f"(SELECT {test} FROM ({inside}) x)"  # noqa: S608 -- constants
            return f"COALESCE({found}, {str(default_passes).lower()})"
        if default_passes:  # whoever has no row passes: look for those who do not
            return f"NOT {_in(f'SELECT x.member_id FROM ({inside}) x WHERE NOT {test}')}"  # noqa: S608 -- constants
        return _in(f"SELECT x.member_id FROM ({inside}) x WHERE {test}")  # noqa: S608 -- constants

    def _on_tier(self, node: plan.OnTier) -> str:
        which = ""
        if node.tiers:
            self._given(list(node.tiers))
            which = " AND s.tier_id = ANY(%s)"
        select = f"SELECT s.member_id FROM loyalty_standing s WHERE true{which}{{scope}}"  # noqa: S608 -- constants
        return self._members(select, "s.member_id")

    def _has_tag(self, node: plan.HasTag) -> str:
        self._given(node.tag)
        select = "SELECT t.member_id FROM members_membertag t WHERE t.tag_id = %s{scope}"
        return self._members(select, "t.member_id")

    def _in_snapshot(self, node: plan.InSnapshot) -> str:
        self._given(list(self.members_of(node.snapshot)))
        return "m.id = ANY(%s::int[])"

    def _bought(self, node: plan.Bought) -> str:
        by_line = node.agg == "sum" and node.categories
        tables, limits = "FROM members_order o", [COUNTED]
        if by_line:
            tables = FROM_LINES
            self._given(list(node.categories))
        if node.since is not None:
            limits.append(f"o.paid_at >= {START}")
            self._given(node.since, self.zone)
        if node.stores is not None:
            limits.append("o.store_id = ANY(%s::bigint[])")
            self._given(list(node.stores))
        if node.channels:
            limits.append("o.channel_id = ANY(%s::bigint[])")
            self._given(list(node.channels))
        if node.categories and not by_line:
            limits.append(OF_CATEGORIES)
            self._given(list(node.categories))
        worth = "count(*)" if node.agg == "count" else f"sum({LINE_NET if by_line else NET})"
        self._given(node.least)
        select = (
            f"SELECT o.member_id {tables} WHERE {' AND '.join(limits)}{{scope}} "
            f"GROUP BY o.member_id HAVING {worth} >= %s"
        )
        return self._members(select, "o.member_id")

    def _close(self, node: plan.Close) -> str:
        box = near.box(node.lat, node.lon, node.metres)
        parts = ["m.latitude BETWEEN %s AND %s"]
        self._given(*box.latitudes)
        if box.longitudes:
            parts.append("m.longitude BETWEEN %s AND %s")
            self._given(*box.longitudes)
        test, values = near.sql("m.latitude::float8", "m.longitude::float8", node.lat, node.lon, node.metres)
        self._given(*values)
        return f"COALESCE({' AND '.join([*parts, test])}, false)"


def _in(select: str) -> str:
    """A set that is read once and hashed. Without IS TRUE the planner makes a join of it, and guesses its size badly."""
    return f"((m.id IN ({select})) IS TRUE)"
