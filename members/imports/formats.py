"""django-import-export formats that never parse a stranger's file in this process: the sealed child does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from import_export.formats import base_formats

from . import process


class LazyDataset:
    """What django-import-export asks of a tablib Dataset (``headers``, length, rows), read as it is walked."""

    def __init__(self, path: Path, name: str, known: set[str]) -> None:
        self.path, self.name = path, name
        self.seen = process.ask({
            "mode": "peek", "path": str(path), "name": name, "known": sorted(known), "sheet": None, "header_row": None,
        })  # fmt: skip
        self.headers: list[str] = self.seen["headers"]
        self._length: int | None = None

    def __len__(self) -> int:
        if self._length is None:
            self._length = sum(1 for _row in self)
        return self._length

    def __iter__(self) -> Iterator[list[str]]:
        for _number, row in self.numbered():
            yield row

    def numbered(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with the number that the spreadsheet program shows. Raises Refused."""
        order = {
            "mode": "rows", "path": str(self.path), "name": self.name, "sheet": self.seen["sheet"],
            "given": {"encoding": self.seen["encoding"], "delimiter": self.seen["delimiter"]},
            "header_end": self.seen["header_end"],
        }  # fmt: skip
        rest = b""
        for block in process.Child(order):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                number, row = json.loads(line)
                yield number, row + [""] * (len(self.headers) - len(row))


class _Sealed:
    """``create_dataset`` takes a path instead of bytes."""

    suffix = ""

    def create_dataset(self, in_stream: str | Path, known: set[str] | None = None) -> Any:
        path = Path(in_stream)
        return LazyDataset(path, path.name, known or set())


class SealedXLSX(_Sealed, base_formats.XLSX):
    suffix = ".xlsx"


class SealedCSV(_Sealed, base_formats.CSV):
    """CSV whose encoding and delimiter are found out."""

    suffix = ".csv"
