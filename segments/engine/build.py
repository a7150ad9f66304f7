"""A whole store out of PostgreSQL, in one snapshot of it, column group after column group."""

from __future__ import annotations

import secrets
import time
from itertools import pairwise
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from numpy.typing import NDArray

from ..models import AudienceStore
from ..rules.columns import (
    COUNTED,
    ENTRY_TYPES,
    NEVER,
    NOWHERE,
    ORDER_PARTS,
    SOURCES,
    STANDINGS,
    TAGGED,
    WHOLE_ORDERS,
    Source,
    entries,
)  # fmt: skip
from . import layout
from .copying import stream
from .layout import LOG, Files, Meta

READER = "segments"
PREPARE = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = 0",
    "SET LOCAL work_mem = '256MB'",
)
CATEGORIES = "SELECT DISTINCT category COLLATE \"C\" FROM members_product WHERE category <> '' ORDER BY 1"
PRODUCTS = """
    SELECT COALESCE(max(id), 0), COALESCE(md5(string_agg(id || ':' || category, ',' ORDER BY id)), '')
    FROM members_product WHERE id <= %s
"""
HEARD = "DELETE FROM members_inbox WHERE reader = %s"
ONE_ROW = (
    "INSERT INTO segments_audiencestore (id, token, members, wanted_why) VALUES (1, '', 0, '') ON CONFLICT DO NOTHING"
)
SPARE = 65_536  # members that may join before the next build, and a tenth more
SPARE_TAGS = 64
PLACED = ("latitude", "longitude")


def build() -> str:
    """Read everything in one snapshot, write a new folder, make it current; gives its token. The writer's business.

    What waited in the inbox at that moment is in the snapshot already, and is taken out of the inbox.
    """
    begun = time.monotonic()
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            for statement in PREPARE:
                cursor.execute(statement)
            cursor.execute(ONE_ROW)
        meta = _meta()
        folder = layout.root() / meta.token
        folder.mkdir(parents=True)
        files = Files(folder, meta, "w+")
        count = _members(files)
        _standings(files)
        _tags(files)
        _orders(files)
        layout.write_meta(folder, meta)
        with connection.cursor() as cursor:
            cursor.execute(HEARD, [READER])
        AudienceStore.objects.filter(pk=1).update(
            token=meta.token, built_at=_clock(), build_seconds=time.monotonic() - begun,
            members=count, wanted_at=None, wanted_why="",
        )  # fmt: skip
        files.state[layout.DRAINED] = int(time.time() * 1e6)
        layout.switch(folder)
    return meta.token


def _one(sql: str, *given: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given or None)
        return cursor.fetchone()


