"""Orders through the batch API, beside the per-row ORM (get_or_create, create per line) and a bare COPY of the same rows.

``make bench-ingest`` (``ARGS="--orders 20000"``). The API reads JSON, finds store, member and products, refuses what is
wrong, writes orders, lines, events with their copies, entries, lots, balances, tiers and the notes of days; the per-row
ORM writes orders and lines only. The bare limit is a COPY of every row that the API inserted into tables with the same
columns and indexes, without triggers: nobody looks anything up there. All in one run on a throw-away PostgreSQL with
fsync on; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bench.grounds import NOON, cpu_seconds, load, phone_of, shop, throw_away

LINES = 2
ROUNDS = 3
# every table that a settled order adds rows to; balances and tiers are changed in place and left out of the limit
TABLES = (
    "members_order", "members_orderline", "members_event", "members_inbox", "members_storedaychange", "loyalty_entry",
    "loyalty_lot", "loyalty_bookdaychange",
)  # fmt: skip


def make(till: Any, members: int, tag: str, count: int) -> list[Any]:
    """Orders of random members with two lines each."""
    from loyalty.services.orders import MemberRef, NewLine, NewOrder  # noqa: PLC0415 -- after setup

    dice = random.Random(tag)
    price, one = Decimal("64.25"), Decimal(1)
    return [
        NewOrder(
            till, "S1", f"{tag}-{n}", MemberRef.phone(phone_of(dice.randrange(1, members))), Decimal("128.50"), NOON,
            tuple(NewLine(f"SKU{dice.randrange(9999)}", "", one, price) for _ in range(LINES)),
        )
        for n in range(count)
    ]  # fmt: skip


def naive(news: list[Any]) -> None:
    """What a first version does: look up, get_or_create, create each line; one transaction an order. No points."""
    from django.db import transaction  # noqa: PLC0415 -- after setup

    from members.models import Identity, Order, OrderLine  # noqa: PLC0415 -- after setup
    from stores.models import Store  # noqa: PLC0415 -- after setup

    for new in news:
        with transaction.atomic():
            owner = Identity.objects.filter(kind=new.member.kind, value=new.member.value).first()
            store = Store.objects.get(code=new.store)
            given = {
                "member_id": owner.member_id if owner else None, "store": store, "amount": new.amount,
                "paid_at": new.paid_at, "received_at": NOON, "digest": b"",
            }  # fmt: skip
            order, is_new = Order.objects.get_or_create(channel=new.channel, number=new.number, defaults=given)
            if is_new:
                for line_no, line in enumerate(new.lines, 1):
                    OrderLine.objects.create(order=order, line_no=line_no, **line._asdict())


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


class Api:
    """A partner with a key, through everything but the network."""

    def __init__(self, channel: Any):
        from django.test import Client  # noqa: PLC0415 -- after setup

        from stores.services import keys  # noqa: PLC0415 -- after setup

        _key, token = keys.issue(channel, name="bench", stores=[], by=None, now=NOON)
        self.client, self.headers = Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {token}"}

    def send(self, body: bytes) -> None:
        answer = self.client.post(
            "/api/v1/orders/batch", body, content_type="application/json", headers=self.headers
        )  # fmt: skip
        if answer.status_code != 200:
            raise RuntimeError(answer.content[:500])


def as_json(news: list[Any]) -> bytes:
    """What a partner would send."""
    orders = [
        {
            "number": new.number, "store": new.store, "amount": str(new.amount), "paid_at": new.paid_at.isoformat(),
            "member": {"phone": new.member.value},
            "lines": [{"sku": line.sku, "quantity": "1", "amount": str(line.amount)} for line in new.lines],
        }
        for new in news
    ]  # fmt: skip
    return json.dumps({"orders": orders}).encode()


class Bare:
    """Twins of the tables, and what the last batch wrote, ready to be copied in."""

    def __init__(self) -> None:
        from django.db import connection  # noqa: PLC0415 -- after setup

        self.connection = connection
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")

    def fetch(self) -> dict[str, bytes]:
        """Every row that the transaction of the newest order inserted."""
        found = {}
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT xmin::text::bigint FROM members_order ORDER BY id DESC LIMIT 1")
            [(written_by,)] = cursor.fetchall()
            for table in TABLES:
                asked = (
                    f"COPY (SELECT * FROM {table} WHERE xmin::text::bigint = {written_by}) TO STDOUT (FORMAT binary)"
                )
                with cursor.copy(asked) as copy:
                    found[table] = b"".join(bytes(part) for part in copy)
        return found

    def copy(self, rows: dict[str, bytes]) -> None:
        from django.db import transaction  # noqa: PLC0415 -- after setup

        with transaction.atomic(), self.connection.cursor() as cursor:
            for table, data in rows.items():
                with cursor.copy(f"COPY bare_{table} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(data)

    def rows(self) -> int:
        """How many rows were copied in so far."""
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM bare_{table}" for table in TABLES))
            return sum(count for (count,) in cursor.fetchall())


def measure(size: argparse.Namespace, till: Any) -> dict[str, float]:
    """Orders a second of each way, interleaved in three rounds; the median."""
    from loyalty.services import orders  # noqa: PLC0415 -- after setup

    api, bare = Api(till), Bare()
    names = ("api", "bare", "service", "replay", "single", "naive", "per_cpu")
    rounds: dict[str, list[float]] = {name: [] for name in names}
    per_round = max(1, size.orders // size.chunk // ROUNDS)
    api.send(as_json(make(till, size.members, "warm", size.chunk)))
    for turn in range(ROUNDS):
        bodies = [as_json(make(till, size.members, f"a{turn}-{n}", size.chunk)) for n in range(per_round)]
        rows, taken, copied, busy = {}, 0.0, 0.0, cpu_seconds()
        for body in bodies:
            taken += timed(lambda body=body: api.send(body))
        rounds["per_cpu"].append(per_round * size.chunk / (cpu_seconds() - busy))
        rounds["api"].append(per_round * size.chunk / taken)
        for n in range(per_round):  # as many batches again, whose rows are then copied
            api.send(as_json(make(till, size.members, f"c{turn}-{n}", size.chunk)))
            rows = bare.fetch()
            copied += timed(lambda rows=rows: bare.copy(rows))
        rounds["bare"].append(per_round * size.chunk / copied)
        news = make(till, size.members, f"s{turn}", size.chunk)
        rounds["service"].append(size.chunk / timed(lambda news=news: orders.settle_many(news, now=NOON)))
        rounds["replay"].append(size.chunk / timed(lambda again=bodies[0]: api.send(again)))
        few = make(till, size.members, f"o{turn}", size.naive // ROUNDS)
        rounds["single"].append(len(few) / timed(lambda few=few: [orders.settle(new, now=NOON) for new in few]))
        few = make(till, size.members, f"n{turn}", size.naive // ROUNDS)
        rounds["naive"].append(len(few) / timed(lambda few=few: naive(few)))
    rounds["rows"] = [bare.rows() / (ROUNDS * per_round * size.chunk)] * ROUNDS
    return {name: sorted(found)[1] for name, found in rounds.items()}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--members", type=int, default=50_000)
    asked.add_argument("--orders", type=int, default=12_000, help="through the batch API")
    asked.add_argument("--naive", type=int, default=240, help="through each of the slow ways")
    asked.add_argument("--chunk", type=int, default=1_000, help="orders in a batch")
    size = asked.parse_args()
    with throw_away():
        from django.db import connection, transaction  # noqa: PLC0415 -- after setup

        from loyalty.queries import reconcile  # noqa: PLC0415 -- after setup
        from loyalty.services import programs  # noqa: PLC0415 -- after setup

        _store, till, program = shop(size.members)
        with transaction.atomic():  # as joining and the legacy import leave them: everybody takes part
            programs.enrol_many(range(1, size.members + 1), program, at=NOON)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(f"ingest  | {size.members:,} members, batches of {size.chunk:,}, {LINES} lines each, fsync on, {load()}")
        found = measure(size, till)
        drifts = reconcile.drifts()
        report(found)
        print(f"ingest  | the ledger {'agrees with itself' if not drifts else f'DISAGREES: {drifts}'}; {load()}")
        figures = {
            "orders_per_s": round(found["api"]), "vs_row_orm": round(found["api"] / found["naive"], 1),
            "vs_copy": round(found["api"] / found["bare"], 3), "reconciled": not drifts,
            "service_per_s": round(found["service"]), "service_vs_copy": round(found["service"] / found["bare"], 3),
            "copy_per_s": round(found["bare"]), "row_orm_per_s": round(found["naive"]),
            "single_per_s": round(found["single"]), "orders_per_cpu_s": round(found["per_cpu"]),
        }  # fmt: skip
        print(json.dumps({"name": "ingest", "figures": figures} | figures))
        if drifts:
            raise SystemExit(1)


def report(found: dict[str, float]) -> None:
    """The figures for people."""
    for name, words in [("bare", f"bare COPY of the same {found['rows']:.1f} rows an order"),
                        ("api", "batch API, with points and tiers"), ("service", "the service without JSON"),
                        ("replay", "the same batch again, nothing written"), ("single", "one order a call of the service"),
                        ("naive", "per-row ORM, without points")]:  # fmt: skip
        print(f"ingest  | {words:44} {found[name]:8,.0f} orders/s")
    print(
        f"ingest  | {found['api'] / found['naive']:.1f} times the per-row ORM, "
        f"{found['api'] / found['bare']:.0%} of the bare COPY"
    )


if __name__ == "__main__":
    main()
