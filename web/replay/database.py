"""A database of the replay's own beside the chain's, on the same server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError, connections


@contextmanager
def use(name: str) -> Iterator[None]:
    """Point Django to another database of the same server for a while; made if it is missing."""
    _server(f'CREATE DATABASE "{name}"', unless_there=name)
    with _pointed_to(name):
        yield


@contextmanager
def throw_away(name: str) -> Iterator[None]:
    """The same with a fresh database that is gone afterwards."""
    _server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _server(f'CREATE DATABASE "{name}"')
    try:
        with _pointed_to(name):
            yield
    finally:
        _server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _pointed_to(name: str) -> Iterator[None]:
    connection = connections["default"]
    was = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = was


def _server(statement: str, *, unless_there: str = "") -> None:
    if not all(sign.isalnum() or sign == "_" for sign in unless_there):
        raise CommandError("A database is named with letters, digits and underscores.")
    try:
        with connections["default"]._nodb_cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [unless_there])
            if not cursor.fetchone():
                cursor.execute(statement)
    except DatabaseError as problem:
        raise CommandError(f"The server does not let this account make databases: {problem}") from problem
