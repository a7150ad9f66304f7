"""Locking an audience (锁定客群): the members of one moment, numbered and hashed, never changed afterwards."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction

from stores.models import Staff
from stores.services import log

from ..models import AudienceSnapshot, Segment
from ..queries import audiences, exact, scoped

DRAW = "SELECT nextval(pg_get_serial_sequence('segments_audiencesnapshot', 'id'))"


@transaction.atomic(durable=True)
def lock(*, segment: Segment | None = None, rule: Any = None, name: str, by: Staff, now: datetime) -> AudienceSnapshot:
    """Lock the members of a segment, or of a rule of its own, as they are now. Raises RuleError and TooSlow.

    Only members whom ``by`` may see: who answers for one brand cannot write to another's members.
    """
    return make_snapshot(segment=segment, rule=rule, name=name, by=by, now=now)


def make_snapshot(
    *, segment: Segment | None = None, rule: Any = None, name: str, by: Staff | None, now: datetime
) -> AudienceSnapshot:
    """The same inside a transaction that is open already. Inner."""
    if segment is not None:
        segment = Segment.objects.select_for_update().get(pk=segment.pk)  # the rule and its version belong together
        rule = segment.rule
    found = exact.find(rule, now=now)
    ids = found.ids if by is None else scoped.seen(found.ids, by)
    return _write(ids, segment=segment, rule=rule, engine=found.engine, name=name, by=by, now=now)


@transaction.atomic(durable=True)
def lock_members(ids: np.ndarray, *, name: str, by: Staff, now: datetime) -> AudienceSnapshot:
    """Lock these members (sorted int32 ids), all of whom ``by`` may see. Its rule is to be among them."""
    return _write(ids, segment=None, rule=None, engine=audiences.POSTGRES, name=name, by=by, now=now)


def _write(
    ids: np.ndarray, *, segment: Segment | None, rule: Any, engine: str, name: str, by: Staff | None, now: datetime
) -> AudienceSnapshot:
    """The row and its line in the log. Without a rule the audience is its own: whoever was locked in."""
    with connection.cursor() as cursor:
        cursor.execute(DRAW)
        drawn = cursor.fetchone()[0]
    made = AudienceSnapshot.objects.create(
        id=drawn, number=f"A{drawn:06d}", segment=segment, name=name.strip()[:80],
        rule={"snapshot": drawn} if rule is None else rule, rule_version=segment.version if segment else 1,
        size=len(ids), bits=packed(ids), sha256=digest(ids), engine=engine, locked_at=now, locked_by=by,
    )  # fmt: skip
    after = {"number": made.number, "members": made.size, "sha256": made.sha256[:12]}
    log.record("audience.locked", made, by=by, now=now, after=after)
    return made


def packed(ids: np.ndarray) -> bytes:
    """Sorted member ids as bits; see ``AudienceSnapshot``."""
    if not len(ids):
        return b""
    marks = np.zeros(int(ids[-1]), bool)
    marks[ids - 1] = True
    return np.packbits(marks, bitorder="little").tobytes()


def digest(ids: np.ndarray) -> str:
    """SHA-256 of the sorted ids as 32-bit big-endian integers."""
    return hashlib.sha256(ids.astype(">i4").tobytes()).hexdigest()
