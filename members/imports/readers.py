"""A checked file → sheets of rows with their numbers; finds encoding, delimiter and the header. Runs in the child."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from . import safety
from .safety import Refused

Row = list[Any]
LOOK_AT = 30  # rows in which a header may stand
EMPTY_STOP = 1_100_000  # more than a spreadsheet has: a gap, however long, loses no row under it
SHEETS_TRIED = 10
SAMPLES = 20
DELIMITERS = ",\t;|"
TOTAL = re.compile(
    r"(合\s*计|总\s*计|小\s*计|共\s*计|总人数|grand total|subtotal|total|sum)\s*[:：]?\s*[\d,.]*\s*(人|条|名)?", re.I
)
TOTAL_STARTS = frozenset("合总小共gstGST")
DATA_LIKE = re.compile(r"\+?[\d\s\-.,/:]+")
csv.field_size_limit(safety.CHARACTERS)


@dataclass
class Header:
    """Where the header is. ``first``..``last`` are row numbers from 1; 0 when the file has none."""

    names: list[str]
    first: int
    last: int
    cells: Row = field(default_factory=list)


@dataclass
class Table:
    """One sheet, opened: rows come with their number as the spreadsheet program shows it."""

    sheets: list[str]
    sheet: int
    encoding: str
    delimiter: str
    rows: Iterator[tuple[int, Row]]


def fold(name: Any) -> str:
    """A header as it is compared: folded, lower case, without spaces, brackets' content and marks."""
    folded = unicodedata.normalize("NFKC", str(name or "")).lower()
    folded = re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", folded)
    return re.sub(r"[\s_\-*:/.·\ufeff\u200b]+", "", folded)


def open_table(file: IO[bytes], name: str, *, sheet: int | None = None, given: dict[str, str] | None = None) -> Table:
    """Check the file, then open it. ``given`` may fix ``encoding`` and ``delimiter``. Raises Refused."""
    return next(_tables(file, name, sheet, given or {}))


def _tables(file: IO[bytes], name: str, sheet: int | None, given: dict[str, str]) -> Iterator[Table]:
    """The wanted sheet; without a wish the first ones that can be seen, each read when it is its turn."""
    if safety.kind_of(file, name) == "csv":
        yield _open_csv(file, given)
        return
    safety.check_workbook(file)
    try:
        book = CalamineWorkbook.from_filelike(file)
        for place in _places(book, sheet):
            yield Table(book.sheet_names, place, "", "", enumerate(book.get_sheet_by_index(place).iter_rows(), 1))
    except (CalamineError, ValueError, KeyError, IndexError) as error:
        raise Refused("broken") from error


def _places(book: CalamineWorkbook, wanted: int | None) -> list[int]:
    """Sheets with cells, not drawings; those that somebody hid only when they are asked for."""
    sheets = [(n, each) for n, each in enumerate(book.sheets_metadata) if each.typ == SheetTypeEnum.WorkSheet]
    if wanted in {n for n, _each in sheets}:
        return [wanted]
    seen = [n for n, each in sheets if each.visible == SheetVisibleEnum.Visible]
    if not seen:
        raise Refused("empty")
    return seen[:SHEETS_TRIED]


def _open_csv(file: IO[bytes], given: dict[str, str]) -> Table:
    encoding = given.get("encoding") or find_encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        delimiter = given.get("delimiter") or find_delimiter(text.read(64 * 1024))
    except UnicodeError as error:
        raise Refused("encoding") from error
    text.seek(0)
    return Table([""], 0, encoding, delimiter, _csv_rows(text, delimiter))


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, Row]]:
    record: list[str] = []  # the lines of the present one
    try:
        for number, row in enumerate(csv.reader(_noted(text, record), delimiter=delimiter), 1):
            if len(record) > 1:
                _demand_closed(record, delimiter)
            record.clear()
            yield number, row
    except csv.Error as error:
        raise Refused("cell_too_long", limit=safety.CHARACTERS) from error
    except UnicodeError as error:
        raise Refused("encoding") from error


def _noted(text: io.TextIOWrapper, record: list[str]) -> Iterator[str]:
    for line in text:
        record.append(line)
        yield line


def _demand_closed(lines: list[str], delimiter: str) -> None:
    """A record of several lines ends with a closed quotation mark, or it swallowed the rest of the file."""
    if "".join(lines).count('"') % 2:
        list(csv.reader(lines, delimiter=delimiter, strict=True))  # raises csv.Error at the end of the file


def find_encoding(file: IO[bytes]) -> str:
    """By byte-order mark, else UTF-8 when all of it is, else GB18030, which holds GBK. Raises Refused."""
    head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            while block := file.read(safety.MB):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Refused("encoding")


def find_delimiter(sample: str) -> str:
    """The candidate that splits the first lines most evenly and most often."""
    lines = [line for line in sample.splitlines()[:LOOK_AT] if line.strip()]
    return max(DELIMITERS, key=lambda mark: (sum(min(line.count(mark), 50) for line in lines), mark == ","))


