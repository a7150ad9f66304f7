"""What a list shows, and what it exports: one declaration drives both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from members.rules import phones

from . import formats

KINDS: dict[str, Callable[[Any], str]] = {
    "text": lambda value: "–" if value in (None, "") else str(value),
    "code": lambda value: "–" if value in (None, "") else str(value),
    "number": formats.number,
    "money": formats.money,
    "points": formats.number,
    "signed": formats.signed,
    "date": formats.day,
    "time": formats.moment,
    "ago": formats.ago,
    "percent": formats.percent,
    "phone": lambda value: phones.mask(value) if value else "–",
    "name": lambda value: phones.mask_name(value) if value else "–",
}
END = {"number", "money", "points", "signed", "percent"}
MASKED = {"phone", "name"}


@dataclass(frozen=True)
class Column:
    """One column.

    value   dotted path or callable(row); the name itself when left out
    kind    how it reads: one of KINDS
    cell    callable(row) → safe html, or a template name that gets ``row``; replaces the plain text
    sort    order_by expression without sign, e.g. "joined_at"; left out: not sortable. Only indexed columns.
    export  callable(row) → str | number | date; left out: the value (masked kinds stay masked)
    hidden  shown only when chosen
    """

    name: str
    label: Any
    value: str | Callable[[Any], Any] | None = None
    kind: str = "text"
    cell: str | Callable[[Any], Any] | None = None
    sort: str = ""
    export: Callable[[Any], Any] | None = None
    hidden: bool = False

    @property
    def is_end(self) -> bool:
        """Figures stand at the right."""
        return self.kind in END

    def raw(self, row: Any) -> Any:
        """The plain value of one row."""
        if callable(self.value):
            return self.value(row)
        for step in (self.value or self.name).split("."):
            row = getattr(row, step, None)
            if row is None:
                return None
        return row

    def shown(self, row: Any) -> str:
        """The cell's html for one row."""
        if isinstance(self.cell, str):
            return render_to_string(self.cell, {"row": row, "column": self})
        if self.cell:
            return self.cell(row)
        return KINDS[self.kind](self.raw(row))

    def exported(self, row: Any) -> Any:
        """What stands in the file for one row."""
        if self.export:
            return self.export(row)
        value = self.raw(row)
        return KINDS[self.kind](value) if self.kind in MASKED and value else value


class Table:
    """Columns in order. Subclass with ``columns``, ``order`` (default sort) and ``row_url``.

    ``ticks`` names the form that rows can be ticked for; then ``tick`` says what a ticked row sends as ``row``.
    """

    columns: Sequence[Column] = ()
    order = "-pk"
    caption: Any = ""
    ticks = ""

    def __init__(self, request: HttpRequest, kept: str = ""):
        self.request = request
        chosen = set(request.GET.getlist("cols") or filter(None, kept.split(".")))
        shown = [column for column in self.columns if column.name in chosen]
        self.shown = shown or [column for column in self.columns if not column.hidden]
        self.sort = self._sort()

    def _sort(self) -> str:
        asked = self.request.GET.get("sort", "")
        allowed = {column.name for column in self.columns if column.sort}
        return asked if asked.removeprefix("-") in allowed else ""

    def row_url(self, row: Any) -> str:
        """Where a row's first cell leads; empty: nowhere."""
        return ""

    def row_class(self, row: Any) -> str:
        """A css class for the row, e.g. "is-faded"."""
        return ""

    def tick(self, row: Any) -> str:
        """The public reference of a row."""
        return str(row)

    def sorted(self, rows: QuerySet) -> QuerySet:
        """The rows in the asked order, ties broken by the key, so that pages never repeat a row."""
        sign = "-" if (self.sort or self.order).startswith("-") else ""
        if self.sort:
            name = self.sort.removeprefix("-")
            field = next(column.sort for column in self.columns if column.name == name)
            return rows.order_by(sign + field, sign + "pk")
        keys = [self.order] if isinstance(self.order, str) else list(self.order)
        return rows.order_by(*keys) if "pk" in keys[-1] else rows.order_by(*keys, sign + "pk")

    def heads(self) -> Iterator[dict]:
        """Each shown column with the address that sorts by it, and how it is sorted now."""
        for column in self.shown:
            now = {column.name: "ascending", "-" + column.name: "descending"}.get(self.sort, "")
            if not self.sort and column.sort and column.sort == str(self.order).removeprefix("-"):
                now = "descending" if str(self.order).startswith("-") else "ascending"
            turn = column.name if now == "descending" else "-" + column.name
            if now == "" and not column.is_end and column.kind not in {"date", "time", "ago"}:
                turn = column.name
            query = self.request.GET.copy()
            for name in ("page", "after", "before"):
                query.pop(name, None)
            query["sort"] = turn
            yield {"column": column, "now": now, "url": f"?{query.urlencode()}" if column.sort else ""}

    def lines(self, rows: Sequence[Any]) -> Iterator[dict]:
        """Each row with its cells, ready to print."""
        for row in rows:
            url = self.row_url(row)
            cells = [self._cell(column, row, url if not i else "") for i, column in enumerate(self.shown)]
            yield {"row": row, "url": url, "cells": cells, "class": self.row_class(row), "tick": self.tick(row)}

    def _cell(self, column: Column, row: Any, url: str) -> dict:
        html: str | SafeString = column.shown(row)
        if url:
            html = format_html('<a class="q-row-link" href="{}">{}</a>', url, html)
        return {"column": column, "html": html, "is_empty": html == "–"}
