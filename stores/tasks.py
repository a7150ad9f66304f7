"""Work in the background. Rows are the queue: each task may run twice, or late, and loses nothing."""

from celery import shared_task
from django.utils import timezone

from .services import answers, chain, keys, notices, posters, sessions


@shared_task
def make_posters() -> int:
    """Make the poster archives that wait; woken by a request and, in case that got lost, by the clock."""
    return posters.make_waiting(now=timezone.now())


@shared_task
def sweep_posters() -> int:
    """Delete archives that nobody fetched for a week."""
    return posters.sweep(now=timezone.now())


@shared_task
def clear_sessions() -> int:
    """Delete the sessions of staff and members that ran out."""
    return sessions.clear_expired(now=timezone.now())


@shared_task
def purge_keys() -> int:
    """Delete what signed and counted calls left behind."""
    return keys.purge(now=timezone.now())


@shared_task
def purge_answers() -> int:
    """Delete answers to named calls that are older than five weeks."""
    return answers.purge(now=timezone.now())


@shared_task
def seal_log() -> int:
    """Give the new lines of the action log their place in the chain."""
    return chain.seal_all()


@shared_task
def anchor_log() -> bool:
    """Write the end of the action log's chain down outside the database."""
    return chain.anchor(now=timezone.now())


@shared_task
def sweep_notices() -> int:
    """Empty what platforms told a month ago; forget it after half a year."""
    return notices.sweep(now=timezone.now())
