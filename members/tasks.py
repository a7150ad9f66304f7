"""Work in the background; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from .services import one_time_codes


@shared_task
def purge_one_time_codes() -> int:
    """Delete the rows of codes that no cap counts any more."""
    return one_time_codes.purge(now=timezone.now())
