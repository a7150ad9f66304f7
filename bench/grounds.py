"""A throw-away PostgreSQL with fsync on, a brand with a store and a till, and members: where benches run."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from config.embedded import EmbeddedPostgres
from config.places import find_account

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


@contextmanager
def throw_away() -> Iterator[EmbeddedPostgres]:
    """A cluster of our own, as durable as the real one, migrated and pointed to by Django."""
    folder = Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    if account := find_account():
        os.chown(folder, account.uid, account.gid)
    cluster = EmbeddedPostgres(folder / "pg", durable=True)
    try:
        cluster.start(bound=True)
        cluster.ensure_database("quanyu")
        os.environ |= {"DATABASE_URL": cluster.url("quanyu"), "DJANGO_SETTINGS_MODULE": "config.settings"}
        _migrate()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _migrate() -> None:
    import django  # noqa: PLC0415 -- the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 -- after setup

    call_command("migrate", verbosity=0)


def shop(members: int) -> tuple[Any, Any, Any]:
    """(store, till, programme) with members 1…n, whose phones are 169 followed by the id in eight digits."""
    from django.db import connection  # noqa: PLC0415 -- after setup

    from loyalty.services import programs  # noqa: PLC0415 -- after setup
    from stores.models import Brand, Chain, Channel, Region, Store  # noqa: PLC0415 -- after setup

    brand = Brand.objects.create(chain=Chain.objects.create(name="青禾"), code="qh", name="青禾")
    region = Region.objects.create(brand=brand, code="r", name="华东")
    store = Store.objects.create(code="S1", brand=brand, region=region, name="店", created_at=NOON)
    till = Channel.objects.create(code="pos", kind="pos", name="till", brand=brand, created_at=NOON)
    program = programs.ensure(brand, now=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_member (id, number, name, gender, language, note, joined_at, created_at, updated_at)"
            " SELECT n, 'M' || n, '', '', 'zh-hans', '', now(), now(), now() FROM generate_series(1, %s) n",
            [members],
        )
        cursor.execute(
            "INSERT INTO members_identity (kind, value, member_id, is_verified, added_at)"
            " SELECT 1, '169' || lpad(n::text, 8, '0'), n, true, now() FROM generate_series(1, %s) n",
            [members],
        )
        cursor.execute("ANALYZE")
    return store, till, program


def phone_of(member_id: int) -> str:
    return f"169{member_id:08d}"


def per_second(act: Callable[[int, int], None], *, hands: int, seconds: float) -> float:
    """How often ``act(hand, turn)`` is done in a second by so many threads, each with its own connection."""
    from django.db import connections  # noqa: PLC0415 -- after setup

    counts = [0] * hands
    gate = threading.Barrier(hands + 1, timeout=60)

    def work(hand: int) -> None:
        try:
            act(hand, -1)  # open the connection
        except BaseException:
            gate.abort()
            raise
        gate.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            act(hand, counts[hand])
            counts[hand] += 1
        connections.close_all()

    threads = [threading.Thread(target=work, args=(hand,)) for hand in range(hands)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def cpu_seconds() -> float:
    """CPU seconds so far of this process and of its database connection's backend: blind to who else is working."""
    from django.db import connection  # noqa: PLC0415 -- after setup

    connection.ensure_connection()
    backend = psutil.Process(connection.connection.info.backend_pid)
    return time.process_time() + sum(backend.cpu_times()[:2])


def load() -> str:
    """The machine's load averages, since others may be working on it."""
    return "load " + " ".join(f"{value:.1f}" for value in os.getloadavg()) + f" on {os.cpu_count()} cores"
