"""Which broker wakes the workers: Valkey beside PostgreSQL, or PGMQ inside it?

``make bench-broker``. For each: doorbells per second through a worker of two processes (each writes one row),
CPU while idle, and what is left undone after kill -9 of a worker and of the broker itself.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from celery import Celery
from psycopg import conninfo

from config.broker import EmbeddedBroker
from config.embedded import EmbeddedPostgres
from config.places import find_account
from tools.start.supervisor import end_session

COUNT = int(os.environ.get("COUNT", "1000"))
SHORT = 5  # seconds until an unanswered doorbell rings again, here; an hour in production


def options() -> dict[str, object]:
    """What each transport needs to answer quickly."""
    if not os.environ.get("BENCH_BROKER", "").startswith("pgmq"):
        return {"visibility_timeout": SHORT}
    return {
        "visibility_timeout": SHORT,
        "conn_string": conninfo.make_conninfo(os.environ["BENCH_DATABASE"], password="trusted"),
        "init_extension": False,
        "use_notify": True,
        "wait_time_seconds": 0,
        "polling_interval": 0.05,
        "pool_size": 4,
    }


app = Celery("bench")
app.conf.update(
    broker_url=os.environ.get("BENCH_BROKER", "memory://"),
    broker_transport_options=options(),
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
)
_connection: psycopg.Connection | None = None


@app.task
def mark(number: int, pause: float = 0) -> None:
    """Write one row, as a counter that was told to look."""
    global _connection
    if _connection is None or _connection.closed:
        _connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    time.sleep(pause)
    _connection.execute("INSERT INTO done VALUES (%s) ON CONFLICT DO NOTHING", (number,))


@dataclass
class Rig:
    """One broker with its worker."""

    name: str
    url: str
    database: str
    broker_pid: Callable[[], int]
    revive: Callable[[], None]

    def env(self) -> dict[str, str]:
        return {**os.environ, "BENCH_BROKER": self.url, "BENCH_DATABASE": self.database}

    def worker(self) -> subprocess.Popen[bytes]:
        words = ["-m", "celery", "-q", "-A", "bench.broker", "worker", "-c", "2", "-l", "ERROR", "-n", "w@%h"]
        words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", *words],
            env=self.env(), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ring(self, first: int, count: int, pause: float = 0) -> float:
        """Send doorbells from a process of its own; seconds it took."""
        script = (
            "import sys, time; from bench.broker import mark; b = time.perf_counter()\n"
            f"for n in range({first}, {first + count}): mark.delay(n, {pause})\n"
            "print(time.perf_counter() - b)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], env=self.env(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return float(done.stdout)

    def done(self, first: int, count: int) -> int:
        with psycopg.connect(self.database) as connection:
            row = connection.execute(
                "SELECT count(*) FROM done WHERE n >= %s AND n < %s", (first, first + count)
            ).fetchone()
        return row[0] if row else 0

    def wait(self, first: int, count: int, seconds: float) -> float:
        """Until all rows are there, or out of time; seconds waited."""
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds and self.done(first, count) < count:
            time.sleep(0.05)
        return time.perf_counter() - begun


def processes(*roots: int) -> list[psutil.Process]:
    found = []
    for root in roots:
        process = psutil.Process(root)
        found += [process, *process.children(recursive=True)]
    return found


def cpu(group: list[psutil.Process]) -> float:
    """Seconds of processor that the group has used."""
    return sum(sum(p.cpu_times()[:2]) for p in group if p.is_running())


def measure(rig: Rig) -> dict[str, float]:
    """All the figures of one broker, printed as lines."""
    worker = rig.worker()
    rig.ring(0, 1)
    rig.wait(0, 1, 60)
    sent = rig.ring(1, COUNT)
    begun = time.perf_counter()
    rig.wait(1, COUNT, 120)
    whole = sent + time.perf_counter() - begun
    print(f"{rig.name:<7} rang {COUNT / sent:,.0f}/s, rung and answered {COUNT / whole:,.0f}/s")

    group = processes(worker.pid, rig.broker_pid())
    before = cpu(group)
    time.sleep(10)
    idle = (cpu(group) - before) * 10
    print(f"{rig.name:<7} idle: {idle:.1f} % of one core, worker and broker together")

    rig.ring(100_000, 100, 0.02)
    rig.wait(100_000, 30, 20)
    os.kill(worker.pid, signal.SIGKILL)
    end_session(worker.pid)
    worker.wait()
    worker = rig.worker()
    waited, undone = rig.wait(100_000, 100, 60), 100 - rig.done(100_000, 100)
    print(f"{rig.name:<7} worker killed: {undone} of 100 undone after {waited:.1f} s")

    rig.ring(200_000, 100, 0.02)
    os.kill(rig.broker_pid(), signal.SIGKILL)
    rig.revive()
    waited, gone = rig.wait(200_000, 100, 30), 100 - rig.done(200_000, 100)
    print(f"{rig.name:<7} broker killed: {gone} of 100 doorbells gone after {waited:.1f} s")
    end_session(worker.pid)
    worker.wait()
    return {
        "rung_per_s": round(COUNT / sent), "answered_per_s": round(COUNT / whole), "idle_percent": round(idle, 1),
        "undone_after_worker_kill": undone, "gone_after_broker_kill": gone,
    }  # fmt: skip


def prepare(cluster: EmbeddedPostgres, name: str, *, with_queue: bool) -> str:
    cluster.ensure_database(name)
    url = cluster.url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE done (n int PRIMARY KEY)")
        if with_queue:
            import pgmq  # noqa: PLC0415 -- optional dependency

            connection.execute((Path(pgmq.__file__).parent / "sql" / "pgmq.sql").read_text())
    return url


def main() -> None:
    """Both brokers, one after the other, on a throw-away cluster that syncs as production does."""
    chosen = sys.argv[1:] or ["valkey", "pgmq"]
    with tempfile.TemporaryDirectory(prefix="quanyu-bench-") as name:
        folder = Path(name)
        if account := find_account():
            os.chown(folder, account.uid, account.gid)
        cluster, broker = EmbeddedPostgres(folder / "pg"), EmbeddedBroker(folder / "valkey")
        cluster.start(bound=True)
        broker.start()

        def server() -> int:
            found = cluster.running()
            assert found is not None
            return found.pid

        def again() -> None:
            if cluster.process:
                cluster.process.wait()
            cluster.start(bound=True)

        def rebroker() -> None:
            assert broker.process is not None
            broker.process.wait()
            broker.start()

        found: dict[str, dict[str, float]] = {}
        try:
            kept = prepare(cluster, "beside", with_queue=False)
            if "valkey" in chosen:
                found["valkey"] = measure(
                    Rig("valkey", broker.url(), kept, lambda: broker.process.pid if broker.process else 0, rebroker)
                )
            if "pgmq" in chosen:
                inside = prepare(cluster, "inside", with_queue=True)
                found["pgmq"] = measure(Rig("pgmq", "pgmq://localhost/inside", inside, server, again))
        finally:
            broker.stop()
            cluster.stop()
    print(json.dumps({"name": "broker", "figures": figures(found)}))


def figures(found: dict[str, dict[str, float]]) -> dict[str, Any]:
    """What each broker did, and how much quicker ours answers."""
    if len(found) < 2:
        return dict(found)
    return found | {"vs_pgmq": round(found["valkey"]["answered_per_s"] / found["pgmq"]["answered_per_s"], 1)}


if __name__ == "__main__":
    main()
