"""Bringing a file in: start, plan, apply, cancel. The doors of the import engine, for pages, tasks and scripts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from members.imports import kinds, runs, staging
from members.imports.safety import Refused
from members.models import ImportRun
from stores.models import Brand, Staff
from stores.services import log

Status = ImportRun.Status
WAITING = (Status.UPLOADED, Status.PLANNED)
KEPT_FOR = timedelta(days=30)
# how a database that went away is told: by Django's cursors, and by COPY, which does not pass through them
LOST = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
logger = structlog.get_logger(__name__)
KEPT = (
    "sheets", "sheet", "encoding", "delimiter", "header_row", "header_end", "headers", "samples", "columns",
    "confidence",
)  # fmt: skip


class CannotImport(ValueError):
    """The step does not fit the run's state or what is given; the text may be shown."""


def start(
    path: str | Path, *, kind: str, by: Staff | None, now: datetime, mapping: dict[str, Any] | None = None,
    source: str = "", brand: Brand | None = None, name: str = "", consent_source: str = "", consent_evidence: str = "",
) -> ImportRun:  # fmt: skip
    """Look at a file in the sealed child and make its run; the run of the same file and source if there is one.

    ``mapping`` may fix ``columns`` (field → place from 0), ``sheet`` and ``header_row``; the rest is guessed. Raises
    Refused (the file) or CannotImport.
    """
    path = Path(path)
    resource = kinds.find(kind)
    if resource.needs_brand and brand is None:
        raise CannotImport(_("Choose the brand whose members these are."))
    source = source.strip().replace(":", "-")[:40] or (f"legacy-{brand.code}" if brand else "file")
    sha256 = runs.digest(path)
    if same := runs.find_same(kind, source, sha256, brand):
        return same
    given = mapping or {}
    seen = runs.look(path, name or path.name, kind, sheet=given.get("sheet"), header_row=given.get("header_row"))
    if "columns" in given:
        seen["columns"] = {field: given["columns"].get(field) for field in resource.columns()}
    return _store(
        path, name=name or path.name, kind=kind, source=source, sha256=sha256, now=now, brand=brand, by=by,
        mapping={word: seen[word] for word in KEPT}, consent_source=consent_source, consent_evidence=consent_evidence,
    )  # fmt: skip


@transaction.atomic(durable=True)
def _store(path: Path, *, by: Staff | None, now: datetime, **given: Any) -> ImportRun:
    run = runs.create(path, created_by=by, now=now, **given)
    if run.created_at == now:
        log.record("import.uploaded", run, by=by, now=now, after={"kind": run.kind, "sha256": run.sha256[:12]})
    return run


def look_again(run: ImportRun, *, sheet: int, header_row: int | None, by: Staff, now: datetime) -> ImportRun:
    """Read another sheet or another header row and guess the columns anew. Raises Refused or CannotImport."""
    _must_be(run, Status.UPLOADED)
    seen = runs.look(Path(run.file.path), run.file_name, run.kind, sheet=sheet, header_row=header_row)
    return _remap(run, {word: seen[word] for word in KEPT}, by=by, now=now)


@transaction.atomic(durable=True)
def _remap(run: ImportRun, mapping: dict[str, Any], *, by: Staff, now: datetime) -> ImportRun:
    run.mapping = mapping
    run.save(update_fields=["mapping"])
    log.record("import.reread", run, by=by, now=now, after={"sheet": mapping["sheet"]})
    return run


@transaction.atomic(durable=True)
def choose(
    run: ImportRun, *, columns: dict[str, int | None], by: Staff | None, now: datetime, consent_source: str = "",
    consent_evidence: str = "",
) -> ImportRun:  # fmt: skip
    """Fix which column is which and queue the dry run. Raises CannotImport."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    _must_be(run, Status.UPLOADED, Status.PLANNED, Status.FAILED)
    resource = kinds.find(run.kind)
    chosen = {field: columns.get(field) for field in resource.columns()}
    if absent := resource.missing(chosen):
        labels = ", ".join(str(resource.columns()[field].label) for field in absent)
        raise CannotImport(_("Choose the columns without which no row can be used: %(needed)s.") % {"needed": labels})
    places = [index for index in chosen.values() if index is not None]
    if len(places) != len(set(places)) or any(not 0 <= place < len(run.mapping["headers"]) for place in places):
        raise CannotImport(_("Each column of the file can be used once."))
    run.mapping["columns"] = chosen
    run.consent_source, run.consent_evidence = consent_source.strip()[:120], consent_evidence.strip()[:200]
    run.planned_at = None  # the former plan is of other columns: it must not be applied
    _queue(run, Status.STAGING, now=now)
    log.record("import.mapped", run, by=by, now=now, after={"columns": len(places)})
    return run


@transaction.atomic(durable=True)
def confirm(run: ImportRun, *, by: Staff | None, now: datetime) -> ImportRun:
    """Say yes to the plan: the good rows are queued to go in. Also takes a failed run up again."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    _must_be(run, Status.PLANNED, Status.FAILED)
    if run.status == Status.FAILED and run.planned_at is None:
        raise CannotImport(_("This import has not been checked yet."))
    run.mapping.pop("samples", None)  # what people looked at to map the columns is not kept
    _queue(run, Status.APPLYING, now=now)
    log.record("import.confirmed", run, by=by, now=now, after={"new": run.new, "updated": run.updated})
    return run


