"""Conditions over columns as packed bits: one bit for each member, the lowest bit first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..rules import near, plan
from ..rules.columns import COLUMNS
from .build import set_bits
from .layout import MOVED, Files

BLOCK = 1 << 18  # members that one thread looks at in one go; a multiple of 8
Bits = NDArray[np.uint8]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="audience")


def _blocks(files: Files, test: Callable[[int, int], NDArray]) -> Bits:
    """Pack ``test(begin, end)`` over all members, large stores on two threads."""
    out = np.zeros(files.meta.row, np.uint8)

    def one(begin: int) -> None:
        end = min(files.meta.capacity, begin + BLOCK)
        packed = np.packbits(test(begin, end), bitorder="little")
        out[begin // 8 : begin // 8 + len(packed)] = packed

    begins = range(0, files.meta.capacity, BLOCK)
    if len(begins) > 2:
        list(_threads().map(one, begins))
    else:
        for begin in begins:
            one(begin)
    return out


def within(files: Files, node: plan.Range) -> Bits:
    """Members whose column lies between two values."""
    column = files.column(node.column)
    info = np.iinfo(column.dtype)
    low, high = max(node.low, int(info.min)), min(node.high, int(info.max))
    if low > high:
        return np.zeros(files.meta.row, np.uint8)
    unsigned = column.view(f"u{column.dtype.itemsize}")
    kind = unsigned.dtype.type
    first, width = np.array(low, column.dtype).view(unsigned.dtype)[()], kind(high - low)
    return _blocks(files, lambda a, b: (unsigned[a:b] - first) <= width)  # one comparison, wrapping round below


def one_of(files: Files, column: NDArray, values: tuple[int, ...]) -> Bits:
    """Members whose column holds one of the values."""
    info = np.iinfo(column.dtype)
    wanted = np.array(sorted(v for v in values if info.min <= v <= info.max), column.dtype)
    if not len(wanted):
        return np.zeros(files.meta.row, np.uint8)
    if len(wanted) <= 4:
        return _blocks(files, lambda a, b: np.logical_or.reduce([column[a:b] == value for value in wanted]))
    if wanted[0] >= 0 and wanted[-1] < 1 << 20:
        table = np.zeros(int(wanted[-1]) + 2, bool)  # the last place is never set
        table[wanted] = True
        return _blocks(files, lambda a, b: table.take(column[a:b], mode="clip"))
    return _blocks(files, lambda a, b: np.isin(column[a:b], wanted))


def on_tier(files: Files, node: plan.OnTier) -> Bits:
    """Members who hold one of the tiers (any, when none is named) in any programme."""
    out = np.zeros(files.meta.row, np.uint8)
    for program in files.meta.programs:
        column = files.column(f"tier_{program}")
        out |= one_of(files, column, node.tiers) if node.tiers else _blocks(files, _above_zero(column))
    return out


def _above_zero(column: NDArray) -> Callable[[int, int], NDArray]:
    return lambda a, b: column[a:b] > 0


def close(files: Files, node: plan.Close) -> Bits:
    """Members within reach: those of the band of latitudes and those that moved since the build, then the exact test."""
    box = near.box(node.lat, node.lon, node.metres)
    south, north = (np.int32(round(float(value) * 1e6)) for value in box.latitudes)
    kept = files.place("latitude")[: files.meta.located]
    begin, end = np.searchsorted(kept, south), np.searchsorted(kept, north, "right")
    at = np.concatenate([files.place("member")[begin:end], files.moved[: int(files.state[MOVED])]])
    latitude, longitude = files.column("latitude")[at], files.column("longitude")[at]
    inside = (latitude >= south) & (latitude <= north) & (latitude != COLUMNS["latitude"].unknown)
    if box.longitudes:
        west, east = (np.int32(round(float(value) * 1e6)) for value in box.longitudes)
        inside &= (longitude >= west) & (longitude <= east)
    at = at[inside]
    reached = near.within(latitude[inside] / 1e6, longitude[inside] / 1e6, node.lat, node.lon, node.metres)
    out = np.zeros(files.meta.row, np.uint8)
    set_bits(out, at[reached])
    return out
