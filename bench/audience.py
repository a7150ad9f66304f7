"""Counting audiences: ten trees in the audience store, PostgreSQL and DuckDB on the same data, counts asserted equal.

``make bench-audience`` (``SIZE=2m``). The store is timed without its cache and with it; beside it stands the time that the
needed bytes take at the rate at which this machine streams memory. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.audience_ground import Duck, fill, rules
from bench.grounds import NOON, shop, throw_away

SIZES = {"20k": 20_000, "100k": 100_000, "200k": 200_000, "1m": 1_000_000, "2m": 2_000_000, "10m": 10_000_000}
PATIENCE = 60_000  # milliseconds for one count in PostgreSQL


def timed(work: Callable[[], Any], times: int) -> tuple[Any, float]:
    """What ``work`` gives, and the median of its milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        found = work()
        taken.append((time.perf_counter() - begun) * 1000)
        if taken[-1] > 3000:
            break
    return found, statistics.median(taken)


def stream_rate() -> float:
    """Bytes that one thread adds up in a millisecond, over an array larger than the caches."""
    much = np.ones(32 << 20, np.int64)
    return much.nbytes / timed(much.sum, 5)[1]


def needed(files: Any, node: Any) -> int:
    """The bytes that a plan cannot do without reading, each leaf once."""
    from segments.rules import plan  # noqa: PLC0415 -- after setup

    if isinstance(node, plan.All | plan.AnyOf):
        return sum(needed(files, each) for each in node.nodes)
    if isinstance(node, plan.Not):
        return needed(files, node.node)
    if isinstance(node, plan.Range | plan.OneOf):
        return files.column(node.column).nbytes
    if isinstance(node, plan.OnTier):
        return sum(files.column(f"tier_{program}").nbytes for program in files.meta.programs)
    if isinstance(node, plan.HasTag):
        return files.meta.row
    if isinstance(node, plan.Bought):
        return sum(_log_bytes(files, node, code) for code in _codes(files, node))
    return 0  # near: a narrow band


def _codes(files: Any, node: Any) -> list[int]:
    return [files.meta.categories.index(name) + 1 for name in node.categories] or [0]


def _log_bytes(files: Any, node: Any, code: int) -> int:
    begin, end = files.meta.offsets[code], files.meta.offsets[code + 1]
    if node.since is not None:
        begin += int(np.searchsorted(files.log("day")[begin:end], np.int32(node.since)))
    width = 4 + (8 if node.agg == "sum" else 0) + (4 if node.stores is not None else 0)
    return (end - begin) * width


def compare(files_reader: Any, trees: dict[str, Any], rate: float) -> list[dict[str, Any]]:
    """Count every tree in every engine; a line for each."""
    from segments.engine.reader import Cache, optimised  # noqa: PLC0415 -- after setup
    from segments.queries import facts  # noqa: PLC0415 -- after setup

    duck, out = Duck(files_reader.files), []
    for name, rule in trees.items():
        wanted = facts.planned(rule, now=NOON)

        def fresh(wanted: Any = wanted) -> int:
            files_reader.cache = Cache(1 << 28)
            return files_reader.count(wanted, facts.bits_of)

        number, uncached = timed(fresh, 9)
        cached = timed(lambda wanted=wanted: files_reader.count(wanted, facts.bits_of), 9)[1]
        in_duck, duck_ms = timed(lambda wanted=wanted: duck.count(wanted), 5)
        in_postgres, postgres_ms = timed(lambda wanted=wanted: _postgres(wanted), 3)
        assert in_duck == number, (name, number, in_duck)
        assert in_postgres in (None, number), (name, number, in_postgres)
        limit = needed(files_reader.files, optimised(wanted)) / rate
        out.append({"name": name, "number": number, "uncached": uncached, "cached": cached, "duck": duck_ms,
                    "postgres": postgres_ms, "limit": limit, "in_time": in_postgres is not None})  # fmt: skip
        print(f"audience| {name:34s} {number:9d}  store {uncached:8.2f}  cached {cached:6.2f}  limit {limit:6.2f}  "
              f"duckdb {duck_ms:8.1f}  postgres {postgres_ms:9.1f} ms", flush=True)  # fmt: skip
    return out


def _postgres(wanted: Any) -> int | None:
    from segments.queries import audiences  # noqa: PLC0415 -- after setup

    try:
        return audiences._count_in_postgres(wanted, None)
    except audiences.TooSlow:
        return None


