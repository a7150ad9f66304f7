"""A worker of its own, to be killed: ``python -m tests.races.sender_process guarded|twin`` works until all is sent.

The twin sends before it writes that it does, as a worker would that trusts its memory: kills must then lose count.
"""

from __future__ import annotations

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 -- after setup
from django.db import InterfaceError, OperationalError, connection  # noqa: E402 -- after setup
from django.utils import timezone  # noqa: E402 -- after setup

from campaigns.models import Batch, Delivery  # noqa: E402 -- after setup
from campaigns.services import fanout, preparing, sending  # noqa: E402 -- after setup

LEASE = 2.0  # seconds


def forget_the_key() -> None:
    """Take the guard out: each try gets a key of its own, so that the other side cannot know a repetition."""
    sending.key_of = lambda delivery_id: f"d{delivery_id}-{os.getpid()}-{time.monotonic_ns()}"


def forget_the_rows() -> None:
    """Take the other guard out: a worker notes its messages as sent when it reads them, as a cursor does."""

    def mark(rows, now):
        Delivery.objects.filter(pk__in=[row.id for row in rows]).update(status=Delivery.Status.SENT, sent_at=now)

    preparing.mark = mark


def main() -> None:
    settings.SENDERS_MAY_STAY_INSIDE = True
    settings.DEMO_NUMBERS_BLOCK_SEND = False
    {"guarded": lambda: None, "keyless": forget_the_key, "cursor": forget_the_rows}[sys.argv[1]]()
    fanout.SLICE, fanout.BATCH = 1_000, 200
    while True:
        try:
            fanout.start_due(now=timezone.now())
            sending.work(clock=timezone.now, seconds=60, lease=LEASE, group=100)
            if not Batch.objects.exclude(status=Batch.Status.DONE).exists():
                return
        except (OperationalError, InterfaceError):  # the database is away: the next turn asks anew, as a pool's does
            connection.close()
        time.sleep(0.1)


if __name__ == "__main__":
    main()
