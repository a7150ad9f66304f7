"""Counting in the store: leaves become packed bits, kept while their data stays; trees combine them word by word.

The writer makes the sequence number odd while it writes. A reader that saw an odd number, or another one at its end than
at its beginning, looks again; what it saw in between is never kept.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..rules import plan
from ..rules.columns import NEVER
from ..rules.plan import Plan
from . import columns, layout, logs
from .columns import Bits
from .layout import DRAINED, ORDERS, SEQUENCE, Files, Unavailable

PATIENCE = 1.0  # seconds that a reader waits for the writer to finish
CACHE_MB = 128
SnapshotBits = Callable[[int], bytes]


class Reader:
    """One opened store. Safe to share between threads."""

    def __init__(self, folder: Path, *, cache_mb: int = CACHE_MB):
        self.folder = folder
        self.meta = layout.read_meta(folder)
        self.files = Files(folder, self.meta, "r")
        self.cache = Cache(cache_mb << 20)
        self.checks_sequence = True  # switched off only by the test that shows why it is needed

    @property
    def drained_at(self) -> float:
        """When the writer last knew everything, in seconds since 1970."""
        return int(self.files.state[DRAINED]) / 1e6

    def bits(self, wanted: Plan, snapshot_bits: SnapshotBits) -> Bits:
        """The members of a plan as packed bits of one consistent state. Raises Unavailable when the writer is busy."""
        wanted = optimised(wanted)
        until = time.monotonic() + PATIENCE
        while True:
            before = int(self.files.state[SEQUENCE])
            if before % 2 == 0 or not self.checks_sequence:
                fresh: dict[Any, tuple[Any, Bits]] = {}
                found = _Evaluation(self, snapshot_bits, fresh).tree(wanted) & self.files.existing
                if int(self.files.state[SEQUENCE]) == before or not self.checks_sequence:
                    self.cache.keep(fresh)
                    return found
            if time.monotonic() > until:
                raise Unavailable("busy")
            time.sleep(0.002)

    def count(self, wanted: Plan, snapshot_bits: SnapshotBits) -> int:
        return popcount(self.bits(wanted, snapshot_bits))


def popcount(bits: Bits) -> int:
    """How many bits are set; whole 64-byte lines expected."""
    return int(np.bitwise_count(bits.view(np.uint64)).sum())


def ids(bits: Bits) -> np.ndarray:
    """The sorted member ids of packed bits."""
    return (np.nonzero(np.unpackbits(bits, bitorder="little"))[0] + 1).astype(np.int32)


def optimised(node: Plan) -> Plan:
    """Questions about all orders without filters are columns already: exact, since both count whole days."""
    if isinstance(node, plan.All | plan.AnyOf):
        return type(node)(tuple(map(optimised, node.nodes)))
    if isinstance(node, plan.Not):
        return plan.Not(optimised(node.node))
    if isinstance(node, plan.Bought) and not node.categories and node.stores is None and not node.channels:
        if node.agg == "count" and node.least == 1:
            return plan.Range("last_order_day", NEVER + 1 if node.since is None else node.since, 2**31 - 1)
        if node.since is None:
            return plan.Range("order_count" if node.agg == "count" else "spent", node.least, plan.HIGHEST)
    return node


class Cache:
    """Leaves with the generation of what they read, the least used dropped first; bounded in bytes."""

    def __init__(self, most: int):
        self.most, self.held, self.lock = most, 0, threading.Lock()
        self.leaves: OrderedDict[Any, tuple[Any, Bits]] = OrderedDict()

    def get(self, leaf: Any, generation: Any) -> Bits | None:
        with self.lock:
            kept = self.leaves.get(leaf)
            if kept is None or kept[0] != generation:
                return None
            self.leaves.move_to_end(leaf)
            return kept[1]

    def keep(self, fresh: dict[Any, tuple[Any, Bits]]) -> None:
        with self.lock:
            for leaf, kept in fresh.items():
                old = self.leaves.pop(leaf, None)
                self.held += len(kept[1]) - (len(old[1]) if old else 0)
                self.leaves[leaf] = kept
            while self.held > self.most and self.leaves:
                self.held -= len(self.leaves.popitem(last=False)[1][1])


class _Evaluation:
    """One look at the store."""

    def __init__(self, reader: Reader, snapshot_bits: SnapshotBits, fresh: dict[Any, tuple[Any, Bits]]):
        self.reader, self.files, self.fresh, self.snapshot_bits = reader, reader.files, fresh, snapshot_bits
        self.places = self.files.tag_places()

    def tree(self, node: Plan) -> Bits:
        if isinstance(node, plan.Not):
            return ~self.tree(node.node)
        if not isinstance(node, plan.All | plan.AnyOf):
            return self.leaf(node)
        if not node.nodes:
            return np.full(self.files.meta.row, 255 if isinstance(node, plan.All) else 0, np.uint8)
        joint = np.bitwise_and if isinstance(node, plan.All) else np.bitwise_or
        first, *rest = node.nodes
        out = self.tree(first).view(np.uint64)
        for place, each in enumerate(rest):
            more = self.tree(each).view(np.uint64)
            out = joint(out, more, out=out if place else None)
        return out.view(np.uint8)

    def leaf(self, node: Any) -> Bits:
        if isinstance(node, plan.HasTag):
            place = self.places.get(node.tag)
            return self.files.tags[place] if place is not None else np.zeros(self.files.meta.row, np.uint8)
        generation = self.generation(node)
        bits = self.fresh[node][1] if node in self.fresh else self.reader.cache.get(node, generation)
        if bits is None:
            bits = self.compute(node)
            self.fresh[node] = (generation, bits)
        return bits

    def generation(self, node: Any) -> tuple[int, ...]:
        """Numbers that move when what the leaf reads moves."""
        state, at = self.files.state, self.files.column_places
        if isinstance(node, plan.Bought):
            return (int(state[ORDERS]),)
        if isinstance(node, plan.Range | plan.OneOf):
            return (int(state[at[node.column]]),)
        if isinstance(node, plan.Close):
            return (int(state[at["latitude"]]), int(state[at["longitude"]]))
        if isinstance(node, plan.OnTier):
            return tuple(int(state[at[f"tier_{program}"]]) for program in self.files.meta.programs)
        return ()

    def compute(self, node: Any) -> Bits:
        if isinstance(node, plan.Range):
            return columns.within(self.files, node)
        if isinstance(node, plan.OneOf):
            return columns.one_of(self.files, self.files.column(node.column), node.values)
        if isinstance(node, plan.Close):
            return columns.close(self.files, node)
        if isinstance(node, plan.OnTier):
            return columns.on_tier(self.files, node)
        if isinstance(node, plan.InSnapshot):
            return fitted(self.snapshot_bits(node.snapshot), self.files.meta.row)
        return logs.bought(self.files, node)


def fitted(bits: bytes, row: int) -> Bits:
    """Stored bits as long as this store's rows."""
    out = np.zeros(row, np.uint8)
    given = np.frombuffer(bits, np.uint8)[:row]
    out[: len(given)] = given
    return out


__all__ = ["Reader", "Unavailable", "fitted", "ids", "optimised", "popcount"]
