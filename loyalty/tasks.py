"""Work that waits in rows; a task only wakes up and calls one service."""

from celery import shared_task
from django.utils import timezone

from .services import importing


@shared_task(time_limit=7_200)
def run_imports() -> None:
    """Check or bring in the next import that waits, or whose worker died."""
    while importing.work(now=timezone.now()):
        pass
