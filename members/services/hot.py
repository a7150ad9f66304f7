"""Statements that every receipt at a till runs: PostgreSQL plans them once for each connection."""

from __future__ import annotations

from typing import Any, cast

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

FEW = 20  # rows; larger sets are planned for what is in them


class _Planned(psycopg.Cursor[Any]):
    """A cursor whose parameters travel apart from the text, so that the server knows the statement again."""

    def execute(self, query: Any, params: Any = None, **words: Any) -> _Planned:
        return super().execute(query, params, prepare=True, binary=words.get("binary"))


def cursor(count: int) -> CursorWrapper:
    """A cursor for a statement over ``count`` rows: few run by a kept plan, many by a plan of their own.

    Where the connection does not keep plans (``prepare_threshold`` None, for poolers that cannot), it is an ordinary one
    but for the way its parameters travel.
    """
    if count > FEW:
        return connection.cursor()
    connection.ensure_connection()
    raw = _Planned(cast("psycopg.Connection[Any]", connection.connection))
    return cast("Any", connection)._prepare_cursor(raw)
