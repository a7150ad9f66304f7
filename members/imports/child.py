"""The sealed process that opens a stranger's file: no network, no new files, bounded memory and time.

Started as ``python -m members.imports.child``. One JSON order arrives on stdin; stdout carries the answer (JSON for
``peek`` and ``rows``, a binary COPY stream for ``stage``); stderr carries one JSON line per progress report and a last
one with ``done`` or ``refused``.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import IO, Any

import phonenumbers

from . import encode, normalise, readers
from .normalise import Bad
from .safety import Refused

MB = 1024 * 1024
REPORT_EVERY = 5_000  # rows
BLOCK = 256 * 1024
to_json = json.JSONEncoder(ensure_ascii=False, default=str, separators=(",", ":")).encode


def seal(memory: int, seconds: int, *, reads_phones: bool) -> None:
    """From here on: this much memory (bytes) and processor time, no core dump, no new file, no socket."""
    for codec in ("utf-8", "utf-8-sig", "utf-16", "gb18030", "latin-1", "cp437"):
        codecs.lookup(codec)  # codecs load from files; do it while files can be opened
    if reads_phones:
        phonenumbers.PhoneMetadata.load_all()
    for limit, value in [
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 0),
    ]:  # fmt: skip
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # a platform that lacks a limit still has the others
            resource.setrlimit(limit, (value, value))


def say(**words: Any) -> None:
    sys.stderr.write(json.dumps(words) + "\n")
    sys.stderr.flush()


def stage(order: dict[str, Any], file: IO[bytes], out: IO[bytes]) -> int:
    """Read, clean and encode every row; how many."""
    today = date.fromisoformat(order["today"])
    columns = [
        (c["name"], normalise.make(c["kind"], limit=c["limit"], today=today), encode.ENCODERS[c["copy"]], c["index"])
        for c in order["columns"]
    ]
    to_row = compiled(columns, order["required"], order["one_of"])
    table = readers.open_table(file, order["name"], sheet=order["sheet"], given=order["given"])
    width = 1 + max((c["index"] for c in order["columns"] if c["index"] is not None), default=-1)
    buffer, count = bytearray(encode.HEADER), 0
    header = order["header_end"]
    again = order["header_cells"]
    for number, row in readers.body(table, header):
        if len(row) < width:
            row = [*row, *[""] * (width - len(row))]
        buffer += to_row(number, row, _odd(row, again))
        count += 1
        if len(buffer) >= BLOCK:
            out.write(buffer)
            buffer.clear()
        if count % REPORT_EVERY == 0:
            say(rows=count)
    if not count:
        raise Refused("no_rows")
    out.write(bytes(buffer) + encode.TRAILER)
    out.flush()
    return count


def _odd(row: list[Any], header: list[str]) -> str | None:
    """A line that is not a record at all: a sum, or the header once more."""
    if readers.is_total(row):
        return "row:total_row"
    if header and row[0] == header[0] and [readers.shown(cell) for cell in row[: len(header)]] == header:
        return "row:header_again"
    return None


def compiled(
    columns: list[tuple[str, normalise.Cleaner, Callable[[Any], bytes], int | None]],
    required: list[str],
    one_of: list[str],
) -> Callable[[int, list[Any], str | None], bytes]:
    """The one loop that every row runs through: clean, check, encode."""
    start = encode.row_start(len(columns) + 3)
    number_of, texts, null = encode.ENCODERS["int4"], encode.ENCODERS["text[]"], encode.NULL
    text = encode.ENCODERS["text"]
    places = [n for n, (name, *_rest) in enumerate(columns) if name in set(one_of)]
    musts = [(n, name) for n, (name, *_rest) in enumerate(columns) if name in set(required)]

    def to_row(number: int, row: list[Any], odd: str | None) -> bytes:
        wrong: list[str] = [odd] if odd else []
        parts = [start, number_of(number)]
        for name, clean, encoder, index in columns:
            value = None
            if index is not None and (cell := row[index]) is not None and cell != "":
                try:
                    value = clean(cell)
                except Bad as bad:
                    wrong.append(f"{name}:{bad.code}")
            parts.append(null if value is None else encoder(value))
        if not wrong:
            if places and all(parts[n + 2] is null for n in places):
                wrong.append("row:no_identity")
            wrong += [f"{name}:required" for n, name in musts if parts[n + 2] is null]
        parts.append(texts(wrong[:1] if odd else wrong) if wrong else null)
        parts.append(text(to_json(row).replace("\\u0000", "")))
        return b"".join(parts)

    return to_row


def rows(order: dict[str, Any], file: IO[bytes], out: IO[bytes]) -> int:
    """Every row as one JSON line [number, cells], for callers that want them as they are."""
    table = readers.open_table(file, order["name"], sheet=order["sheet"], given=order["given"])
    count = 0
    for number, row in readers.body(table, order["header_end"]):
        count += 1
        out.write(to_json([number, [readers.shown(cell) for cell in row]]).encode("utf-8", "replace") + b"\n")
    return count


def answer(order: dict[str, Any], file: IO[bytes], out: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Do what was ordered; yields the last report."""
    if order["mode"] == "peek":
        known = set(order["known"])
        found = readers.peek(file, order["name"], known=known, sheet=order["sheet"], header_row=order["header_row"])
        out.write(json.dumps(found).encode())
        yield {"rows": 0}
    else:
        yield {"rows": {"stage": stage, "rows": rows}[order["mode"]](order, file, out)}


def main() -> int:
    order = json.load(sys.stdin)
    began = time.monotonic()
    with open(order["path"], "rb") as file:
        seal(order["memory"], order["seconds"], reads_phones=order["mode"] == "stage")
        try:
            for last in answer(order, file, sys.stdout.buffer):
                sys.stdout.buffer.flush()
                used = resource.getrusage(resource.RUSAGE_SELF)
                say(
                    done=True, peak_mb=used.ru_maxrss // 1024, cpu_s=round(used.ru_utime + used.ru_stime, 2),
                    wall_s=round(time.monotonic() - began, 2), **last,
                )  # fmt: skip
        except Refused as refused:
            say(refused=refused.code, detail=refused.detail)
            return 3
        except MemoryError:
            say(refused="child_memory", detail={"limit": order["memory"] // MB})
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
