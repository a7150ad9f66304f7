"""What may be chosen in a condition, and what people call it."""

from __future__ import annotations

from collections.abc import Iterable

from segments.queries import choices
from stores.models import Staff

SHOWN = 60  # choices in a picker before one searches


def offered(staff: Staff, key: str, text: str = "") -> list[tuple[str, str]]:
    """The first choices of a sort that match the text, as (value, label)."""
    return [(str(value), str(label)) for value, label in choices.offered(key, staff, text=text, limit=SHOWN)]


def called(staff: Staff, key: str, values: Iterable[str]) -> dict[str, str]:
    """The labels of chosen values; what is not known keeps its value."""
    values = list(values)
    return {value: value for value in values} | choices.called(key, values, staff)
