"""Work in the background; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from .services import days, one_time_codes


@shared_task
def purge_one_time_codes() -> int:
    """Delete the rows of codes that no cap counts any more."""
    return one_time_codes.purge(now=timezone.now())


@shared_task
def fold_days() -> int:
    """Add what was noted to the days of stores."""
    return days.fold_all()


@shared_task(time_limit=1_200)
def keep_buyers() -> int:
    """Count ahead who bought, in a chain where that takes long."""
    return days.keep_buyers(now=timezone.now())
