"""Which of several sets hold anything at all, in one question."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def which_exist(sets: dict[str, QuerySet]) -> set[str]:
    """The names of those that hold at least one row."""
    asked: dict[str, str] = {}
    given: list[Any] = []
    for name, rows in sets.items():
        try:
            text, parameters = rows.order_by().values("pk")[:1].query.sql_with_params()
        except EmptyResultSet:
            continue
        asked[name] = f"EXISTS({text})"
        given += parameters
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(asked.values())}", given)
        return {name for name, found in zip(asked, cursor.fetchone(), strict=True) if found}
