"""Import runs as people look at them: whose, how far, what is wrong with which row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import ImportProblem, ImportReject, ImportRun

PAGE = 2_000  # rejected rows fetched at once


class Reason(NamedTuple):
    """Why rows stay out: a code, the column, how many rows, and the first of them."""

    field: str
    code: str
    rows: int


class Rejected(NamedTuple):
    """A row that stays out: its number, its cells as the file had them, its problems."""

    row_no: int
    cells: list
    problems: list[ImportProblem]


def visible_to(staff: Staff) -> QuerySet[ImportRun]:
    """The runs of the brands in this person's scope, and their own."""
    runs = ImportRun.objects.select_related("brand", "created_by").order_by("-created_at", "-pk")
    if not staff.is_active:
        return runs.none()
    if staff.sees_every_store:
        return runs
    return runs.filter(Q(brand__in=stores.brands_visible_to(staff)) | Q(created_by=staff))


def reasons(run: ImportRun) -> list[Reason]:
    """Every reason with its number of rows, the most frequent first."""
    found = ImportProblem.objects.filter(run=run).values("field", "code").annotate(n=Count("row_no"))
    return [Reason(row["field"], row["code"], row["n"]) for row in found.order_by("-n", "field", "code")]


def rejected(run: ImportRun, *, limit: int | None = None) -> Iterator[Rejected]:
    """The rows that stay out in the order of the file, fetched in pages."""
    after, left = -1, limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        rows = list(ImportReject.objects.filter(run=run, row_no__gt=after).order_by("row_no")[:size])
        if not rows:
            return
        after = rows[-1].row_no
        left = None if left is None else left - len(rows)
        problems: dict[int, list[ImportProblem]] = {}
        for each in ImportProblem.objects.filter(run=run, row_no__gte=rows[0].row_no, row_no__lte=after):
            problems.setdefault(each.row_no, []).append(each)
        yield from (Rejected(row.row_no, row.cells, problems.get(row.row_no, [])) for row in rows)
