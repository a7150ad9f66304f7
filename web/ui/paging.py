"""Pages of a list that stay fast at ten million rows: a capped count, and keys before rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

CAP = 10_000  # rows that are counted and paged through; beyond, people should filter


@dataclass(frozen=True)
class Page:
    """One page of rows. ``total`` is exact up to CAP; ``is_capped`` says there are more."""

    rows: Sequence[Any]
    number: int
    size: int
    total: int
    is_capped: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * self.size + len(self.rows)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def counted(rows: QuerySet) -> tuple[int, bool]:
    """How many rows, at most CAP, and whether there are more. Reads at most CAP + 1 keys."""
    found = rows.order_by().values("pk")[: CAP + 1].count()
    return min(found, CAP), found > CAP


def page_of(rows: QuerySet, *, number: int, size: int) -> Page:
    """One page: the keys by the index first, then only those rows with all their figures."""
    total, is_capped = counted(rows)
    number = max(1, min(number, -(-total // size) or 1))
    start = (number - 1) * size
    keys = list(rows.values_list("pk", flat=True)[start : start + size]) if total else []
    found = {row.pk: row for row in rows.order_by().filter(pk__in=keys)} if keys else {}
    return Page([found[key] for key in keys if key in found], number, size, total, is_capped)
