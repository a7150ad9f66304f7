"""A small uploaded spreadsheet as rows. Reading happens in the import engine's sealed child process."""

import json
from pathlib import Path

import tablib
from django.utils.translation import gettext as _

from members.imports import words
from members.imports.process import Child, ask
from members.imports.safety import Refused

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000


class CannotRead(Exception):
    """The file is not a table we read; the text may be shown."""


def read(path: Path, known: list[str]) -> tablib.Dataset:
    """The file's header and rows. ``known`` are column names that help to find the header. Raises CannotRead."""
    order = {"path": str(path), "name": path.name, "memory": 512 * 1024 * 1024, "seconds": 30}
    try:
        found = ask(order | {"mode": "peek", "known": known, "header_row": None})
        body = {"mode": "rows", "header_end": found["header_end"], "sheet": found["sheet"]}
        lines = b"".join(Child(order | body))
    except Refused as refused:
        raise CannotRead(told(refused)) from refused
    names = [str(name).strip() for name in found["headers"]]
    rows = [json.loads(line)[1] for line in lines.splitlines()]
    if len(rows) > MAX_ROWS:
        raise CannotRead(_("The file has more than %(limit)d rows. Split it and load the parts.") % {"limit": MAX_ROWS})
    return tablib.Dataset(*(fitted(row, len(names)) for row in rows), headers=names)


def fitted(row: list, width: int) -> tuple:
    """The row with exactly as many cells as the header."""
    return tuple((row + [""] * width)[:width])


def told(refused: Refused) -> str:
    """Why the file was not read, in the import engine's words."""
    return str(words.REFUSALS.get(refused.code, words.REFUSALS["broken"])) % refused.detail
