"""Whatever stands in the way of `make up`, its last line says what it is and what to do; never a traceback."""

import ast
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from config.broker import EmbeddedBroker
from config.embedded import EmbeddedPostgres
from config.places import Account, Places, find_account
from config.processes import ServiceError, identity
from tools import assets
from tools.start.up import advice, free_port

from .houses import ROOT, Started, as_ordinary, manage, stopped_in_the_end, well

pytestmark = pytest.mark.row("000-31")
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk that other accounts use")
SLEEP = ["sleep", "60"]


def small_disk(folder: Path, size: str) -> list[str]:
    """Words before a command that give it a disk of this size at ``folder``; the disk ends with the command."""
    alone = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    script = f'mount -t tmpfs -o size={size},mode=755 none "{folder}" && exec "$@"'
    words = [*alone, "sh", "-c", script, "sh"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    return words


def refused(code: int, said: str) -> str:
    """A start that ended in words, not in a traceback."""
    assert code not in {0, None}, said
    assert "Traceback" not in said, said
    return said


# --- the port --------------------------------------------------------------------------------------------
def test_when_every_port_near_is_taken_it_asks_for_another():
    with ExitStack() as held:
        probe = held.enter_context(socket.socket())
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        first = probe.getsockname()[1]
        for port in range(first + 1, min(first + 20, 65_536)):
            try:
                other = held.enter_context(socket.socket())
                other.bind(("127.0.0.1", port))
                other.listen()
            except OSError:
                continue  # somebody else holds it: as good
        with pytest.raises(ServiceError, match=r"all taken .*make up PORT=9000"):
            free_port("127.0.0.1", first)


def test_an_address_of_another_machine_is_refused_by_name():
    with pytest.raises(ServiceError, match=r"HOST=192\.0\.2\.1 is not an address of this machine"):
        free_port("192.0.2.1", 8000)


@pytest.mark.parametrize("port", ["abc", "70000", "0", "80.5"])
def test_a_port_that_is_none_is_refused_with_an_example(room, port):
    said = refused(*manage("up", QUANYU_VAR=str(room), PORT=port))
    assert f"'{port}' is no port: give a number from 1 to 65535, make up PORT=9000" in said


# --- the disk --------------------------------------------------------------------------------------------
def test_a_disk_that_is_nearly_full_is_seen_before_anything_is_written(room):
    said = refused(*manage("up", before=small_disk(room, "10m"), QUANYU_VAR=str(room)))
    assert "MB left, about 700 MB are needed: make room, or put the data elsewhere with QUANYU_VAR=" in said


def test_a_disk_without_room_for_the_secret_leaves_no_half_secret(room):
    fill = ["sh", "-c", f'head -c 100000 /dev/zero > "{room}/rest" 2>/dev/null; "$@"; ls "{room}"', "sh"]
    _code, said = manage("check", before=[*small_disk(room, "16k"), *fill], QUANYU_VAR=str(room))
    assert "secret_key cannot be written (No space left on device): make room there" in said
    assert "Traceback" not in said
    assert said.split()[0] == "rest", "nothing but what was there"


@ROOT_ONLY
def test_a_disk_too_small_for_a_database_is_said_to_be_full(room):
    said = refused(*manage("embedded", "check", before=small_disk(room, "24m"), QUANYU_VAR=str(room)))
    assert "PostgreSQL's data could not be made: the disk is full. Make room, then run the same command again." in said


@ROOT_ONLY
@pytest.mark.slow
@pytest.mark.parametrize("size", ["38m", "40m", "42m"])
def test_a_disk_that_fills_while_the_database_writes_is_said_to_be_full(room, size):
    """Room enough to make the server's files, too little for the database or for its tables."""
    said = refused(*manage("embedded", "check", before=small_disk(room, size), QUANYU_VAR=str(room)))
    assert "disk is full" in said
    assert "ake room, then run the same command again" in said


def test_a_full_disk_under_any_other_file_is_said_to_be_full():
    with pytest.raises(OSError, match="No space left") as caught:
        Path("/dev/full").write_text("x")
    assert "the disk is full" in advice(caught.value)
    assert "make room, then run the same command again" in advice(caught.value)


# --- what a killed start left ----------------------------------------------------------------------------
def test_a_socket_lock_with_the_pid_of_somebody_alive_does_not_stop_the_start(room):
    """After a crash its number may belong to another process of the same account: PostgreSQL alone would give up."""
    made = EmbeddedPostgres(room / "pg", durable=False)
    made.start()
    made.stop()
    stranger = subprocess.Popen(SLEEP, **identity(made.account))
    with stopped_in_the_end(stranger):
        lock = made.socket / ".s.PGSQL.5432.lock"
        lock.write_text(f"{stranger.pid}\n{made.data}\n1\n5432\n{made.socket}\n\n")
        (made.data / "postmaster.pid").write_text(f"{stranger.pid}\n{made.data}\n")
        assert made.start() is True
        made.stop()
        assert stranger.poll() is None, "the stranger lives"


def test_the_broker_of_another_checkout_is_left_alone_when_it_got_our_old_pid(room):
    (room / "one").mkdir()
    (room / "two").mkdir()
    theirs, ours = EmbeddedBroker(room / "one" / "valkey"), EmbeddedBroker(room / "two" / "valkey")
    theirs.start()
    try:
        ours.start()
        ours.stop()
        ours.pid_file.write_text(str(theirs.process.pid))
        assert ours.start() is True
        assert theirs.ready(), "theirs still answers"
    finally:
        ours.stop()
        theirs.stop()


# --- somebody else's database or broker ------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    [
        "mysql://root@localhost/x",
        "postgresql://h:port/x",
        "postgresql://[::1/x",
        "postgresql://a:b:c@h:p:1/x",
        "quanyu",
    ],
)
def test_an_unreadable_database_address_is_one_line_with_an_example(room, address):
    said = refused(*manage("up", QUANYU_VAR=str(room), DATABASE_URL=address))
    assert said.startswith("setup   | DATABASE_URL is not a PostgreSQL address: set DATABASE_URL=postgresql://")
    assert len(said.splitlines()) == 1