def freshness(members: int) -> dict[str, float]:
    """Seconds from 1 % changed members and as many refunds to the first count that knows them."""
    from django.db import connection, transaction  # noqa: PLC0415 -- after setup

    from segments.services import audience_store  # noqa: PLC0415 -- after setup

    few = members // 100
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE members_member SET gender = 'f' WHERE id %% 100 = 1", [])
        cursor.execute("UPDATE members_order SET refunded = amount WHERE id <= %s", [few])
        for kind, data in (("member.edited", "'{}'"), ("order.refunded", "jsonb_build_object('order', n)")):
            cursor.execute(
                f"WITH told AS (INSERT INTO members_event (kind, member_id, at, data) SELECT '{kind}', 1 + (n - 1) * 100, now(),"
                f" {data} FROM generate_series(1, %s) n RETURNING id) INSERT INTO members_inbox (reader, event_id, tries, problem)"
                " SELECT 'segments', id, 0, '' FROM told", [few],
            )  # fmt: skip
    follower = audience_store.Follower()
    begun = time.perf_counter()
    with audience_store.only_writer():
        read = follower.turn(now=NOON)
    taken = time.perf_counter() - begun
    print(f"audience| {read} events ({few} members, {few} refunds) in the store after {taken:.2f} s", flush=True)
    return {"refresh_1_percent_s": round(taken, 2)}


def measure(members: int) -> dict[str, Any]:
    """Fill, build, compare; the figures."""
    from django.conf import settings  # noqa: PLC0415 -- after setup

    from loyalty.models import Tier  # noqa: PLC0415 -- after setup
    from segments.queries import stores  # noqa: PLC0415 -- after setup
    from segments.services import audience_store  # noqa: PLC0415 -- after setup

    settings.AUDIENCE_ROOT = Path(tempfile.mkdtemp(prefix="quanyu-bench-audience-"))
    settings.AUDIENCE_STALE_SECONDS, settings.AUDIENCE_PATIENCE = 10**6, PATIENCE
    try:
        store, till, _program = shop(0)
        begun = time.perf_counter()
        fill(members, brand=store.brand_id, till=till.pk, now=NOON)
        print(
            f"audience| {members} members, {members * 5} order lines drawn in {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        begun = time.perf_counter()
        with audience_store.only_writer():
            audience_store.Follower().turn(now=NOON)
        built = time.perf_counter() - begun
        health, rate = stores.health(), stream_rate()
        print(
            f"audience| built in {built:.1f} s, {health.megabytes:.0f} MB; memory streams {rate / 1e6:.1f} GB/s",
            flush=True,
        )
        tiers = list(Tier.objects.order_by("threshold").values_list("pk", flat=True))
        lines = compare(stores.opened().reader, rules(tiers), rate)
        return (
            figures(lines, members)
            | {"build_s": round(built, 1), "megabytes": round(health.megabytes)}
            | freshness(members)
        )
    finally:
        shutil.rmtree(settings.AUDIENCE_ROOT, ignore_errors=True)


def figures(lines: list[dict[str, Any]], members: int) -> dict[str, Any]:
    """One number for each question; ``vs_…`` are medians of the ratios, above 1 where the store is quicker."""
    uncached = [line["uncached"] for line in lines]
    ratio = {key: statistics.median(line[key] / line["uncached"] for line in lines) for key in ("duck", "postgres")}
    return {
        "members": members,
        "count_p50_ms": round(statistics.median(uncached), 2),
        "count_p95_ms": round(float(np.percentile(uncached, 95)), 2),
        "worst_ms": round(max(uncached), 2),
        "cached_p95_ms": round(float(np.percentile([line["cached"] for line in lines], 95)), 2),
        "vs_duckdb": round(ratio["duck"], 1),
        "vs_postgres": round(ratio["postgres"], 1),
        "vs_limit": round(sum(uncached) / sum(line["limit"] for line in lines), 1),
        "slowest_postgres_ms": round(max(line["postgres"] for line in lines)),
        "counts_equal": True,
        "postgres_in_time": sum(line["in_time"] for line in lines),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", default=os.environ.get("SIZE") or "100k", choices=SIZES)
    members = SIZES[asked.parse_args().size]
    print(f"audience| {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}", flush=True)
    with throw_away():
        found = measure(members)
    print(f"audience| load average {os.getloadavg()[0]:.1f}")
    print(json.dumps({"name": "audience", "figures": found}))


if __name__ == "__main__":
    main()
