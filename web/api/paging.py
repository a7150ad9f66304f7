"""Pages by a mark: where the last one ended, so that page 1,000 costs what page 1 does and nothing is skipped."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

Row = TypeVar("Row")


class BadCursor(Exception):
    """The mark is none of ours."""

    def __str__(self) -> str:
        return _("cursor is not one that this address gave out. Begin again without it.")


class PageIn(Schema):
    """``cursor``: what the page before gave as ``next``; nothing for the first."""

    cursor: Annotated[str, Field(max_length=300)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


Page = Query[PageIn]


def cut(
    rows: QuerySet[Any], page: PageIn, *names: str, read: Sequence[Callable[[Any], Any]], backwards: bool = False
) -> tuple[list[Any], str | None]:
    """One page of rows in the order of these columns (the last is unique), and the mark of the next page.

    ``read`` turns what a mark holds into values of the columns.
    """
    if page.cursor:
        rows = rows.filter(_after(names, _marked(page.cursor, read), "lt" if backwards else "gt"))
    found = list(rows.order_by(*[f"-{name}" if backwards else name for name in names])[: page.limit + 1])
    if len(found) <= page.limit:
        return found, None
    last = found[page.limit - 1]
    return found[: page.limit], _mark([getattr(last, name) for name in names])


def _after(names: Sequence[str], values: Sequence[Any], word: str) -> Q:
    """What comes after: (a, b) > (x, y), as a > x or (a = x and b > y), with a first bound an index can use."""
    if len(names) == 1:
        return Q(**{f"{names[0]}__{word}": values[0]})
    rest = _after(names[1:], values[1:], word)
    return Q(**{f"{names[0]}__{word}e": values[0]}) & (
        Q(**{f"{names[0]}__{word}": values[0]}) | Q(**{names[0]: values[0]}) & rest
    )


def _mark(values: Sequence[Any]) -> str:
    words = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode().rstrip("=")


def _marked(text: str, read: Sequence[Callable[[Any], Any]]) -> list[Any]:
    try:
        words = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if not isinstance(words, list) or len(words) != len(read):
            raise BadCursor
        return [turn(word) for turn, word in zip(read, words, strict=True)]
    except (binascii.Error, ValueError, TypeError):
        raise BadCursor from None


def moment(word: Any) -> datetime:
    """A time within a mark."""
    at = datetime.fromisoformat(word)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at


def whole(word: Any) -> int:
    """A row's number within a mark."""
    if type(word) is not int or not 0 <= word < 2**63:
        raise ValueError("not a number of ours")
    return word


def text(word: Any) -> str:
    """A code within a mark."""
    if not isinstance(word, str) or "\x00" in word:
        raise ValueError("not a text")
    return word