def roomy(room: Path) -> str:
    """A var folder that asks neither for assets nor for much room."""
    assets.ensure()
    shutil.copytree(assets.var() / "assets", room / "var" / "assets")
    return str(room / "var")


def test_a_database_server_that_is_not_there_is_named(room):
    said = refused(*manage("up", QUANYU_VAR=roomy(room), DATABASE_URL="postgresql://quanyu@127.0.0.1:9/quanyu"))
    assert "check DATABASE_URL and that its server runs, then run the same command again" in said


def test_a_database_with_somebody_elses_tables_is_left_as_it_is(room):
    made = EmbeddedPostgres(room / "pg", durable=False)
    made.start()
    try:
        made.ensure_database("shop")
        with psycopg.connect(made.url("shop"), autocommit=True) as line:
            line.execute("CREATE TABLE till (n int)")
            said = refused(*manage("up", QUANYU_VAR=roomy(room), DATABASE_URL=made.url("shop")))
            assert "'shop' of DATABASE_URL holds somebody else's tables (till): make an empty one" in said
            kept = line.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert kept == (1,)
    finally:
        made.stop()


@pytest.mark.parametrize(
    ("address", "why"), [("redis://127.0.0.1:9/0", "OperationalError"), ("rediss:", ""), ("x://y", "")]
)
def test_a_broker_that_cannot_be_used_is_named_before_anything_starts(room, address, why):
    said = refused(*manage("up", QUANYU_VAR=roomy(room), BROKER_URL=address))
    assert f"the broker of BROKER_URL cannot be used ({why}" in said
    assert "check its address, its password and that it runs, or start without BROKER_URL" in said
    assert "stopped | everything" in said


def test_something_else_in_the_brokers_place_is_said_with_the_log(room):
    broker = EmbeddedBroker(room / "valkey")
    (broker.socket / "in the way").mkdir(parents=True)
    with pytest.raises(
        ServiceError, match=r"the broker did not start; its words are in .*valkey\.log, or set BROKER_URL"
    ):
        broker.start()
    broker.stop()


