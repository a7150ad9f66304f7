"""Was the database lost, or did we make a mistake?"""

import psycopg
from django.db import Error, InterfaceError, OperationalError, connection

LOST = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def is_outage(error: BaseException | None) -> bool:
    """True when ``error`` says that the database is away, so that the same request may be sent again.

    A server that closes the connection is mostly an OperationalError. It can also be a bare DatabaseError (the end
    of the connection carries no code) or an error about the transaction that went with it; then the connection is
    closed by now. Django wraps what its own cursors raise, but not what COPY raises: both families count.
    """
    if isinstance(error, LOST):
        return True
    return isinstance(error, Error | psycopg.Error) and _is_closed()


def _is_closed() -> bool:
    return connection.connection is None or connection.connection.closed
