"""Fan-out beside the stock way: a million send rows created and worked by two workers, and one Celery task a member.

``make bench-fanout`` (``ARGS="--size 100000 --sample 500"``). The gateway takes everything and costs nothing, so that
the figures are ours: a locked audience becomes rows; each row is looked at a last time (member, consent, address, hours,
cap), its message is written, marked, said and noted. Runs on a throw-away PostgreSQL with fsync on; the last line is
JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from bench.fanout_stock import per_member
from bench.grounds import NOON, load, shop, throw_away
from stores.connectors import KINDS, Account, Answer, Outgoing, Receipt

WORKERS = 2
GROUP = 1_000


class Nowhere:
    """A gateway that takes everything at once."""

    is_local = True
    size, width = GROUP, 1

    def __init__(self, account: Account) -> None:
        self.account = account

    def send(self, message: Outgoing) -> Receipt:
        return Receipt(message.key)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Nowhere]:
        yield self

    async def send_many(self, messages: Sequence[Outgoing]) -> list[Answer]:
        return [Receipt(message.key) for message in messages]


KINDS["nowhere"] = Nowhere


def worker() -> None:
    """One worker process: until nothing is left."""
    import django  # noqa: PLC0415 -- the environment must be set first

    django.setup()
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from campaigns.services import sending  # noqa: PLC0415 -- after setup

    print("ready", flush=True)
    sys.stdin.readline()
    while sending.work(clock=timezone.now, seconds=600, group=GROUP):
        pass


def agree() -> None:
    """Everybody says yes to offers."""
    from django.db import connection  # noqa: PLC0415 -- after setup

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_consent (member_id, purpose, is_given, at, method, evidence)"
            " SELECT id, 'marketing', true, %s, 'bench', '' FROM members_member",
            [NOON],
        )
        cursor.execute("VACUUM ANALYZE members_consent")


def campaign(brand: Any, size: int) -> Any:
    """A campaign to everybody that is due now."""
    import numpy as np  # noqa: PLC0415 -- slow import
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from campaigns.models import Campaign  # noqa: PLC0415 -- after setup
    from segments.models import AudienceSnapshot  # noqa: PLC0415 -- after setup
    from segments.services.snapshots import digest, packed  # noqa: PLC0415 -- after setup
    from stores.models import Sender  # noqa: PLC0415 -- after setup

    now, ids = timezone.now(), np.arange(1, size + 1, dtype=np.int32)
    number = Campaign.objects.count() + 1
    snapshot = AudienceSnapshot.objects.create(
        number=f"A{number}", name="bench", rule={}, size=size, bits=packed(ids), sha256=digest(ids), engine="bench",
        locked_at=now,
    )  # fmt: skip
    sender, _new = Sender.objects.get_or_create(
        code="nowhere", defaults={"name": "nowhere", "kind": "nowhere", "medium": 1, "rate": 10**8, "created_at": now}
    )
    return Campaign.objects.create(
        number=f"C{number}", name="bench", brand=brand, sender=sender, snapshot=snapshot, status="scheduled",
        text="{name}，您好！{store}上新，点这里看看：{link}", starts_at=now, created_at=now, updated_at=now,
        quiet_from=clock_time(0), quiet_until=clock_time(0), cap_count=3, cap_days=7,
    )  # fmt: skip


def create(made: Any, size: int) -> float:
    """Rows a second from a locked audience; a second call makes none."""
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from campaigns.models import Campaign  # noqa: PLC0415 -- after setup
    from campaigns.services import fanout  # noqa: PLC0415 -- after setup

    begun = time.perf_counter()
    rows = fanout.start_due(now=timezone.now())
    taken = time.perf_counter() - begun
    if rows != size:
        raise SystemExit(f"{rows} rows for {size} members")
    Campaign.objects.filter(pk=made.pk).update(fanned_out_at=None, fanned_out_to=0)  # as if a scheduler forgot all
    begun = time.perf_counter()
    if fanout.start_due(now=timezone.now()):
        raise SystemExit("a second fan-out made rows")
    print(f"fanout  | the same again: {time.perf_counter() - begun:.1f} s, no row added", flush=True)
    return size / taken


def work(size: int) -> float:
    """Rows a second by two processes, from when they are ready until the last is noted."""
    command = [sys.executable, "-m", "bench.fanout", "--worker"]
    folder = Path(__file__).resolve().parents[1]
    hands = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ, cwd=folder)
        for _ in range(WORKERS)
    ]
    for hand in hands:
        assert hand.stdout is not None
        hand.stdout.readline()
    begun = time.perf_counter()
    for hand in hands:
        assert hand.stdin is not None
        hand.stdin.write("\n")
        hand.stdin.flush()
    codes = [hand.wait() for hand in hands]
    taken = time.perf_counter() - begun
    if any(codes):
        raise SystemExit(f"a worker ended with {codes}")
    return size / taken


def check(made: Any, size: int) -> None:
    """Everybody has one message, and one place under the cap."""
    from django.db.models import Sum  # noqa: PLC0415 -- after setup

    from campaigns.models import ContactCount  # noqa: PLC0415 -- after setup
    from campaigns.queries import reports  # noqa: PLC0415 -- after setup

    found = reports.results(made)
    places = ContactCount.objects.aggregate(all=Sum("count"))["all"]
    if (found.planned, found.sent, places) != (size, size, size):
        raise SystemExit(f"planned {found.planned}, sent {found.sent}, places {places} of {size}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", type=int, default=int(os.environ.get("ROWS", "1000000")))
    asked.add_argument("--sample", type=int, default=1_000, help="members for the stock way")
    asked.add_argument("--worker", action="store_true")
    chosen = asked.parse_args()
    if chosen.worker:
        return worker()
    with throw_away() as cluster:
        store, _till, _program = shop(chosen.size)
        agree()
        print(f"fanout  | {chosen.size:,} members, {WORKERS} workers, fsync on, {load()}", flush=True)
        made = campaign(store.brand, chosen.size)
        created = create(made, chosen.size)
        print(f"fanout  | rows from a locked audience       {created:9,.0f} /s", flush=True)
        worked = work(chosen.size)
        check(made, chosen.size)
        print(f"fanout  | rows worked, all checks and cap   {worked:9,.0f} /s", flush=True)
        stock = per_member(campaign(store.brand, min(chosen.sample, chosen.size)), cluster)
        print(
            f"fanout  | one Celery task for each member   {stock:9,.0f} /s   ours is {worked / stock:,.0f} times that"
        )
        print(f"fanout  | {load()}")
        figures = {
            "size": chosen.size, "create_rows_per_s": round(created), "work_rows_per_s": round(worked),
            "celery_per_member_per_s": round(stock), "vs_celery_per_member": round(worked / stock, 1),
        }  # fmt: skip
        print(json.dumps({"name": "fanout", "figures": figures}))
    return None


if __name__ == "__main__":
    main()
