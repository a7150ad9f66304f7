"""Rows of fixed width straight from libpq."""

import pytest
from django.db import DatabaseError, connection

from segments.engine.copying import fetch, stream

TYPES = {"a": "i4", "b": "i8"}


def test_rows_come_as_arrays_in_the_order_sent():
    rows = fetch(
        "SELECT n::int, n::bigint * 10000000000 FROM generate_series(%(first)s, 300000) n", TYPES, {"first": -1}
    )
    assert (len(rows), rows["a"][0], rows["b"][-1]) == (300_002, -1, 3 * 10**15)
    assert len(fetch("SELECT 1, 2::bigint WHERE false", TYPES)) == 0


def test_an_error_within_copy_is_raised_and_the_connection_goes_on():
    for wrong in ("SELECT 1/0, 2::bigint", "SELECT nothing"):
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT here")
        with pytest.raises(DatabaseError):
            fetch(wrong, TYPES)
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT here")
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)


def test_a_null_is_refused_and_the_rest_is_left_behind():
    with pytest.raises(ValueError, match="NULL"):
        fetch("SELECT 1, NULL::bigint", TYPES)
    blocks = stream("SELECT n, n::bigint FROM generate_series(1, 400000) n", TYPES)
    next(blocks)
    blocks.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        assert cursor.fetchone() == (7,)
