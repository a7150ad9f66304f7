"""Rows → PostgreSQL's binary COPY format, without a connection: the child that reads a file has none.

Layout: signature, flags, extension length; each row is a field count and, for each field, a length (or -1 for null)
and its bytes, all in network order; the end is a field count of -1.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
TRAILER = struct.pack("!h", -1)
NULL = struct.pack("!i", -1)
TEXT_OID = 25
EPOCH = date(2000, 1, 1).toordinal()

_short = struct.Struct("!ih").pack
_int = struct.Struct("!ii").pack
_long = struct.Struct("!iq").pack
_length = struct.Struct("!i").pack
_array = struct.Struct("!iiiii").pack


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    return _length(len(data)) + data


def _texts(value: Sequence[str]) -> bytes:
    body = b"".join(_text(item) for item in value)
    return _length(20 + len(body)) + _array(1, 0, TEXT_OID, len(value), 1) + body


ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "text": _text,
    "int2": lambda value: _short(2, value),
    "int4": lambda value: _int(4, value),
    "int8": lambda value: _long(8, value),
    "date": lambda value: _int(4, value.toordinal() - EPOCH),
    "text[]": _texts,
}


def row_start(fields: int) -> bytes:
    """What each row begins with."""
    return struct.pack("!h", fields)
