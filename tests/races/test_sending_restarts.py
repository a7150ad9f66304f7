"""The database itself is stopped and killed during a send: nobody missed, nobody accepted twice. And the twins that fail.

The cluster is the tests' own. Workers live on and ask anew, as the pool's do; their leases end by themselves.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count

import psycopg
import pytest
from django.db import connection

from config.embedded import EmbeddedPostgres
from tests.races.test_sending_kills import ask, gateway
from tests.start.conftest import open_room
from tests.start.houses import ROOT, clean_environment

pytestmark = [pytest.mark.slow, pytest.mark.loopback]
COUNT = int(os.environ.get("SENDING_RESTARTS", "1000"))
MOST = 150  # seconds that a send may take
SEED = """
import django, sys; django.setup()
from django.conf import settings
from tests.races.test_sending_kills import make_send
settings.SENDERS_MAY_STAY_INSIDE = True
make_send("http://127.0.0.1:1", int(sys.argv[1]))
"""
_serial = count(1)


@pytest.fixture(scope="module")
def cluster(django_db_setup):
    """A durable cluster with the tables of the tests' database and one campaign, to copy from."""
    with open_room() as room:
        made = EmbeddedPostgres(room / "pg")
        made.start()
        made.ensure_database("quanyu")
        try:
            copy_tables(made)
            seed(made)
            yield made
        finally:
            made.stop()


def copy_tables(cluster):
    """Faster than migrating once more."""
    source, tables, programs = connection.settings_dict, str(cluster.root / "tables.sql"), cluster.programs
    words = ["-h", str(source["HOST"]), "-p", str(source["PORT"] or 5432), "-U", source["USER"], source["NAME"]]
    subprocess.run([programs / "pg_dump", "-f", tables, *words], check=True)
    words = ["-h", str(cluster.socket), "-p", "5432", "-U", "postgres", "-d", "quanyu", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([programs / "psql", "-q", "-o", os.devnull, "-f", tables, *words], check=True)


def seed(cluster):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SEED, str(COUNT)], cwd=ROOT, capture_output=True, text=True, check=False,
        env=clean_environment(
            DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(ROOT), DATABASE_URL=cluster.url("quanyu")
        ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


class Chain:
    """One campaign in a database of its own, to be sent to the gateway at ``address``."""

    def __init__(self, cluster, address, *, knows_keys):
        self.cluster, self.address, self.name = cluster, address, f"chain{next(_serial)}"
        self.ask(f"CREATE DATABASE {self.name} TEMPLATE quanyu", database="postgres")
        self.url = cluster.url(self.name)
        self.ask(f"UPDATE stores_sender SET rate = 250, is_idempotent = {knows_keys}, settings = replace(settings::text,"
                 f" 'http://127.0.0.1:1', '{address}')::jsonb")  # fmt: skip

    def ask(self, question, database=""):
        with psycopg.connect(self.cluster.url(database or self.name), autocommit=True) as line:
            cursor = line.execute(question)
            return cursor.fetchall() if cursor.description else None

    def is_in_the_middle(self, least):
        """Whether so many are sent, and some are at the gateway's that nobody has written down yet."""
        sent = self.ask("SELECT count(*) FROM campaigns_delivery WHERE status = 3")[0][0]
        return sent >= least and ask(self.address)["unique"] >= sent + 10

    def states(self):
        return dict(self.ask("SELECT (status, reason)::text, count(*) FROM campaigns_delivery GROUP BY 1"))

    def is_done(self):
        return self.ask(
            "SELECT EXISTS (SELECT FROM campaigns_campaign WHERE fanned_out_at IS NOT NULL)"
            " AND NOT EXISTS (SELECT FROM campaigns_batch WHERE status <> 3)"
        )[0][0]

    def places_agree(self):
        """The places under the cap are exactly the messages that are sent or of unknown fate."""
        return self.ask(
            "SELECT (SELECT sum(count) FROM campaigns_contactcount)"
            " = (SELECT count(*) FROM campaigns_delivery WHERE status IN (2, 3, 6))"
        )[0][0]


def stop_fast(cluster):
    """As an administrator restarts it: connections are cut, what is committed is on the disk."""
    cluster.stop()
    cluster.start()


def kill(cluster):
    """As the machine's memory killer does it."""
    os.kill(cluster.process.pid, signal.SIGKILL)
    cluster.process.wait(10)
    cluster.start()


@contextmanager
def workers(chain, kind, number):
    command = [sys.executable, "-m", "tests.races.sender_process", kind]
    env = clean_environment(DATABASE_URL=chain.url)
    made = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(number)
    ]
    try:
        yield made
    finally:
        for process in made:
            process.kill()
            process.wait()


def send_and_restart(chain, kind, restarts, *, number=1):
    """Send everything while the database goes away in the middle, once for each of ``restarts``."""
    until = time.monotonic() + MOST
    with workers(chain, kind, number) as made:
        for turn, restart in enumerate(restarts, 1):
            while not chain.is_in_the_middle(COUNT * turn // (len(restarts) + 2)):
                assert time.monotonic() < until, chain.states()
            restart(chain.cluster)
        while not chain.is_done():
            assert time.monotonic() < until, chain.states()
            time.sleep(0.1)
        assert {process.wait(20) for process in made} == {0}  # no worker died of it


def test_a_database_that_is_stopped_and_killed_in_the_middle_misses_nobody_and_nobody_is_accepted_twice(cluster):
    with gateway() as address:
        chain = Chain(cluster, address, knows_keys=True)
        send_and_restart(chain, "guarded", [stop_fast, kill, stop_fast], number=2)
        told = ask(address)
    assert chain.states() == {'(3,"")': COUNT}
    assert told["unique"] == COUNT
    assert chain.places_agree()


def test_twin_with_a_new_key_for_every_try_is_accepted_twice(cluster):
    with gateway() as address:
        chain = Chain(cluster, address, knows_keys=True)
        send_and_restart(chain, "keyless", [kill])
        told = ask(address)
    assert told["unique"] > COUNT


def test_a_gateway_without_keys_hears_nothing_twice_and_what_is_unknown_says_so(cluster):
    with gateway() as address:
        chain = Chain(cluster, address, knows_keys=False)
        send_and_restart(chain, "guarded", [kill])
        told = ask(address)
    found = chain.states()
    assert told["calls"] == told["unique"]
    assert set(found) == {'(3,"")', "(6,interrupted)"}
    assert sum(found.values()) == COUNT
    assert found['(3,"")'] <= told["unique"] <= COUNT
    assert chain.places_agree()


def test_twin_whose_commits_are_not_on_the_disk_says_it_twice(cluster):
    """Without the guard of a durable commit the mark "on its way" is lost with the server."""
    with gateway() as address:
        chain = Chain(cluster, address, knows_keys=False)
        chain.ask(f"ALTER DATABASE {chain.name} SET synchronous_commit = off")
        chain.ask("ALTER SYSTEM SET wal_writer_delay = '10s'")
        chain.ask("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        stop_fast(cluster)
        try:
            send_and_restart(chain, "guarded", [kill])
            told = ask(address)
        finally:
            chain.ask("ALTER SYSTEM RESET ALL")
            stop_fast(cluster)
    assert told["calls"] > told["unique"]
