"""Empty the tables after a test that committed: only those that hold rows, and again when somebody was in the way.

Django's flush truncates every table and makes the content types and rights anew, which took half a second for each of
400 tests. A request that the page had begun may still be running when its test is over: against such a straggler
PostgreSQL breaks the deadlock by giving up one of the two, and that may be us.
"""

from typing import Final

from django.db import OperationalError, connections

KEPT: Final = frozenset({"django_content_type", "auth_permission"})  # the migrations' own; no test changes them
TRIES: Final = 5


def empty(database: str) -> None:
    """Truncate the tables of `database` that hold rows.

    Raises:
        OperationalError: when others hold the tables through all tries.
    """
    for left in reversed(range(TRIES)):
        try:
            return _truncate(database)
        except OperationalError:
            if not left:
                raise
    raise AssertionError


def _truncate(database: str) -> None:
    connection = connections[database]
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(name) for name in names if name not in KEPT]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in quoted))
        if full := [name for (name,) in cursor.fetchall()]:
            cursor.execute("SET lock_timeout = '20s'")
            try:
                cursor.execute(f"TRUNCATE {', '.join(full)} CASCADE")
            finally:
                cursor.execute("RESET lock_timeout")
