"""Python lists as PostgreSQL array literals, for ``unnest``: several times faster than the driver's own way.

Pass the text as a parameter with a cast: ``unnest(%s::bigint[])``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal


def numbers(values: Iterable[int | Decimal | None]) -> str:
    """An array of whole or decimal numbers; None becomes NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def texts(values: Iterable[str | datetime | None]) -> str:
    """An array of texts or times, quoted; None becomes NULL."""
    return "{" + ",".join(["NULL" if value is None else _quoted(str(value)) for value in values]) + "}"


def binaries(values: Iterable[bytes]) -> str:
    """An array of bytea values."""
    return "{" + ",".join(['"\\\\x' + value.hex() + '"' for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
