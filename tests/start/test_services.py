"""The embedded services come back after every kind of end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from config.broker import EmbeddedBroker
from config.embedded import EmbeddedPostgres
from config.places import Account, Places, places, reaches
from config.processes import ServiceError, alive, locked

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cluster(room):
    made = EmbeddedPostgres(room / "pg", durable=False)
    made.start()
    made.ensure_database("shop")
    yield made
    made.stop()


def ask(cluster, question, *values):
    with psycopg.connect(cluster.url("shop"), autocommit=True) as connection:
        return connection.execute(question, values).fetchone()


def test_a_second_start_takes_over_the_running_server(cluster):
    other = EmbeddedPostgres(cluster.root, durable=False)
    assert other.start() is False
    assert other.running().pid == cluster.process.pid
    other.stop()
    cluster.process.wait(10)
    assert cluster.running() is None


def test_what_was_committed_is_there_after_the_server_was_killed(room):
    made = EmbeddedPostgres(room / "pg")
    made.start()
    made.ensure_database("shop")
    with psycopg.connect(made.url("shop"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    os.kill(made.process.pid, signal.SIGKILL)
    made.process.wait(10)
    again = EmbeddedPostgres(room / "pg")
    assert again.start() is True
    assert ask(again, "SELECT n FROM kept") == (7,)
    assert ask(again, "SHOW fsync") == ("on",)
    again.stop()


def test_a_stale_pid_file_with_somebody_elses_pid_is_not_believed(room):
    made = EmbeddedPostgres(room / "pg", durable=False)
    made.start()
    made.stop()
    (made.data / "postmaster.pid").write_text(f"{os.getpid()}\n{made.data}\n")
    assert made.running() is None
    assert made.start() is True
    made.stop()


def test_an_interrupted_first_start_is_made_again(room):
    made = EmbeddedPostgres(room / "pg", durable=False)
    made.data.mkdir(parents=True)
    (made.data / "half").write_text("")
    if made.account:
        for path in (made.root, made.data, made.data / "half"):
            os.chown(path, made.account.uid, made.account.gid)
    assert made.start() is True
    made.stop()


def test_data_of_another_release_is_left_alone_and_explained(room):
    made = EmbeddedPostgres(room / "pg", durable=False)
    made.start()
    made.stop()
    (made.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(ServiceError, match=r"made by PostgreSQL 14.*docs/install.md"):
        made.start()
    assert (made.data / "base").is_dir()


def test_a_bound_server_ends_with_the_process_that_started_it(room):
    script = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from config.embedded import EmbeddedPostgres\n"
        "made = EmbeddedPostgres(Path(sys.argv[2]), durable=False); made.start(bound=True)\n"
        "print(made.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), str(room / "pg")], capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)
    deadline = time.monotonic() + 10
    while alive(pid, "postgres") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid, "postgres")


def test_the_socket_of_a_deep_folder_moves_to_a_short_path(tmp_path):
    deep = Places(tmp_path / ("x" * 90), None)
    assert len(str(deep.socket)) < 90


def test_a_folder_that_only_root_enters_is_out_of_reach_for_others(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    assert not reaches(Account("other", 54321, 54321), private / "var")
    if os.geteuid() == 0:
        moved = places(private / "var" / "postgres")
        assert moved.moved
        assert moved.home.name.startswith("private-")


def test_the_broker_answers_and_comes_back_after_a_kill(room):
    broker = EmbeddedBroker(room / "valkey")
    assert broker.start() is True
    assert broker.start() is False
    os.kill(broker.process.pid, signal.SIGKILL)
    broker.process.wait(10)
    assert not broker.ready()
    again = EmbeddedBroker(room / "valkey")
    assert again.start() is True
    assert again.ready()
    again.stop()
    assert not again.ready()


def test_a_start_waits_for_another_and_then_says_who_holds_it(tmp_path):
    with (
        locked(tmp_path / "lock"),
        pytest.raises(ServiceError, match="held by another start"),
        locked(tmp_path / "lock", wait=0.2),
    ):
        pass
    with locked(tmp_path / "lock", wait=0.2):
        pass
