"""The clock's table: which task rings when. The clock only rings; rows say what is due."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask


class Job(NamedTuple):
    """A name for people, the task's dotted path, and the seconds between two rings."""

    name: str
    task: str
    seconds: int


@transaction.atomic(durable=True)
def write(jobs: Iterable[Job]) -> int:
    """Make the table say exactly this list; gives how many jobs it holds. Safe to call at every start."""
    names = []
    for job in jobs:
        every, _new = IntervalSchedule.objects.get_or_create(every=job.seconds, period=IntervalSchedule.SECONDS)
        given = {
            "task": job.task, "interval": every, "crontab": None, "enabled": True,
            "expire_seconds": max(2 * job.seconds, 30),  # a busy worker does not wake to a queue of old rings
        }  # fmt: skip
        PeriodicTask.objects.update_or_create(name=job.name, defaults=given)
        names.append(job.name)
    PeriodicTask.objects.exclude(name__in=names).exclude(task__startswith="celery.").delete()
    return len(names)