@transaction.atomic(durable=True)
def cancel(run: ImportRun, *, by: Staff | None, now: datetime) -> ImportRun:
    """Stop a run. What is in stays in; what is not will not come."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.status in {Status.DONE, Status.CANCELLED}:
        raise CannotImport(_("This import is over."))
    was = run.status
    run.status, run.lease_until, run.finished_at = Status.CANCELLED, None, now
    if was != Status.APPLYING:
        run.progress = 0
        staging.drop(run)
    run.save(update_fields=["status", "lease_until", "finished_at", "progress"])
    log.record("import.cancelled", run, by=by, now=now, before={"status": was})
    return run


def plan(run: ImportRun, *, now: datetime) -> ImportRun:
    """The dry run over all rows, here and now; for scripts and the task. A refused file leaves the run failed."""
    if run.status in {Status.UPLOADED, Status.FAILED}:
        run = choose(
            run, columns=run.mapping["columns"], by=run.created_by, now=now, consent_source=run.consent_source,
            consent_evidence=run.consent_evidence,
        )  # fmt: skip
    if run.status == Status.STAGING:
        try:
            runs.stage_and_plan(run, now=now)
        except runs.Stopped:
            run.refresh_from_db()
        except Refused as refused:
            runs.fail(run, refused, now=now)
    return run


def apply(run: ImportRun, *, now: datetime) -> ImportRun:
    """Bring the good rows in, here and now, going on where a killed run stopped; for scripts and the task."""
    if run.status in {Status.PLANNED, Status.FAILED}:
        run = confirm(run, by=run.created_by, now=now)
    if run.status == Status.APPLYING:
        try:
            runs.apply_chunks(run, now=now)
        except runs.Stopped:
            _let_go(run)
        except Refused as refused:
            runs.fail(run, refused, now=now)
        else:
            _tell(run, now=now)
    run.refresh_from_db()
    return run


def sweep(*, now: datetime) -> int:
    """Let go of personal data: after 30 days a run keeps its figures, but no file, no cells, no samples; how many runs.

    A run that nobody said yes to in that time is cancelled.
    """
    for run in ImportRun.objects.filter(status__in=WAITING, created_at__lt=now - KEPT_FOR).order_by("pk"):
        cancel(run, by=None, now=now)
    old = ImportRun.objects.filter(finished_at__lt=now - KEPT_FOR).exclude(file="")
    swept = 0
    for run in old.order_by("pk"):
        _empty(run)
        swept += 1
    return swept


@transaction.atomic(durable=True)
def _empty(run: ImportRun) -> None:
    runs.empty(run)


def work(*, now: datetime) -> ImportRun | None:
    """Take the next waiting or orphaned run and do its present step; None when nothing waits."""
    run = _claim(now=now)
    if run is None:
        return None
    step = plan if run.status == Status.STAGING else apply
    try:
        return step(run, now=now)
    except LOST:
        raise  # the database went away: the lease runs out and the run is taken up again
    except Exception as error:
        logger.exception("import_stopped", run=run.pk, error=type(error).__name__)
        runs.fail(run, Refused("stopped"), now=now)
        return run


@transaction.atomic(durable=True)
def _claim(*, now: datetime) -> ImportRun | None:
    return runs.claim(now=now)


@transaction.atomic(durable=True)
def _let_go(run: ImportRun) -> None:
    staging.drop(run)


@transaction.atomic(durable=True)
def _tell(run: ImportRun, *, now: datetime) -> None:
    figures = {"rows": run.rows, "new": run.new, "updated": run.updated, "unchanged": run.unchanged, "bad": run.bad}
    log.record("import.done", run, by=run.created_by, now=now, after=figures)


def _queue(run: ImportRun, status: str, *, now: datetime) -> None:
    run.status, run.lease_until, run.step_started_at, run.progress = status, None, now, 0
    run.failure, run.failure_detail, run.finished_at = "", {}, None
    run.save()


def _must_be(run: ImportRun, *allowed: str) -> None:
    if run.status not in allowed:
        raise CannotImport(_("This import is past that step: %(status)s.") % {"status": run.get_status_display()})
