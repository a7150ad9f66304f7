"""Putting changes into the files in place, under an odd sequence number. Writing the same state twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from . import layout
from .build import set_bits
from .changes import Changes
from .layout import EXISTING, HIGHEST, LOG, MOVED, ORDERS, SEQUENCE, TAGS, TAIL, Files


class Full(Exception):
    """No room is left: a new build makes some."""


class Writer:
    """The one writer of a store. ``step`` is called between the parts of an apply, for tests that kill it there."""

    def __init__(self, folder, *, step: Callable[[str], None] = lambda name: None):
        self.meta = layout.read_meta(folder)
        self.files = Files(folder, self.meta, "r+")
        self.state = self.files.state
        self.step = step
        self.is_holding = int(self.state[SEQUENCE]) % 2 == 1  # a writer died here: finish its work before showing it

    def apply(self, changes: Changes) -> None:
        """Write the states of members and orders. Raises Full before anything is written."""
        self._demand_room(changes)
        places = self._tag_rows(changes)
        if int(self.state[SEQUENCE]) % 2 == 0:
            self.state[SEQUENCE] += 1
        self.step("begun")
        at = changes.members.astype(np.int64) - 1
        if len(at):
            self._note_moves(at, changes)
            for name, values in changes.columns.items():
                self._put(name, at, values)
            self.step("columns")
            self._put_standings(at, changes)
            self._put_tags(at, changes, places)
            set_bits(self.files.existing, at)
            self.state[EXISTING] += 1
            self.state[HIGHEST] = max(int(self.state[HIGHEST]), int(changes.members[-1]))
        self._drop(changes.gone)
        self.step("members")
        self._put_entries(changes.entries)
        self.step("orders")
        if not self.is_holding:
            self.release()

    def release(self) -> None:
        """Let readers in again."""
        self.is_holding = False
        if int(self.state[SEQUENCE]) % 2 == 1:
            self.state[SEQUENCE] += 1

    def _demand_room(self, changes: Changes) -> None:
        state, meta = self.state, self.meta
        programs = set(np.unique(changes.standings["program"]).tolist())
        if (
            (len(changes.members) and int(changes.members[-1]) > meta.capacity)
            or int(state[TAIL]) + len(changes.entries) > meta.tail_capacity
            or int(state[MOVED]) + len(changes.members) > meta.moved_capacity
            or not programs <= set(meta.programs)
            or changes.needs_build
        ):
            raise Full

    # --- members ---------------------------------------------------------------------------------------
    def _put(self, name: str, at: NDArray, values: NDArray) -> None:
        column = self.files.column(name)
        if not np.array_equal(column[at], values):
            column[at] = values
            self.state[self.files.column_places[name]] += 1
        elif self.is_holding:  # written by the one that died, perhaps before it said so
            self.state[self.files.column_places[name]] += 1

    def _note_moves(self, at: NDArray, changes: Changes) -> None:
        moved = np.zeros(len(at), bool)
        for name in ("latitude", "longitude"):
            moved |= self.files.column(name)[at] != changes.columns[name]
        if self.is_holding:
            moved[:] = True
        begin = int(self.state[MOVED])
        end = begin + int(moved.sum())
        self.files.moved[begin:end] = at[moved]
        self.state[MOVED] = end

    def _put_standings(self, at: NDArray, changes: Changes) -> None:
        for program in self.meta.programs:
            mine = changes.standings[changes.standings["program"] == program]
            values = np.zeros(len(at), np.int32)
            values[np.searchsorted(changes.members, mine["member"])] = mine["tier"]
            self._put(f"tier_{program}", at, values)

    def _drop(self, gone: NDArray) -> None:
        at = gone[gone <= self.meta.capacity] - 1
        if len(at):
            np.bitwise_and.at(self.files.existing, at >> 3, ~np.left_shift(1, at & 7).astype(np.uint8))
            self.state[EXISTING] += 1

    def _tag_rows(self, changes: Changes) -> dict[int, int]:
        """A row for every tag that is worn; a new tag's row is empty until it is announced."""
        places = self.files.tag_places()
        for tag in np.unique(changes.tags["tag"]).tolist():
            if tag not in places:
                place = int(self.state[TAGS])
                if place >= self.meta.tag_capacity:
                    raise Full
                self.files.tags[place] = 0
                self.files.tag_ids[place] = tag
                self.state[TAGS] = place + 1
                places[tag] = place
        return places

    def _put_tags(self, at: NDArray, changes: Changes, places: dict[int, int]) -> None:
        byte, bit = at >> 3, np.left_shift(1, at & 7).astype(np.uint8)
        order = np.argsort(changes.tags["tag"], kind="stable")
        worn, tags = np.searchsorted(changes.members, changes.tags["member"][order]), changes.tags["tag"][order]
        for tag, place in places.items():
            row = self.files.tags[place]
            wanted = np.zeros(len(at), bool)
            begin, end = np.searchsorted(tags, np.array([tag, tag + 1], tags.dtype))
            wanted[worn[begin:end]] = True
            turned = np.nonzero(((row[byte] & bit) != 0) != wanted)[0]
            if len(turned):
                np.bitwise_xor.at(row, byte[turned], bit[turned])
                self.state[self.files.tags_at + place] += 1

    # --- orders ----------------------------------------------------------------------------------------
    def _put_entries(self, entries: NDArray) -> None:
        """Change an order's entries where they stand, and append those of orders that are new here."""
        if not len(entries):
            return
        entries = entries[np.lexsort((entries["order"], entries["day"], entries["category"]))]
        is_new = np.ones(len(entries), bool)
        is_new[self._put_in_log(entries)] = False
        is_new[self._put_in_tail(entries, np.nonzero(is_new)[0])] = False
        fresh = entries[is_new & (entries["member"] > 0)]
        begin = int(self.state[TAIL])
        for name in ("category", *LOG):
            self.files.tail[name][begin : begin + len(fresh)] = fresh[name]
        self.state[TAIL] = begin + len(fresh)
        self.state[ORDERS] += 1

    def _put_in_log(self, entries: NDArray) -> NDArray:
        """Write over entries that the build knew; which of ``entries`` those were."""
        old = np.nonzero(entries["order"] <= self.meta.last_order)[0]
        done = []
        keys = entries[["category", "day"]][old]
        cuts = (np.nonzero(keys[1:] != keys[:-1])[0] + 1).tolist()
        for begin, end in pairwise([0, *cuts, len(old)]):
            group = old[begin:end]
            if not len(group):
                continue
            first, last = self._day_of(int(entries["category"][group[0]]), int(entries["day"][group[0]]))
            orders = self.files.log("order")[first:last]
            place = np.searchsorted(orders, entries["order"][group])
            here = place < len(orders)
            here[here] = orders[place[here]] == entries["order"][group[here]]
            for name in LOG:
                self.files.log(name)[first + place[here]] = entries[name][group[here]]
            done.append(group[here])
        return np.concatenate(done) if done else np.empty(0, int)

    def _day_of(self, category: int, day: int) -> tuple[int, int]:
        begin, end = self.meta.offsets[category], self.meta.offsets[category + 1]
        days = self.files.log("day")[begin:end]
        first, last = np.searchsorted(days, np.int32(day)), np.searchsorted(days, np.int32(day), "right")
        return begin + int(first), begin + int(last)

    def _put_in_tail(self, entries: NDArray, left: NDArray) -> NDArray:
        """Write over entries that came since the build; which of ``entries`` those were."""
        tail = self.files.tail[: int(self.state[TAIL])]
        seen = np.nonzero(np.isin(tail["order"], entries["order"][left]))[0]
        if not len(seen):
            return np.empty(0, int)
        places = {(int(tail["order"][at]), int(tail["category"][at])): at for at in seen}
        keys = zip(entries["order"][left].tolist(), entries["category"][left].tolist(), strict=True)
        pairs = [(at, places[key]) for at, key in zip(left.tolist(), keys, strict=True) if key in places]
        if not pairs:
            return np.empty(0, int)
        mine, there = (np.array(part) for part in zip(*pairs, strict=True))
        for name in LOG:
            tail[name][there] = entries[name][mine]
        return mine