# --- the account and the folder --------------------------------------------------------------------------
@ROOT_ONLY
def test_data_of_another_account_is_refused_with_advice(room):
    data = room / "postgres" / "data"
    data.mkdir(parents=True)
    os.chown(data, 54_321, 54_321)
    said = refused(*manage("embedded", "check", before=ordinary(room), QUANYU_VAR=str(room)))
    assert "belongs to another account (it was made by root or somebody else): run as that account" in said


def ordinary(room: Path) -> list[str]:
    account = find_account()
    if account is not None:
        os.chown(room, account.uid, account.gid)
    return as_ordinary(account)


def test_a_folder_that_may_not_be_written_is_named_with_advice(room):
    closed = room / "closed"
    closed.mkdir()
    before = ordinary(room)
    closed.chmod(0o555)
    said = refused(*manage("up", before=before, QUANYU_VAR=str(closed)))
    assert f"{closed}/secret_key cannot be written (Permission denied): make room there and let this account" in said
    assert "QUANYU_VAR=/another/folder" in said
    said = refused(*manage("up", before=before, QUANYU_VAR=str(closed / "var"), SECRET_KEY="k" * 40))
    assert f"{closed}/var may not be written (Permission denied)" in said or f"{closed}/var" in said
    assert "use QUANYU_VAR=/another/folder" in said


def test_a_socket_path_is_measured_in_bytes_as_the_kernel_does():
    """Thirty Chinese characters are ninety bytes; the limit of a Unix socket's path is 107."""
    deep = Places(Path("/srv") / ("全" * 30), Account("x", 1, 1))
    assert len(str(deep.home / "sock")) < 90
    assert len(os.fsencode(deep.socket)) < 90


@pytest.mark.slow
def test_a_checkout_whose_path_has_spaces_and_chinese_starts_without_a_home(room):
    """The whole of `make up`, from a copy of the tree, with nothing in the environment but PATH."""
    tree = room / "全域 门店, 会员's"
    leave = shutil.ignore_patterns("var", ".venv*", ".git", "node_modules", "__pycache__", "tests", ".*_cache")
    shutil.copytree(ROOT, tree, ignore=leave)
    assets.ensure()
    shutil.copytree(assets.var() / "assets", tree / "var" / "assets")
    if account := find_account():
        for path in (tree, tree / "var"):
            os.chown(path, account.uid, account.gid)
    bare = {"PATH": os.environ["PATH"], "QUANYU_VENV": sys.prefix}
    port = free_port("127.0.0.1", 23_450)
    started = Started(tree / "var", port, command=["make", "up", "CHAIN=empty", f"PORT={port}"], env=bare, cwd=tree)
    try:
        assert well(started.ready())
    finally:
        if started.process.poll() is None:
            os.killpg(started.process.pid, signal.SIGINT)
        started.process.wait(60)
    assert "stopped | everything" in started.said()


# --- the Python ------------------------------------------------------------------------------------------
@pytest.fixture
def bootstrap(monkeypatch):
    """The script as a module; Pythons are looked for only where a test says."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.delenv("QUANYU_PYTHON", raising=False)
    return module


def test_a_machine_whose_pythons_are_all_too_old_is_told_what_to_install(bootstrap, monkeypatch):
    """Every Python here is asked for real, and none is new enough for a made-up need."""
    monkeypatch.setattr(bootstrap, "NEED", (3, 99))
    with pytest.raises(SystemExit) as end:
        bootstrap.find_python()
    assert str(end.value).startswith("setup   | Python 3.99 or newer was not found (this is 3.")
    assert str(end.value).endswith("Install one, or point to it: QUANYU_PYTHON=/path/to/python3")


def test_this_very_python_is_good_enough(bootstrap):
    assert bootstrap.probe(sys.executable) == "ok"


@pytest.mark.parametrize("wrong", ["/nowhere/python3", "/bin/sh", "/"])
def test_a_python_that_was_asked_for_and_is_none_is_not_replaced_on_the_quiet(bootstrap, monkeypatch, wrong):
    monkeypatch.setenv("QUANYU_PYTHON", wrong)
    with pytest.raises(SystemExit, match=f"QUANYU_PYTHON={wrong} is no Python 3.11 or newer"):
        bootstrap.find_python()


def test_an_old_python_can_read_the_script_that_refuses_it():
    ast.parse((ROOT / "tools" / "bootstrap.py").read_text(), feature_version=(3, 7))
