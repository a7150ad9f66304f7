"""Conditions over orders: slices of the log by category and day, the tail of what came since the build, then counting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..rules import plan
from .build import set_bits
from .columns import Bits
from .layout import TAIL, Files

DENSE = 16  # above one entry for so many members a table of all members beats sorting
ORDER_BITS = 32


def bought(files: Files, node: plan.Bought) -> Bits:
    """Members with at least so many orders, or so much of them in fen, that pass the filters.

    One category (or none) holds an order once. Several may hold the same order: its entries are then seen as one.
    """
    codes = _codes(files, node.categories)
    members, orders, fen = _entries(files, node, codes)
    if node.agg == "sum":
        return _at_least(files, members, node.least, fen)
    if len(codes) > 1 and node.least > 1:
        members = _once(members, orders)
    return _at_least(files, members, node.least, None)


def _codes(files: Files, categories: tuple[str, ...]) -> list[int]:
    if not categories:
        return [0]
    places = {name: code for code, name in enumerate(files.meta.categories, 1)}
    return [places[name] for name in categories if name in places]


def _entries(files: Files, node: plan.Bought, codes: list[int]) -> tuple[NDArray, NDArray, NDArray]:
    """Members, orders and fen of every entry that passes; nobody's entries have member 0."""
    found = [_slice(files, node, code) for code in codes]
    tail = files.tail[: int(files.state[TAIL])]
    keep = np.isin(tail["category"], codes) & _passes(node, tail["store"], tail["channel"])
    if node.since is not None:
        keep &= tail["day"] >= node.since
    tail = tail[keep]
    found.append((tail["member"], tail["order"], tail["fen"]))
    members, orders, fen = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return members, orders, fen


def _slice(files: Files, node: plan.Bought, code: int) -> tuple[NDArray, NDArray, NDArray]:
    begin, end = files.meta.offsets[code], files.meta.offsets[code + 1]
    if node.since is not None:
        begin += int(np.searchsorted(files.log("day")[begin:end], np.int32(node.since)))
    rows = slice(begin, end)
    member, order, fen = files.log("member")[rows], files.log("order")[rows], files.log("fen")[rows]
    if node.stores is None and not node.channels:
        return member, order, fen
    keep = _passes(node, files.log("store")[rows], files.log("channel")[rows])
    return member[keep], order[keep], fen[keep]


def _passes(node: plan.Bought, stores: NDArray, channels: NDArray) -> NDArray:
    keep = np.ones(len(stores), bool)
    if node.stores is not None:
        table = np.zeros(max([0, *node.stores]) + 2, bool)
        table[list(node.stores)] = True
        table[-1] = False
        keep &= table[np.minimum(stores, len(table) - 1)]
    if node.channels:
        keep &= np.isin(channels, node.channels)
    return keep


def _once(members: NDArray, orders: NDArray) -> NDArray:
    """The member of each distinct order."""
    if len(orders) and int(orders.max()) >> ORDER_BITS:
        _, first = np.unique(orders, return_index=True)
        return members[first]
    keys = members.astype(np.int64) << ORDER_BITS | orders
    keys.sort()
    return (keys[_firsts(keys)] >> ORDER_BITS).astype(np.int32)


def _firsts(ordered: NDArray) -> NDArray:
    """Where each run of equal values begins."""
    return np.nonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))[0] if len(ordered) else np.empty(0, int)


def _at_least(files: Files, members: NDArray, least: int, fen: NDArray | None) -> Bits:
    """Members that stand at least ``least`` times, or whose fen sum up to it. Sums stay exact up to 2^53 fen."""
    size = files.meta.capacity + 1
    out = np.zeros(files.meta.row, np.uint8)
    if fen is None and least == 1:
        marks = np.zeros(size, bool)
        marks[members] = True
        return np.packbits(marks[1:], bitorder="little")
    if len(members) > size // DENSE:
        sums = np.bincount(members, None if fen is None else fen.astype(np.float64), minlength=size)
        return np.packbits(sums[1:] >= least, bitorder="little")
    if fen is None:
        members = np.sort(members)
        hits = members[least - 1 :][members[least - 1 :] == members[: len(members) - least + 1]]
    else:
        order = np.argsort(members, kind="stable")
        members, fen = members[order], fen[order]
        firsts = _firsts(members)
        hits = members[firsts][np.add.reduceat(fen, firsts) >= least] if len(firsts) else members
    hits = hits[hits > 0] - 1
    set_bits(out, hits)
    return out
