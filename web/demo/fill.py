"""Filling an empty database with the demo chain, step by step, each through the services or their bulk forms."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import django
import numpy as np
from django.db import connection, connections, transaction

from loyalty.services import days as book_days
from loyalty.services import founding as loyalty_founding
from loyalty.services import orders, programs
from members.services import days as store_days
from members.services import founding as members_founding
from stores.services import founding
from stores.services.founding import NewScan

from . import centre, crew, loop, trade, tree
from .people import newcomers, people
from .words import FEMALE, MALE, SURNAMES
from .world import BRANDS, SIZES, BrandPlan, Size, World, new_world

SCAN_DAYS = 45  # scans are kept for as long as pages show them
PLACED = 0.8  # of the members live at a place that is known
LOOKERS = 1.3  # visitors who scan and leave, for each who joins
BATCH = 1500  # receipts that make a call worth its cost
CHUNK = 100_000  # members of a big one in one transaction
ORDERS_EACH = 5


@dataclass
class Report:
    """What was made, and the seconds of each step."""

    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    say: Callable[[str], None] = print

    @contextmanager
    def step(self, name: str, *, members: int = 0):
        """Time a step; with ``members`` also say what each hundred thousand of them took, which should not grow."""
        begun = time.monotonic()
        yield
        self.seconds[name] = took = time.monotonic() - begun
        self.say(
            f"{name:<28} {took:6.1f} s" + (f"  {took / members * 100_000:5.1f} s for each 100,000" if members else "")
        )


def fill(size: Size, *, seed: int, now: datetime, workers: int, say: Callable[[str], None]) -> Report:
    """Make the whole chain; raises NotEmpty when there is one already. ``workers`` 1 stays in this process."""
    founding.demand_empty()
    founding.bulk_session()
    world, report = new_world(size, seed, now), Report(say=say)
    with report.step("brands, stores, staff, codes"):
        admin = found(world)
    with report.step(f"{size.members:,} members"):
        _each(world, workers, _join_brand, BRANDS)
    with report.step("accounts, standings, coupons"):
        _each(world, workers, _enrol_brand, BRANDS)
        founding.refresh_statistics()  # or the first receipts would be planned for empty tables
    with report.step(f"{size.orders:,} orders, campaigns"):
        for counts in _each(world, workers, _tell, PARTS):
            for name, count in counts.items():
                report.counts[name] = report.counts.get(name, 0) + count
    founding.bulk_session()  # sharing the work closed this process's connection
    with report.step("channels, prospects, pairs"):
        report.counts |= centre.live(world)
    with report.step("audiences, days"):
        founding.refresh_statistics()
        for counts in _each(world, workers, _tell, (_fold_days, loop.choose)):
            report.counts |= counts
        founding.bulk_session()
        founding.refresh_statistics()
    report.counts["administrator"] = admin.pk
    return report


def fill_series(
    members: int, *, seed: int, now: datetime, workers: int, say: Callable[[str], None], ground: Size = SIZES["100k"]
) -> Report:
    """The big ones: the usual ground, then so many members with five orders each, drawn inside the database."""
    founding.demand_empty()
    founding.bulk_session()
    world, report = new_world(ground, seed, now), Report(say=say)
    with report.step("brands, stores, staff, codes"):
        found(world)
    with report.step(f"{members:,} members", members=members):
        starts = range(0, members, CHUNK)
        _each(world, workers, _join_chunk, [(first, min(first + CHUNK, members) - 1) for first in starts])
    with report.step(f"{members * ORDERS_EACH:,} orders, their ledger", members=members):
        ids = range(1, members_founding.last_id() + 1, CHUNK)
        _each(world, workers, _history_chunk, [(first, first + CHUNK - 1) for first in ids])
    with report.step("statistics"):
        founding.refresh_statistics()
    return report


def found(world: World):
    """The ground and the people on it; the administrator who signed for it."""
    ground = tree.lay(world)
    admin = crew.first_administrator(world)
    opened = tree.open_stores(world, ground, admin)
    hired = crew.hire(world, ground, opened, admin)
    crew.make_home_lively(world, opened)
    crew.hang_codes(world, opened, admin, hired)
    return admin


# --- sharing the work ----------------------------------------------------------------------------------
def _each(world: World, workers: int, work: Callable[[World, Any], Any], parts: Sequence[Any]) -> list[Any]:
    """Do the work for each part, by several processes unless a transaction is open.

    Brands never touch the same accounts, so their processes never wait for each other.
    """
    if workers < 2 or connection.in_atomic_block:
        return [work(world, part) for part in parts]
    connections.close_all()
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare) as pool:
        return list(pool.map(work, [world] * len(parts), parts))


def _prepare() -> None:
    django.setup()
    founding.bulk_session()


def _join_brand(world: World, plan: BrandPlan) -> int:
    with transaction.atomic(durable=True):
        return members_founding.join_many(newcomers(world, plan, world.tag_ids), now=world.founded, placed=PLACED)


def _enrol_brand(world: World, plan: BrandPlan) -> int:
    with transaction.atomic(durable=True):
        program = programs.ensure(world.tills[plan.code].brand, now=world.founded)
        loyalty_founding.enrol_everybody(program)
        return loyalty_founding.welcome_latest(program, now=world.now)


def _trade(world: World, plan: BrandPlan) -> dict[str, int]:
    """Settle the brand's year batch by batch; how many receipts and refunds were refused (none, if all is well)."""
    refused = 0
    for batch in batches(world, plan):
        settled = orders.settle_many(batch.orders, now=batch.closing)
        refunded = orders.refund_many(batch.refunds, now=batch.closing) if batch.refunds else []
        refused += sum(not each.is_new for each in (*settled, *refunded))
    return {"refused": refused}