def _column(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def products(last: int) -> tuple[int, str]:
    """The last product up to an id, and a digest of all their categories: another one asks for a new build."""
    return _one(PRODUCTS, last)  # type: ignore[return-value]


def _clock() -> Any:
    return _one("SELECT now()")[0]


def _meta() -> Meta:
    highest, tags, orders = _one(
        "SELECT COALESCE((SELECT max(id) FROM members_member), 0), (SELECT count(*) FROM members_tag), "
        "(SELECT count(*) FROM members_order)"
    )
    last_product, digest = products(2**62)
    spare = getattr(settings, "AUDIENCE_SPARE", SPARE)
    return Meta(
        token=secrets.token_hex(12), boot=layout.boot(), capacity=-(-(highest + highest // 10 + spare) // 512) * 512,
        tag_capacity=tags + SPARE_TAGS, tail_capacity=max(262_144, orders // 4), moved_capacity=max(65_536, highest // 8),
        programs=_column("SELECT id FROM loyalty_program ORDER BY id"), categories=_column(CATEGORIES),
        zone=settings.TIME_ZONE, last_product=last_product, products=digest, built_at=time.time(),
    )  # fmt: skip


def wire(source: Source) -> dict[str, str]:
    """The types of a source's rows as PostgreSQL sends them."""
    kinds = {column.name: "i8" if column.dtype == "i8" else "i4" for column in source.columns}
    return {"member": "i4"} | kinds


def _members(files: Files) -> int:
    count = 0
    for source in SOURCES:
        if source.name == "orders":
            continue  # summed from the log
        for column in source.columns:
            if column.default:
                files.column(column.name)[:] = column.default
        for rows in stream(source.select(zone=files.meta.zone), wire(source)):
            at = rows["member"] - 1
            for column in source.columns:
                files.column(column.name)[at] = rows[column.name]
            if source.has_all:
                count += len(at)
                set_bits(files.existing, at)
                files.state[layout.HIGHEST] = max(int(files.state[layout.HIGHEST]), int(rows["member"].max()))
    _places(files)
    return count


def _places(files: Files) -> None:
    """Members with a place in the order of latitude, so that "near" reads a narrow band."""
    latitude = files.column("latitude")
    located = np.nonzero(latitude != NOWHERE)[0].astype(np.int32)
    order = np.argsort(latitude[located], kind="stable")
    files.meta.located = len(located)
    files.place("member")[: len(located)] = located[order]
    files.place("latitude")[: len(located)] = latitude[located][order]


def _standings(files: Files) -> None:
    types = {"member": "i4", "program": "i4", "tier": "i4"}
    for rows in stream(STANDINGS.format(scope=""), types):
        for program in files.meta.programs:
            mine = rows[rows["program"] == program]
            files.column(f"tier_{program}")[mine["member"] - 1] = mine["tier"]


def _tags(files: Files) -> None:
    ids = _column("SELECT id FROM members_tag ORDER BY id")
    files.tag_ids[: len(ids)] = ids
    files.state[layout.TAGS] = len(ids)
    places = np.asarray(ids, np.int64)
    for rows in stream(TAGGED.format(scope=""), {"member": "i4", "tag": "i4"}):
        place = np.searchsorted(places, rows["tag"])
        order = np.argsort(place, kind="stable")
        at, starts = rows["member"][order] - 1, np.searchsorted(place[order], np.arange(len(ids) + 1))
        for number in np.unique(place):
            set_bits(files.tags[number], at[starts[number] : starts[number + 1]])


def set_bits(row: NDArray, at: NDArray) -> None:
    """Set the bits of these positions in a packed row."""
    if len(at) > len(row) // 8:
        marks = np.zeros(len(row) * 8, bool)
        marks[at] = True
        row |= np.packbits(marks, bitorder="little")
    else:
        np.bitwise_or.at(row, at >> 3, np.left_shift(1, at & 7).astype(np.uint8))


# --- the order log -------------------------------------------------------------------------------------
def _orders(files: Files) -> None:
    """Entries sorted by (category, day, order); category 0 holds every order once."""
    names = {"names": files.meta.categories}
    blocks = list(stream(entries(WHOLE_ORDERS, zone=files.meta.zone, scope=COUNTED), ENTRY_TYPES))
    parts = entries(ORDER_PARTS, zone=files.meta.zone, scope=COUNTED)
    blocks += stream(parts, ENTRY_TYPES, names)
    rows = np.concatenate(blocks) if blocks else np.empty(0, np.dtype(list(ENTRY_TYPES.items())))
    del blocks
    kinds = len(files.meta.categories) + 1
    offsets = [0, *np.cumsum(np.bincount(rows["category"], minlength=kinds)).tolist()]
    files.meta.offsets = offsets
    files.meta.last_order = int(rows["order"].max()) if len(rows) else 0
    by_category = np.argsort(rows["category"].astype(np.uint16), kind="stable")
    for begin, end in pairwise(offsets):
        mine = rows[by_category[begin:end]]
        mine = mine[np.lexsort((mine["order"], mine["day"]))]
        for name in LOG:
            files.log(name)[begin:end] = mine[name]
        if begin == 0:
            _sums(files, mine)


def _sums(files: Files, orders: NDArray) -> None:
    """What the source ``orders`` says of each member, from all orders in the order of days."""
    member, size = orders["member"], files.meta.capacity + 1
    files.column("order_count")[:] = np.bincount(member, minlength=size)[1:]
    files.column("spent")[:] = np.bincount(member, orders["fen"].astype(np.float64), minlength=size)[1:]
    last = np.full(size, NEVER, np.int32)
    last[member] = orders["day"]  # the last of equal places stays: the latest day
    files.column("last_order_day")[:] = last[1:]
