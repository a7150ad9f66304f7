"""Files of personal data: small ones at once, larger ones when a second person has released them; each once, for a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from ..access import Permission, may
from ..models import ExportRequest, Staff
from . import log

ALONE = 500  # rows that one person may take without a second one
LIFE = timedelta(hours=24)
State = ExportRequest.State


class CannotExport(Exception):
    """The file may not be taken or released like this. The text may be shown."""


@transaction.atomic(durable=True)
def ask(
    name: str, *, words: str, form: str, rows: int, reason: str, by: Staff, now: datetime
) -> ExportRequest:  # fmt: skip
    """Ask for a file of a list (``name``) under its filters (``words``). Raises CannotExport without a reason."""
    if len(reason.strip()) < 2:
        raise CannotExport(_("Say what the file is for."))
    made = ExportRequest.objects.create(
        asked_by=by, asked_at=now, name=name, words=words, form=form, rows=rows, reason=reason.strip()[:200]
    )
    log.record("export.asked", made, by=by, now=now, reason=made.reason, after={"count": rows})
    return made


@transaction.atomic(durable=True)
def decide(request: ExportRequest, *, is_yes: bool, by: Staff, now: datetime) -> ExportRequest:
    """Release a file, or refuse it. Raises CannotExport for one's own request, and when it is decided already."""
    held = ExportRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if held.asked_by_id == by.pk:
        raise CannotExport(_("A second person releases it, not who asked."))
    if not may(by, Permission.EXPORT_RELEASE):
        raise CannotExport(_("You may not release files."))
    if held.state != State.OPEN:
        raise CannotExport(_("This was decided already."))
    held.state, held.decided_by, held.decided_at = (State.RELEASED if is_yes else State.REFUSED), by, now
    held.until = now + LIFE if is_yes else None
    held.save(update_fields=["state", "decided_by", "decided_at", "until"])
    log.record("export.released" if is_yes else "export.refused", held, by=by, now=now, after={"count": held.rows})
    return held


@transaction.atomic(durable=True)
def take(request: ExportRequest, *, by: Staff, now: datetime) -> ExportRequest:
    """Take the file, once; of two clicks one gets it. Raises CannotExport when it is not released, over, or another's."""
    held = ExportRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if held.asked_by_id != by.pk:
        raise CannotExport(_("Only who asked takes the file."))
    if held.state == State.TAKEN:
        raise CannotExport(_("The file was taken already. Ask again if you need it once more."))
    if held.state != State.RELEASED or held.until is None or now >= held.until:
        raise CannotExport(_("The file is not released, or its day is over. Ask again."))
    held.state, held.taken_at = State.TAKEN, now
    held.save(update_fields=["state", "taken_at"])
    log.record("export.taken", held, by=by, now=now, after={"count": held.rows})
    return held