def _fold_days(_world: World) -> dict[str, int]:
    """Add up what was noted so far, or the first page would; whatever else is being written notes on."""
    for each in (store_days, book_days):
        each.fold_all()
    return {}


def _tell(world: World, part: Callable[[World], dict[str, int]]) -> dict[str, int]:
    return part(world)


def batches(world: World, plan: BrandPlan) -> Iterator[trade.Day]:
    """Days put together until a call is worth its cost; the last days each by themselves."""
    held = trade.Day(world.founded, [], [])
    for day in trade.days(world, plan):
        held = trade.Day(day.closing, held.orders + day.orders, held.refunds + day.refunds)
        if len(held.orders) >= BATCH or world.now - day.closing < timedelta(days=2):
            yield held
            held = trade.Day(day.closing, [], [])
    if held.orders or held.refunds:
        yield held


# --- the big ones --------------------------------------------------------------------------------------
def _join_chunk(world: World, numbers: tuple[int, int]) -> int:
    shops = sorted((shop for each in world.shops.values() for shop in each if shop.trades), key=lambda s: -s.weight)
    with transaction.atomic(durable=True):
        return members_founding.join_series(
            *numbers, stores=[shop.pk for shop in shops], channel=world.apps[BRANDS[0].code].pk,
            surnames=list(SURNAMES), given=[*FEMALE, *MALE], now=world.now,
        )  # fmt: skip


def _history_chunk(world: World, ids: tuple[int, int]) -> int:
    made = 0
    for plan in BRANDS:
        till = world.tills[plan.code]
        with transaction.atomic(durable=True):
            made += members_founding.order_series(
                *ids, brand=till.brand_id or 0, channel=till.pk, each=ORDERS_EACH, now=world.now
            )
            program = programs.ensure(till.brand, now=world.now)
            loyalty_founding.open_series(*ids, program=program, channel=till.pk, now=world.now)
    return made


# --- scans ---------------------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def _scan(world: World) -> dict[str, int]:
    """Who scanned lately: those who joined, and more who only looked; new stores have their first lookers."""
    scans: list[NewScan] = []
    since = world.now.timestamp() - SCAN_DAYS * 86_400
    for plan in BRANDS:
        crowd, dice = people(world, plan), world.dice("scans", plan.code)
        joined = np.flatnonzero(crowd.joined > since)
        joined = joined[dice.random(len(joined)) < 0.8]
        scans += [_scan_at(crowd.shops[crowd.shop[i]].code_id, int(crowd.joined[i]), dice, joins=True) for i in joined]
        for i in dice.choice(joined, round(len(joined) * LOOKERS)) if len(joined) else ():
            shop, at = crowd.shops[crowd.shop[i]], int(crowd.joined[i]) - int(dice.integers(60, 6 * 86_400))
            scans.append(_scan_at(shop.code_id, at, dice, joins=False))
        young = [shop for shop in world.shops[plan.code] if not shop.trades and shop.code_id]
        scans += [
            _scan_at(shop.code_id, int(world.now.timestamp()) - 3600 * (k + 2), dice, joins=False)
            for shop in young
            if shop.scanned
            for k in range(4)
        ]
    return {"scans": founding.record_scans(scan for scan in scans if scan.code_id)}


def _scan_at(code_id: int | None, at: int, dice: np.random.Generator, *, joins: bool) -> NewScan:
    moment = datetime.fromtimestamp(at, UTC)
    scanned = moment - timedelta(seconds=int(dice.integers(25, 160))) if joins else moment
    return NewScan(code_id or 0, dice.bytes(16).hex(), scanned, moment if joins else None)


# What runs beside each other, the longest first: whoever is free takes the next.
PARTS: tuple[Callable[[World], dict[str, int]], ...] = (
    partial(_trade, plan=BRANDS[0]), loop.campaign, partial(_trade, plan=BRANDS[1]), partial(_trade, plan=BRANDS[2]),
    _scan, _fold_days,
)  # fmt: skip
