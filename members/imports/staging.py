"""The staging table of a run: unlogged, typed, filled by binary COPY from the sealed child, dropped at the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ..models import ImportRun
from . import kinds
from .process import Child
from .safety import Refused


def table(run: ImportRun) -> str:
    """The name of the run's staging table."""
    return f"members_import_stage_{int(run.pk)}"


def run_sql(cursor: CursorWrapper, text: str, run: ImportRun, **words: Any) -> int:
    """Run one statement in which ``@stage`` stands for the run's table; how many rows it touched."""
    cursor.execute(text.replace("@stage", table(run)), {"run": run.pk, **words})
    return cursor.rowcount


def tune(cursor: CursorWrapper) -> None:
    """Limits for long set-based work, for this transaction only."""
    for name, value in [
        ("statement_timeout", "0"), ("lock_timeout", "30s"), ("idle_in_transaction_session_timeout", "0"),
        ("work_mem", "128MB"), ("synchronous_commit", "off"),
    ]:  # fmt: skip
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def exists(run: ImportRun) -> bool:
    """True when the table is there and holds rows; after a crash of the database an unlogged table is empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table(run)])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT 1 FROM @stage)".replace("@stage", table(run)))
        return cursor.fetchone()[0]


def drop(run: ImportRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS @stage".replace("@stage", table(run)))


def fill(cursor: CursorWrapper, run: ImportRun, today: date, report: Callable[[int], None] | None) -> dict[str, Any]:
    """Make the table anew and stream the file into it; the child's last report. Raises Refused."""
    path = Path(run.file.path)
    if not path.is_file():
        raise Refused("file_gone")
    resource = kinds.find(run.kind)
    order = {
        "mode": "stage", "path": str(path), "name": run.file_name, "sheet": run.mapping["sheet"],
        "given": {"encoding": run.mapping["encoding"], "delimiter": run.mapping["delimiter"]},
        "header_end": run.mapping["header_end"], "header_cells": run.mapping["headers"],
    } | resource.order(run.mapping, today)  # fmt: skip
    columns = [(name, field.copy_type) for name, field in resource.columns().items()]
    listed = ["row_no int4", *(f'"{name}" {kind}' for name, kind in columns), "errs text[]", "raw text"]
    drop(run)
    cursor.execute(f"CREATE UNLOGGED TABLE {table(run)} ({', '.join(listed)})")
    child = Child(order, report)
    words = f"COPY {table(run)} FROM STDIN (FORMAT binary)"
    with connection.wrap_database_errors, cursor.copy(words) as copy:
        for block in child:
            copy.write(block)
    cursor.execute(f"CREATE INDEX ON {table(run)} (row_no)")
    cursor.execute(f"ANALYZE {table(run)} (row_no, errs)")
    return child.last
