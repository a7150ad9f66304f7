"""The filtered list as csv or xlsx: streamed, with nothing that a spreadsheet would run."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext
from xlsxwriter import Workbook

RUNNABLE = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
FORMATS = ("csv", "xlsx")
LIMIT = 200_000  # rows of one file
CHUNK = 2_000  # rows that one statement reads
ROW_LIMIT = 1_048_575  # lines of one Excel sheet below its head
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(value: Any) -> Any:
    """A text that begins like a formula gets an apostrophe; numbers, dates and other texts stay."""
    if isinstance(value, str):
        value = value.replace("\0", "")
        return f"'{value}" if value.lstrip(" \u3000").startswith(RUNNABLE) or value.startswith(RUNNABLE) else value
    return value


def plain(value: Any) -> Any:
    """What a file can hold: number, date or text. Times in the reader's zone, without one."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0) if value.tzinfo else value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float | Decimal | date):
        return value
    return strip_tags(str(value))


class _Echo:
    def write(self, text: str) -> str:
        return text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file line by line, opened by the mark that makes Excel read UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([harmless(str(cell)) for cell in head])
    for row in rows:
        yield writer.writerow([harmless(plain(cell)) for cell in row])


def write_xlsx(file: Any, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write one sheet row by row in constant memory; long lists go on in further sheets."""
    book = Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    styles = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    sheet, line = None, ROW_LIMIT
    for row in rows:
        if line >= ROW_LIMIT:
            sheet, line = _new_sheet(book, head, bold), 0
        line += 1
        for at, cell in enumerate(map(plain, row)):
            if isinstance(cell, datetime | date):
                sheet.write_datetime(line, at, cell, styles[type(cell)])
            elif isinstance(cell, int | float | Decimal):
                sheet.write_number(line, at, cell)
            else:
                sheet.write_string(line, at, harmless(cell))
    if sheet is None:
        _new_sheet(book, head, bold)
    book.close()


def _new_sheet(book: Workbook, head: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for at, cell in enumerate(head):
        sheet.write_string(0, at, harmless(str(cell)), bold)
        sheet.set_column(at, at, 18)
    return sheet


def marked(name: str) -> str:
    """A file's name without ending; a demo's says that it holds demo data, in the reader's language."""
    return f"{name}-{gettext('Demo data').replace(' ', '-')}" if settings.DEMO else name


def answer(kind: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """The download. ``kind`` is csv or xlsx, ``name`` the file name without ending."""
    if kind == "csv":
        response: HttpResponseBase = StreamingHttpResponse(csv_lines(head, rows), content_type=CSV)
    else:
        file = TemporaryFile()  # noqa: SIM115 -- FileResponse closes it
        write_xlsx(file, head, rows)
        file.seek(0)
        response = FileResponse(file, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(marked(name))}.{kind}"
    response["Cache-Control"] = "no-store"
    return response
