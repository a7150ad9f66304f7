"""The life of a run: take a file in, stage and plan it, apply it chunk by chunk, let go of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files import File
from django.db import InterfaceError, OperationalError, connection, transaction

from stores.models import Brand

from ..models import ImportRun
from . import apply, kinds, match, process, staging
from .safety import MB, Refused

UPLOAD_LIMIT = 50 * MB
CHUNK_ROWS = 10_000  # a live join of the same phone waits for one chunk at most
CONNECTIONS = 2
TRIES = 5
LEASE = timedelta(seconds=60)
HEARTBEAT = 5.0  # seconds
Status = ImportRun.Status
CLAIM = """
    UPDATE members_importrun SET lease_until = %(until)s WHERE id = (
        SELECT id FROM members_importrun
        WHERE status IN ('staging', 'applying') AND (lease_until IS NULL OR lease_until < %(now)s)
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""
RENEW = """
    UPDATE members_importrun SET lease_until = now() + make_interval(secs => %s), progress = greatest(progress, %s)
    WHERE id = %s AND status IN ('staging', 'applying')
"""
OPEN_CHUNKS = """
    SELECT min(row_no), max(row_no) FROM (
        SELECT p.row_no, (row_number() OVER (ORDER BY p.row_no) - 1) / %(size)s AS slice
        FROM members_importplan p
        WHERE p.run_id = %(run)s AND NOT EXISTS (
            SELECT 1 FROM members_importchunk c
            WHERE c.run_id = p.run_id AND p.row_no BETWEEN c.first_row AND c.last_row
        )
    ) open GROUP BY slice ORDER BY 1
"""


class Stopped(Exception):
    """The run was cancelled while it was being worked on."""


# --- taking a file in --------------------------------------------------------------------------------------
def digest(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(MB):
            found.update(block)
    return found.hexdigest()


def look(path: Path, name: str, kind: str, *, sheet: int | None = None, header_row: int | None = None) -> dict:
    """A first look by the sealed child: sheets, header, samples and the guessed columns. Raises Refused."""
    size = path.stat().st_size
    if size > UPLOAD_LIMIT:
        raise Refused("too_large", size=size // MB, limit=UPLOAD_LIMIT // MB)
    resource = kinds.find(kind)
    order = {
        "mode": "peek", "path": str(path), "name": name, "known": sorted(resource.known_headers()), "sheet": sheet,
        "header_row": header_row,
    }  # fmt: skip
    seen = process.ask(order)
    guesses = resource.guess(seen["headers"], seen["samples"])
    return seen | {
        "columns": {guess.field: guess.place for guess in guesses},
        "confidence": {guess.field: guess.confidence for guess in guesses},
    }


def create(
    path: Path, *, name: str, kind: str, source: str, sha256: str, mapping: dict[str, Any], now: datetime, **given: Any
) -> ImportRun:
    """Store the file and its run; a run of the same file and source that exists already is returned instead. Inner."""
    if same := find_same(kind, source, sha256, given.get("brand")):
        return same
    run = ImportRun(
        kind=kind, source=source, sha256=sha256, mapping=mapping, file_name=name[-200:],
        file_size=path.stat().st_size, created_at=now, **given,
    )  # fmt: skip
    with path.open("rb") as file:
        suffix = Path(name).suffix.lower()
        run.file.save(f"{sha256[:24]}{suffix}", File(file), save=False)
    ImportRun.objects.bulk_create([run], ignore_conflicts=True)  # of two uploads at once the first one counts
    return find_same(kind, source, sha256, given.get("brand")) or run


def find_same(kind: str, source: str, sha256: str, brand: Brand | None) -> ImportRun | None:
    """The run of this very file from this source for this brand, unless it was cancelled."""
    same = ImportRun.objects.filter(kind=kind, source=source, sha256=sha256, brand=brand)
    return same.exclude(status=Status.CANCELLED).first()


# --- the worker's side -------------------------------------------------------------------------------------
def claim(*, now: datetime) -> ImportRun | None:
    """Take the next run that waits, or whose worker died; nobody else gets it while the lease is renewed. Inner."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "until": now + LEASE})
        row = cursor.fetchone()
    return ImportRun.objects.get(pk=row[0]) if row else None


@contextmanager
def heartbeat(run: ImportRun) -> Iterator[Callable[[int], None]]:
    """Renew the lease and write the progress from a thread with its own connection, while long work goes on."""
    stop, seen = Event(), [0]

    def beat() -> None:
        try:
            while not stop.wait(HEARTBEAT):
                try:
                    with connection.cursor() as cursor:
                        cursor.execute(RENEW, [LEASE.total_seconds(), seen[0], run.pk])
                except (OperationalError, InterfaceError):
                    connection.close()  # the next beat makes a new one; the work itself says what became of it
        finally:
            connection.close()

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield lambda rows: seen.__setitem__(0, rows)
    finally:
        stop.set()
        thread.join()


def stage_and_plan(run: ImportRun, *, now: datetime) -> None:
    """Read, stage and plan in one transaction: a killed worker leaves nothing half done. Raises Refused or Stopped."""
    began = time.monotonic()
    with heartbeat(run) as report, transaction.atomic(durable=True), connection.cursor() as cursor:
        if not _hold(cursor, run, Status.STAGING):
            return
        staging.tune(cursor)
        child = staging.fill(cursor, run, today(now), report)
        staged = time.monotonic()
        kinds.find(run.kind).match(cursor, run)
        match.finish(cursor, run)
        match.count(cursor, run)
        figures = {"stage_s": round(staged - began, 2), "plan_s": round(time.monotonic() - began, 2), "child": child}
        planned = ImportRun.objects.filter(pk=run.pk, status=Status.STAGING).update(
            status=Status.PLANNED, figures=figures, planned_at=now, lease_until=None, progress=run.rows
        )
        if not planned:
            raise Stopped  # cancelled meanwhile: nothing of the plan stays
    run.refresh_from_db()


def apply_chunks(run: ImportRun, *, now: datetime) -> None:
    """Apply what is not in yet. Raises Stopped when it was cancelled, Refused when it cannot go on."""
    began = time.monotonic()
    with heartbeat(run) as report:
        chunks = [apply.Chunk(first, last) for first, last in open_chunks(run)]
        if chunks and not staging.exists(run):
            _restage(run, now=now, report=None)
        if chunks:
            _prepare(run, now=now)
        if connection.in_atomic_block or len(chunks) < 2:
            for chunk in chunks:
                _with_retries(run, chunk, now=now)
        else:
            _side_by_side(run, chunks, now=now)
        report(_rows_done(run))
    _finish(run, now=now, seconds=time.monotonic() - began)


def _side_by_side(run: ImportRun, chunks: list[apply.Chunk], *, now: datetime) -> None:
    """Chunks of one run share no identity and no account, so they go in on several connections."""

    def one(chunk: apply.Chunk) -> None:
        try:
            _with_retries(run, chunk, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        waiting = [pool.submit(one, chunk) for chunk in chunks]
        for done in as_completed(waiting):
            if done.exception():
                pool.shutdown(cancel_futures=True)
                done.result()


@transaction.atomic(durable=True)
def _prepare(run: ImportRun, *, now: datetime) -> None:
    """What every chunk needs and none may wait for: the dictionary rows."""
    with connection.cursor() as cursor:
        staging.tune(cursor)
        kinds.find(run.kind).prepare(cursor, run, now=now)


def open_chunks(run: ImportRun) -> list[tuple[int, int]]:
    """The slices of planned rows that are not in yet, by first and last row."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_CHUNKS, {"run": run.pk, "size": CHUNK_ROWS})
        return cursor.fetchall()


def _with_retries(run: ImportRun, chunk: apply.Chunk, *, now: datetime) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            _apply_one(run, chunk, attempt, now=now)
            return
        except apply.Raced:
            chunk = apply.Chunk(chunk.first_row, chunk.last_row, is_retry=True)
    raise Refused("races")


@transaction.atomic(durable=True)
def _apply_one(run: ImportRun, chunk: apply.Chunk, attempt: int, *, now: datetime) -> None:
    """One chunk with its mark, all or nothing. The mark comes first: of two workers the second finds it and leaves."""
    with connection.cursor() as cursor:
        staging.tune(cursor)
        cursor.execute(
            "INSERT INTO members_importchunk (run_id, first_row, last_row, tries, done_at) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [run.pk, chunk.first_row, chunk.last_row, attempt, now],
        )
        if not cursor.rowcount:
            return
        if ImportRun.objects.values_list("status", flat=True).get(pk=run.pk) != Status.APPLYING:
            raise Stopped
        kinds.find(run.kind).apply(cursor, run, chunk, now=now)
        ImportRun.objects.filter(pk=run.pk).update(progress=_rows_done(run))


def _rows_done(run: ImportRun) -> int:
    """How many planned rows lie in finished chunks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM members_importchunk c JOIN members_importplan p "
            "ON p.run_id = c.run_id AND p.row_no BETWEEN c.first_row AND c.last_row WHERE c.run_id = %s",
            [run.pk],
        )
        return cursor.fetchone()[0]


@transaction.atomic(durable=True)
def _restage(run: ImportRun, *, now: datetime, report: Callable[[int], None] | None) -> None:
    """The unlogged table was lost in a crash: read the file once more; the plan still holds."""
    with connection.cursor() as cursor:
        staging.tune(cursor)
        staging.fill(cursor, run, today(run.planned_at or now), report)


@transaction.atomic(durable=True)
def _finish(run: ImportRun, *, now: datetime, seconds: float) -> None:
    """Close the run. ``now`` is when the work began, ``seconds`` how long it took."""
    with connection.cursor() as cursor:
        match.count(cursor, run)
    ImportRun.objects.filter(pk=run.pk, status=Status.APPLYING).update(
        status=Status.DONE,
        lease_until=None,
        finished_at=now + timedelta(seconds=seconds),
        progress=run.rows - run.bad,
        figures=run.figures | {"apply_s": round(seconds, 2)},
    )
    staging.drop(run)
    run.refresh_from_db()


@transaction.atomic(durable=True)
def fail(run: ImportRun, refused: Refused, *, now: datetime) -> None:
    """Keep why the run cannot go on; the staging table goes, the file stays."""
    ImportRun.objects.filter(pk=run.pk).exclude(status=Status.CANCELLED).update(
        status=Status.FAILED, failure=refused.code, failure_detail=refused.detail, lease_until=None, finished_at=now
    )
    staging.drop(run)
    run.refresh_from_db()


def empty(run: ImportRun) -> None:
    """Delete a finished run's file and every cell of it that was kept; its figures stay. Inner."""
    run.problems.update(raw="")
    run.rejects.all().delete()
    run.mapping["samples"] = []
    run.file.delete(save=False)
    run.save(update_fields=["mapping", "file"])


def _hold(cursor: Any, run: ImportRun, status: str) -> bool:
    """One worker at a time: wait for the other, then see whether anything is left to do."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('members.imports'), %s)", [run.pk])
    return ImportRun.objects.filter(pk=run.pk, status=status).exists()


def today(now: datetime) -> date:
    """The date in the chain's own time zone."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
