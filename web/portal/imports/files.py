"""The two files an import hands out: an empty template, and the rows that stayed out with their reasons."""

from __future__ import annotations

from collections.abc import Iterable
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from members.imports import kinds, words
from members.models import ImportRun
from members.queries import imports
from web.ui import export

from .steps import label_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _workbook(name: str, heads: list[str], rows: Iterable[list[Any]], notes: int = 0) -> FileResponse:
    """One sheet of text cells: nothing is a formula, no digit of a long number is lost. ``notes`` heads are ours."""
    file = TemporaryFile()  # noqa: SIM115 -- the response closes it
    book = Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
    ours = book.add_format({"bold": True, "num_format": "@", "bg_color": "#FCE8E6"})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(heads) - 1, 0), 16)
    for column, label in enumerate(heads):
        sheet.write_string(0, column, label, ours if column >= len(heads) - notes else head)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if value not in ("", None):
                sheet.write_string(number, column, _plain(value), text)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:32_767]


def template(kind: str, language: str) -> FileResponse:
    """Headers in the reader's language and one example row."""
    heads, example = kinds.find(kind).template(language)
    return _workbook(f"{kind}-{language}.xlsx", heads, [example])


def errors(run: ImportRun) -> FileResponse:
    """The file's own columns, then row number, column and reason in the reader's language."""
    width = len(run.mapping["headers"])
    heads = [*run.mapping["headers"], _("Row"), _("Column"), _("Reason")]
    rows = ([*_fit(row.cells, width), str(row.row_no), *_told(run, row)] for row in imports.rejected(run))
    return _workbook(export.marked(f"{_('not-imported')}-{run.pk}") + ".xlsx", heads, rows, notes=3)


def _fit(cells: list, width: int) -> list:
    return (cells + [""] * width)[:width]


def _told(run: ImportRun, row: imports.Rejected) -> tuple[str, str]:
    columns = "; ".join(dict.fromkeys(str(label_of(run, each.field)) for each in row.problems))
    return columns, " ".join(words.problem(each.code, each.other_row) for each in row.problems)
