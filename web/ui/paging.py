"""Pages of a list that stay fast at ten million rows: a capped count, keys before rows, and beyond the cap no offsets.

Up to CAP a page is found by its number. Behind it a page is found by the row before it (``after``) or behind it
(``before``), so that the ten-thousandth page costs what the first one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

CAP = 10_000  # rows that are counted, and found by the number of their page


@dataclass(frozen=True)
class Page:
    """One page of rows. ``total`` is exact up to CAP; ``is_capped`` says there are more.

    ``has_more`` is about a page behind the cap: whether another one follows.
    """

    rows: Sequence[Any]
    number: int
    size: int
    total: int
    is_capped: bool
    has_more: bool = False

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
        return self.number + 1 if self.number < self.pages or self.has_more else None

    @property
    def after(self) -> Any:
        """The key that the next page starts behind, once numbers no longer lead there."""
        return self.rows[-1].pk if self.rows and self.next and self.next > self.pages else None

    @property
    def before(self) -> Any:
        """The key that the previous page ends before, while numbers do not lead there."""
        return self.rows[0].pk if self.rows and self.previous and self.previous > self.pages else None

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def counted(rows: QuerySet) -> tuple[int, bool]:
    """How many rows, at most CAP, and whether there are more. Reads at most CAP + 1 keys."""
    found = rows.order_by().values("pk")[: CAP + 1].count()
    return min(found, CAP), found > CAP


def page_of(rows: QuerySet, *, number: int, size: int, after: str = "", before: str = "") -> Page:
    """One page: the keys by the index first, then only those rows with all their figures."""
    total, is_capped = counted(rows)
    last = -(-total // size) or 1
    if is_capped and number > last and (beyond := _beyond(rows, number, size, after, before)):
        return beyond
    number = max(1, min(number, last))
    start = (number - 1) * size
    keys = list(rows.values_list("pk", flat=True)[start : start + size]) if total else []
    return Page(_filled(rows, keys), number, size, total, is_capped, is_capped and number == last)


def _filled(rows: QuerySet, keys: list[Any]) -> list[Any]:
    """The rows of these keys in their order, without those that left the list meanwhile."""
    found = {row.pk: row for row in rows.order_by().filter(pk__in=keys)} if keys else {}
    return [found[key] for key in keys if key in found]


def _beyond(rows: QuerySet, number: int, size: int, after: str, before: str) -> Page | None:
    """The page behind or before a row; None when that row is not in the list (any more)."""
    key, back = (before, True) if before else (after, False)
    if not key.isdecimal() or len(key) > 18:
        return None
    order = [str(name) for name in rows.query.order_by]
    known = rows.order_by().filter(pk=key).values_list(*[name.lstrip("-") for name in order]).first()
    if known is None:
        return None
    rest = rows.reverse() if back else rows
    keys = list(rest.filter(_behind(order, known, back=back)).values_list("pk", flat=True)[: size + 1])
    has_more = back or len(keys) > size
    keys = keys[:size][:: -1 if back else 1]
    return Page(_filled(rows, keys), number, size, CAP, True, has_more) if keys else None


def _behind(order: list[str], known: Sequence[Any], *, back: bool) -> Q:
    """The condition for the rows that stand behind a row, by the values of its order: (a < x) or (a = x and …).

    Empty values stand last when rising and first when falling, as PostgreSQL puts them. The first bound is said once
    more around the whole, for the index to begin there.
    """
    ties, found, bound = Q(), Q(pk__in=[]), Q()
    for place, (name, value) in enumerate(zip(order, known, strict=True)):
        field, falls = name.lstrip("-"), name.startswith("-") != back
        if value is None:
            further = Q(**{f"{field}__isnull": False}) if falls else Q(pk__in=[])
        else:
            further = Q(**{f"{field}__{'lt' if falls else 'gt'}": value})
            empty = Q() if falls else Q(**{f"{field}__isnull": True})
            bound = bound if place else Q(**{f"{field}__{'lte' if falls else 'gte'}": value}) | empty
            further |= empty
        found |= ties & further
        ties &= Q(**{f"{field}__isnull": True}) if value is None else Q(**{field: value})
    return bound & found
