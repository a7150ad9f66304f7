"""After a ladder changed: everybody to the tier that the growth value reaches, some thousands at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from ..models import Book, Program, Standing
from . import points, tiers

CHUNK = 20_000  # members in one transaction
ALONE = "SELECT pg_try_advisory_lock(hashtext('loyalty.ladders'), 0)"
DONE = "SELECT pg_advisory_unlock(hashtext('loyalty.ladders'), 0)"


def apply(*, now: datetime) -> int:
    """Let the members of every programme whose ladder changed move; how many did. Holds no transaction.

    Broken off, it starts the programme again next time: who stands right already stays. While another worker is at
    it, nothing happens.
    """
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
        if not cursor.fetchone()[0]:
            return 0
    try:
        due = Program.objects.filter(ladder_changed_at__isnull=False, ladder_applied_at=None).order_by("pk")
        return sum(reevaluate_program(program, now=now) for program in due)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(DONE)


def reevaluate_program(program: Program, *, now: datetime) -> int:
    """Move the members of one programme to their tiers; how many moved.

    Marks the ladder as applied, unless it was changed anew meanwhile.
    """
    book = program.books.get(asset=Book.Asset.GROWTH)
    moved, last = 0, 0
    while ids := _next(program, after=last):
        moved += _reevaluate(ids, program, book, now=now)
        last = ids[-1]
    Program.objects.filter(pk=program.pk, ladder_changed_at=program.ladder_changed_at).update(ladder_applied_at=now)
    return moved


def _next(program: Program, *, after: int) -> list[int]:
    rows = Standing.objects.filter(program=program, member_id__gt=after).order_by("member_id")
    return list(rows.values_list("member_id", flat=True)[:CHUNK])


@transaction.atomic(durable=True)
def _reevaluate(ids: list[int], program: Program, book: Book, *, now: datetime) -> int:
    points.lock_many(ids, book)
    return tiers.reevaluate_many(ids, program, now=now, reason="ladder")
