"""Saving and archiving rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from stores.models import Staff
from stores.services import log

from ..models import Segment
from ..queries import audiences, facts


class CannotSave(ValueError):
    """The segment cannot be kept like this. The text may be shown."""


@transaction.atomic(durable=True)
def save(segment: Segment | None, *, name: str, description: str, rule: Any, by: Staff, now: datetime) -> Segment:
    """Make or change a segment; another rule is another version. Raises CannotSave, RuleError and TooSlow."""
    name, description = " ".join(name.split()), description.strip()[:300]
    if not 0 < len(name) <= 80:
        raise CannotSave(_("A segment has a name of 1 to 80 characters."))
    facts.planned(rule, now=now)
    if segment is None:
        held, before = Segment(created_by=by, created_at=now), None
    else:
        held = Segment.objects.select_for_update().get(pk=segment.pk, archived_at=None)
        before = {"name": held.name, "rule": held.rule}
        held.version += held.rule != rule
    held.name, held.description, held.rule, held.updated_at = name, description, rule, now
    counted = audiences.count(rule, now=now)
    held.last_count, held.counted_at = counted.number, now
    try:
        with transaction.atomic():  # a name that is taken must not end the caller's transaction
            held.save()
    except IntegrityError as error:
        raise CannotSave(_("Another segment has this name.")) from error
    after = {"name": name, "rule": rule, "version": held.version}
    log.record("segment.saved", held, by=by, now=now, before=before, after=after)
    return held


@transaction.atomic(durable=True)
def archive(segment: Segment, *, by: Staff, now: datetime) -> bool:
    """Take a segment off the list; what was locked stays. False when it was archived already."""
    if not Segment.objects.filter(pk=segment.pk, archived_at=None).update(archived_at=now):
        return False
    log.record("segment.archived", segment, by=by, now=now, before={"name": segment.name})
    return True
