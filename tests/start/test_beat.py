"""Two clocks are started and one fires; when it is killed, the other takes over."""

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from config.embedded import EmbeddedPostgres

from .conftest import open_room
from .houses import ROOT, clean_environment

# A clock with one job each second, that notes its own name in the database instead of waking a worker.
CLOCK = """
import os, sys, django; django.setup()
import psycopg
from config.beat import OneBeat
from config.celery import app
import config.beat
config.beat.WAIT = 0.5
if sys.argv[1] == "unguarded":
    OneBeat._fires = lambda self: True

class Noting(OneBeat):
    max_interval = 1

    def apply_async(self, entry, *given, **more):
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as line:
            line.execute("INSERT INTO fired (pid) VALUES (%s)", [os.getpid()])

app.conf.beat_schedule = {}
app.Beat(scheduler_cls=Noting, max_interval=1, loglevel="ERROR", quiet=True).run()
"""
READY = """
import django; django.setup()
from django.core.management import call_command
from stores.services import schedule
call_command("migrate", "django_celery_beat", verbosity=0)
schedule.write([schedule.Job("each second", "loyalty.tasks.run_imports", 1)])
"""


@pytest.fixture(scope="module")
def cluster():
    with open_room() as room:
        made = EmbeddedPostgres(room / "pg", durable=False)
        made.start()
        made.ensure_database("quanyu")
        env = environment(made)
        subprocess.run([sys.executable, "-c", READY], check=True, cwd=ROOT, env=env)
        yield made
        made.stop()


def environment(cluster):
    return clean_environment(
        DATABASE_URL=cluster.url("quanyu"),
        DJANGO_SETTINGS_MODULE="config.settings",
        PYTHONPATH=str(ROOT),
        BROKER_URL="memory://",
    )


@pytest.fixture
def line(cluster):
    with psycopg.connect(cluster.url("quanyu"), autocommit=True) as made:
        made.execute("DROP TABLE IF EXISTS fired")
        made.execute("CREATE TABLE fired (pid int, at timestamptz DEFAULT clock_timestamp())")
        yield made


@pytest.fixture
def clocks(cluster):
    started = []

    def start(kind="guarded"):
        started.append(subprocess.Popen([sys.executable, "-c", CLOCK, kind], cwd=ROOT, env=environment(cluster)))
        return started[-1]

    yield start
    for clock in started:
        clock.kill()
        clock.wait()


def fired(line, pid=None):
    """How often a clock fired, or all of them."""
    return line.execute("SELECT count(*) FROM fired WHERE %s IN (0, pid)", [pid or 0]).fetchone()[0]


def wait_for(condition, seconds=40):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.slow
def test_of_two_clocks_one_fires_and_the_other_takes_over_when_it_is_killed(clocks, line):
    first = clocks()
    wait_for(lambda: fired(line, first.pid) >= 1)
    second = clocks()
    wait_for(lambda: fired(line, first.pid) >= 8)
    assert fired(line, second.pid) == 0
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    stood = fired(line, first.pid)

    wait_for(lambda: fired(line, second.pid) >= 3)

    assert fired(line, first.pid) == stood
    assert second.poll() is None


@pytest.mark.slow
def test_a_clock_whose_lock_went_with_its_connection_asks_for_it_again(clocks, line):
    clock = clocks()
    wait_for(lambda: fired(line, clock.pid) >= 1)
    line.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'")
    before = fired(line)

    wait_for(lambda: fired(line, clock.pid) >= before + 2)


@pytest.mark.slow
def test_twin_without_the_lock_fires_twice(clocks, line):
    both = [clocks("unguarded"), clocks("unguarded")]

    wait_for(lambda: all(fired(line, clock.pid) >= 3 for clock in both))
