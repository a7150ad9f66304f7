"""What changed, read from PostgreSQL as it is now: whole states, never differences, so that twice is once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rules.columns import ENTRY_TYPES, ORDER_PARTS, SOURCES, STANDINGS, TAGGED, WHOLE_ORDERS, entries
from .build import wire
from .copying import fetch
from .layout import Meta


@dataclass(frozen=True)
class Changes:
    """States of changed members and orders. ``columns`` hold one value for each of ``members`` (sorted ids).

    ``tags`` and ``standings`` are pairs; ``entries`` have member 0 where an order no longer counts. ``gone`` were asked
    for and are nobody (any more): merged into somebody else.
    """

    members: NDArray
    gone: NDArray
    columns: dict[str, NDArray]
    standings: NDArray
    tags: NDArray
    entries: NDArray

    @property
    def needs_build(self) -> bool:
        """An order's category is newer than the store."""
        return bool((self.entries["category"] < 0).any())


def read(meta: Meta, members: Sequence[int], orders: Sequence[int]) -> Changes:
    """The states of these members and orders; members that do not exist are left out."""
    given = {"ids": sorted(members)}
    known = np.empty(0, np.int32)
    columns: dict[str, NDArray] = {}
    for source in SOURCES:
        rows = fetch(source.select(zone=meta.zone, scope="{key} = ANY(%(ids)s::int[])"), wire(source), given)
        if source.has_all:
            known = np.sort(rows["member"])
        at = np.searchsorted(known, rows["member"])
        here = at < len(known)
        here[here] = known[at[here]] == rows["member"][here]
        for column in source.columns:
            kept = np.full(len(known), column.default, column.dtype)
            kept[at[here]] = rows[column.name][here]
            columns[column.name] = kept
    standings = fetch(
        STANDINGS.format(scope=" AND s.member_id = ANY(%(ids)s::int[])"),
        {"member": "i4", "program": "i4", "tier": "i4"}, given,
    )  # fmt: skip
    tags = fetch(TAGGED.format(scope=" AND t.member_id = ANY(%(ids)s::int[])"), {"member": "i4", "tag": "i4"}, given)
    gone = np.setdiff1d(np.asarray(given["ids"], np.int64), known)
    return Changes(known, gone, columns, standings, tags, _entries(meta, orders))


def _entries(meta: Meta, orders: Sequence[int]) -> NDArray:
    given = {"ids": sorted(orders), "names": meta.categories}
    scope = "o.id = ANY(%(ids)s::bigint[]) AND o.member_id IS NOT NULL"
    whole = fetch(entries(WHOLE_ORDERS, zone=meta.zone, scope=scope), ENTRY_TYPES, given)
    parts = fetch(entries(ORDER_PARTS, zone=meta.zone, scope=scope), ENTRY_TYPES, given)
    return np.concatenate([whole, parts])
