"""What the page of a run shows at each step: figures, speed, what stays out and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from members.imports import kinds, words
from members.models import ImportRun
from members.queries import imports
from members.rules import phones

SHOWN = 50
WELL_FORMED = {"duplicate_in_file", "same_member", "conflict"}  # the cell itself is in order, so it stays masked
Status = ImportRun.Status
STEPS = [_("File"), _("Columns"), _("Check"), _("Import"), _("Result")]
PLACE = {Status.UPLOADED: 1, Status.STAGING: 2, Status.PLANNED: 3, Status.APPLYING: 3, Status.DONE: 4}


def trail(run: ImportRun) -> list[tuple[Any, str]]:
    """The five steps, each done, here or ahead."""
    here = PLACE.get(run.status, 3 if run.planned_at else 2)
    over = run.status == Status.DONE
    return [(label, "done" if n < here or over else "here" if n == here else "ahead") for n, label in enumerate(STEPS)]


def pace(run: ImportRun, now: datetime) -> dict[str, Any]:
    """How far the present step is, how fast, and how many seconds are left (None while nobody can tell)."""
    total = run.rows - run.bad if run.status == Status.APPLYING else 0
    seconds = max((now - (run.step_started_at or now)).total_seconds(), 0.1)
    speed = run.progress / seconds
    left = (total - run.progress) / speed if total and speed else None
    return {
        "total": total, "done": run.progress, "speed": round(speed), "left": None if left is None else round(left),
        "waits": not run.progress and seconds > 20,
    }  # fmt: skip


def took(run: ImportRun) -> dict[str, Any]:
    """How long the import itself took and its speed."""
    if "apply_s" not in run.figures:
        return {}
    seconds = max(run.figures["apply_s"], 0.01)
    return {"seconds": seconds, "speed": round((run.rows - run.bad) / seconds)}


def label_of(run: ImportRun, field: str) -> Any:
    """A field's name as the reader calls it; ``row`` is the line as a whole."""
    columns = kinds.find(run.kind).columns()
    return columns[field].label if field in columns else _("Whole row")


def reasons(run: ImportRun) -> list[dict[str, Any]]:
    """Why rows stay out, the most frequent first."""
    return [
        {"why": _generic(each.code), "field": label_of(run, each.field), "count": each.rows}
        for each in imports.reasons(run)
    ]


def _generic(code: str) -> str:
    general = {
        "duplicate_in_file": _("An earlier row of the file has it too; the first one counts."),
        "same_member": _("An earlier row reaches the same member; the first one counts."),
    }
    return str(general.get(code) or words.problem(code))


def rejected(run: ImportRun) -> dict[str, Any]:
    """The first rows that stay out: mapped cells with the wrong ones marked, and the reasons in words."""
    places = run.mapping["columns"]
    chosen = {name: places[name] for name in kinds.find(run.kind).columns() if places.get(name) is not None}
    lines = []
    for row in imports.rejected(run, limit=SHOWN):
        wrong = {each.field for each in row.problems}
        unreadable = {each.field for each in row.problems if each.code not in WELL_FORMED}
        lines.append({
            "row_no": row.row_no,
            "cells": [(_cell(name, row.cells, place, name in unreadable), name in wrong) for name, place in chosen.items()],
            "reasons": [f"{label_of(run, p.field)}: {words.problem(p.code, p.other_row)}" for p in row.problems],
        })  # fmt: skip
    return {"heads": [label_of(run, name) for name in chosen], "lines": lines}


def _cell(name: str, cells: list, place: int, is_wrong: bool) -> str:
    """A cell that cannot be read is shown as it is, to be corrected; a real phone or name stays masked."""
    value = cells[place] if place < len(cells) else ""
    text = str(int(value) if isinstance(value, float) and value.is_integer() else "" if value is None else value)
    if is_wrong or not text:
        return text[:60]
    mask = {"phone": phones.mask, "name": phones.mask_name, "openid": phones.mask, "unionid": phones.mask}.get(name)
    return mask(text) if mask else text[:60]