def is_empty(row: Row) -> bool:
    return not any(cell is not None and cell != "" and str(cell).strip() for cell in row)


def find_header(rows: Sequence[tuple[int, Row]], known: set[str]) -> Header:
    """The row, or the pair of rows of a merged header, in which most names are known. Raises Refused when empty."""
    filled = [(number, row) for number, row in rows if not is_empty(row)]
    if not filled:
        raise Refused("empty")
    best, score = None, 0
    for n, (number, row) in enumerate(filled):
        for header in _candidates(number, row, filled[n + 1] if n + 1 < len(filled) else None, known):
            count = len({fold(name) for name in header.names} & known)
            if count > score:
                best, score = header, count
    if best is not None:
        return best
    number, row = filled[0]
    looks_like_data = any(not isinstance(c, str) or DATA_LIKE.fullmatch(c.strip()) for c in row if c not in ("", None))
    if looks_like_data:
        return Header([""] * max(len(r) for _n, r in filled), 0, 0)
    return Header([str(cell).strip() for cell in row], number, number, row)


def _candidates(number: int, row: Row, below: tuple[int, Row] | None, known: set[str]) -> Iterator[Header]:
    names = [str(cell if cell is not None else "").strip() for cell in row]
    yield Header(names, number, number, row)
    if below is None or below[0] != number + 1:
        return
    lower = [str(cell if cell is not None else "").strip() for cell in below[1]]
    width = max(len(names), len(lower))
    names, lower = names + [""] * (width - len(names)), lower + [""] * (width - len(lower))
    both_name = any(fold(name) in known for name in lower) and any(
        fold(up) in known and not down for up, down in zip(names, lower, strict=True)
    )
    if not both_name or any(DATA_LIKE.fullmatch(name) for name in lower if name):
        return
    yield Header([down or up for up, down in zip(names, lower, strict=True)], number, number + 1, below[1])


def body(table: Table, header_end: int) -> Iterator[tuple[int, Row]]:
    """The filled rows after the header, across empty stretches. Raises Refused beyond the row limit."""
    empty = count = 0
    for number, row in table.rows:
        if number <= header_end:
            continue
        if is_empty(row):
            empty += 1
            if empty >= EMPTY_STOP:
                return
            continue
        empty = 0
        count += 1
        if count > safety.ROWS:
            raise Refused("too_many_rows", limit=safety.ROWS)
        yield number, row


def is_total(row: Row) -> bool:
    """合计 and the like in the first filled cell."""
    for cell in row:
        if cell is None or cell == "":
            continue
        if type(cell) is not str or not (stripped := cell.strip()):
            return False
        return stripped[0] in TOTAL_STARTS and TOTAL.fullmatch(stripped) is not None
    return False


def peek(file: IO[bytes], name: str, *, known: set[str], sheet: int | None, header_row: int | None) -> dict[str, Any]:
    """What the mapping page needs: sheets, encoding, header, and some rows as text. Raises Refused.

    Without a wish for a sheet it is the first one with names that are known, else the first one with rows.
    """
    found: dict[str, Any] | None = None
    refusal = Refused("empty")
    for n, table in enumerate(_tables(file, name, sheet, {})):
        try:
            seen = _look(table, known, header_row)
        except Refused as refused:
            if refused.code not in {"empty", "no_rows", "no_header"}:
                raise
            refusal = refusal if n else refused
            continue
        if {fold(name) for name in seen["headers"]} & known:
            return seen
        found = found or seen
    if found is None:
        raise refusal
    return found


def _look(table: Table, known: set[str], header_row: int | None) -> dict[str, Any]:
    rows = list(islice(table.rows, LOOK_AT + SAMPLES))
    header = find_header(rows[:LOOK_AT], known)
    if header_row:
        header = _header_at(rows, header_row)
    samples = [row for number, row in rows if number > header.last and not is_empty(row)][:SAMPLES]
    if not samples:
        raise Refused("no_rows")
    width = max([len(header.names), *(len(row) for row in samples)])
    if width > safety.COLUMNS:
        raise Refused("too_many_columns", limit=safety.COLUMNS)
    names = [shown(name) for name in header.names] + [""] * (width - len(header.names))
    return {
        "sheets": table.sheets, "sheet": table.sheet, "encoding": table.encoding, "delimiter": table.delimiter,
        "header_row": header.first, "header_end": header.last, "headers": names,
        "samples": [[shown(cell) for cell in row] + [""] * (width - len(row)) for row in samples],
    }  # fmt: skip


def _header_at(rows: Sequence[tuple[int, Row]], wanted: int) -> Header:
    for number, row in rows:
        if number == wanted and not is_empty(row):
            return Header([str(cell).strip() for cell in row], number, number, row)
    raise Refused("no_header")


def shown(cell: Any) -> str:
    """A cell as a person would read it, at most 200 characters."""
    if type(cell) is float and cell.is_integer():
        return str(int(cell))
    return str("" if cell is None else cell).replace("\x00", "")[:200]
