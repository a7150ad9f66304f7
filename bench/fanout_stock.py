"""The stock way of a campaign: one Celery task for each member, through the same broker and the same tables."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from config.broker import EmbeddedBroker
from config.embedded import EmbeddedPostgres
from config.places import find_account
from tools.start.supervisor import end_session

app = Celery("stock")
app.conf.update(
    broker_url=os.environ.get("BENCH_BROKER", "memory://"), task_ignore_result=True, task_acks_late=True,
    worker_prefetch_multiplier=1, worker_enable_remote_control=False, broker_connection_retry_on_startup=True,
)  # fmt: skip


@worker_process_init.connect
def _setup(**_given: Any) -> None:
    import django  # noqa: PLC0415 -- in the worker only

    django.setup()


@app.task
def send_one(delivery_id: int) -> None:
    """Look at one member, count, say nothing to nobody, save: as one would write it with the ORM."""
    from django.db import transaction  # noqa: PLC0415 -- after setup
    from django.db.models import Sum  # noqa: PLC0415 -- after setup
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from campaigns.models import ContactCount, Delivery  # noqa: PLC0415 -- after setup
    from members.models import Consent, Identity  # noqa: PLC0415 -- after setup

    now = timezone.now()
    row = Delivery.objects.select_related("campaign", "member").get(pk=delivery_id)
    said = Consent.objects.filter(member=row.member_id, purpose="marketing").order_by("-at", "-pk").first()
    phone = Identity.objects.filter(member=row.member_id, kind=Identity.Kind.PHONE).first()
    counts = ContactCount.objects.filter(member=row.member_id, medium=row.medium)
    lately = counts.filter(day__gt=now.date() - timedelta(days=7)).aggregate(all=Sum("count"))["all"] or 0
    if said is None or not said.is_given or phone is None or lately >= row.campaign.cap_count + 3:
        Delivery.objects.filter(pk=row.pk).update(status=Delivery.Status.SUPPRESSED, reason="capped")
        return
    with transaction.atomic():
        ContactCount.objects.get_or_create(member_id=row.member_id, medium=row.medium, day=now.date())
        row.status, row.sent_at, row.attempts = Delivery.Status.SENT, now, 1
        row.provider_id = f"d{row.pk}"
        row.save(update_fields=["status", "sent_at", "attempts", "provider_id"])


def per_member(campaign: Any, cluster: EmbeddedPostgres) -> float:
    """Members a second with two worker processes, from the first call until the last row is written."""
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from campaigns.models import Delivery  # noqa: PLC0415 -- after setup
    from campaigns.services import fanout  # noqa: PLC0415 -- after setup

    fanout.start_due(now=timezone.now())
    ids = list(Delivery.objects.filter(campaign=campaign).values_list("pk", flat=True))
    with tempfile.TemporaryDirectory(prefix="quanyu-bench-") as name:
        if account := find_account():
            os.chown(name, account.uid, account.gid)
        broker = EmbeddedBroker(Path(name) / "valkey")
        broker.start()
        app.conf.broker_url = os.environ["BENCH_BROKER"] = broker.url()
        worker = _worker()
        try:
            send_one.delay(ids[0])
            _wait(campaign, len(ids) - 1)
            begun = time.perf_counter()
            for pk in ids[1:]:
                send_one.delay(pk)
            _wait(campaign, 0)
            return (len(ids) - 1) / (time.perf_counter() - begun)
        finally:
            end_session(worker.pid)
            worker.wait()
            broker.stop()


def _worker() -> subprocess.Popen[bytes]:
    words = ["-m", "celery", "-q", "-A", "bench.fanout_stock", "worker", "-c", "2", "-l", "ERROR", "-n", "w@%h"]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", *words],
        env=os.environ, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _wait(campaign: Any, left: int, seconds: float = 300) -> None:
    from campaigns.models import Delivery  # noqa: PLC0415 -- after setup

    end = time.monotonic() + seconds
    while Delivery.objects.filter(campaign=campaign, status=Delivery.Status.PENDING).count() > left:
        if time.monotonic() > end:
            raise SystemExit("the stock way did not end")
        time.sleep(0.05)
