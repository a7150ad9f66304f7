"""Work that waits in rows; a task only wakes up and calls one service."""

from celery import shared_task
from django.utils import timezone

from members.services import inboxes

from .services import fanout, following, hearing, sending


@shared_task
def read_events() -> int:
    """Enter members into the campaigns that what happened to them starts."""
    return inboxes.read("campaigns", following.on_event, now=timezone.now())


@shared_task(time_limit=1_800)
def start_due() -> int:
    """Begin the campaigns whose time has come."""
    return fanout.start_due(now=timezone.now())


@shared_task(time_limit=300)
def send_messages() -> int:
    """Send what may leave now, for a while."""
    return sending.work(clock=timezone.now)


@shared_task(time_limit=600)
def read_notices() -> int:
    """Deal with what platforms told, in the order in which it happened."""
    return hearing.read_notices(now=timezone.now())
