"""Work that waits in rows; a task only wakes up and calls one service."""

from celery import shared_task
from django.utils import timezone

from .services import days, importing, ladders, matching


@shared_task(time_limit=7_200)
def run_imports() -> None:
    """Check or bring in the next import that waits, or whose worker died."""
    while importing.work(now=timezone.now()):
        pass


@shared_task(time_limit=7_200)
def reevaluate_programs() -> None:
    """Move the members of the programmes whose ladder changed."""
    ladders.apply(now=timezone.now())


@shared_task
def sweep_imports() -> int:
    """Let go of what old import files held."""
    return importing.sweep(now=timezone.now())


@shared_task
def fold_days() -> int:
    """Add what was noted to the days of books."""
    return days.fold_all()


@shared_task(time_limit=900)
def look_for_pairs() -> int:
    """Propose members who may be one person."""
    return matching.look_around(now=timezone.now())
