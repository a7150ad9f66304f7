"""Imports beside a living shop, and imports that are killed: what is in is right, what is not can go on."""

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from urllib.parse import quote

import psutil
import pytest
from django.core.management import call_command
from django.db import connection, transaction

from loyalty.models import Account
from loyalty.resources import LegacyMemberResource
from loyalty.services import importing
from members.imports import apply, process, runs, staging
from members.models import Identity, ImportChunk, ImportPlan, ImportProblem, ImportRun, Member
from members.services import profiles
from tests.factories import NOON, make_brand, make_member, make_region, make_store

from .files import HEADERS, csv_file, figures, row

pytestmark = pytest.mark.django_db(transaction=True)


def planned(folder, brand, rows):
    path = csv_file(folder / "a.csv", [HEADERS, *rows])
    return importing.plan(importing.start(path, kind="members", by=None, now=NOON, brand=brand), now=NOON)


def many(count):
    return [row(card=f"C{n}", phone=f"169{n:08d}", name=f"会员{n}", points=n % 90, growth=n % 7000, tags="老客",
                store="S1", marketing="否") for n in range(count)]  # fmt: skip


# --- beside live joins -------------------------------------------------------------------------------------
def test_a_member_who_joins_between_plan_and_apply_is_found_again(tmp_path, brand):
    run = planned(tmp_path, brand, [row(phone="16900000001", card="C1", points=7), row(phone="16900000002")])
    live = make_member(phone="16900000001")
    run = importing.apply(run, now=NOON)
    assert figures(run) == (2, 1, 1, 0, 0)
    assert Identity.objects.get(value="C1").member == live
    assert Account.objects.get(book__asset="points", balance=7).member == live
    assert Member.objects.count() == 2
    assert ImportChunk.objects.get().tries == 2


def test_without_the_race_check_that_member_is_doubled(tmp_path, brand, monkeypatch):
    """The twin: the same case with the guard taken out must go wrong."""
    monkeypatch.setattr(apply, "has_strangers", lambda cursor: False)
    run = planned(tmp_path, brand, [row(phone="16900000001", card="C1", points=7)])
    live = make_member(phone="16900000001")
    importing.apply(run, now=NOON)
    assert Identity.objects.get(value="C1").member != live
    assert Member.objects.count() == 2


def test_a_join_that_commits_while_the_chunk_waits_for_it_wins(tmp_path, brand):
    make_store(make_region(brand), code="S1")
    run = planned(tmp_path, brand, [row(phone="16900000001", points=7), *many(22)[2:]])
    claimed, joined = threading.Event(), []

    def join():
        with transaction.atomic():
            joined.append(profiles.join(phone="16900000001", name="现场", now=NOON)[0])
            claimed.set()
            time.sleep(1)
        connection.close()

    till = threading.Thread(target=join)
    till.start()
    claimed.wait(10)
    run = importing.apply(run, now=NOON)
    till.join()
    assert (run.status, run.new, run.updated, run.bad) == ("done", 20, 1, 0), run.failure
    assert Identity.objects.get(value="16900000001").member == joined[0]
    assert Account.objects.get(member=joined[0], book__asset="points").balance == 7


def test_a_row_whose_identities_came_to_two_people_since_the_plan_stays_out(tmp_path, brand):
    run = planned(tmp_path, brand, [row(phone="16900000001", card="C1"), row(card="C2")])
    make_member(phone="16900000001")
    Identity.objects.create(kind=2, value="C1", member=make_member(), added_at=NOON)
    run = importing.apply(run, now=NOON)
    assert figures(run) == (2, 1, 0, 0, 1)
    assert ImportProblem.objects.get().code == "conflict"
    assert run.rejects.get().cells[0] == "C1"


def test_two_people_importing_overlapping_files_at_once_make_nobody_twice(tmp_path, brand, monkeypatch):
    monkeypatch.setattr(runs, "CHUNK_ROWS", 25)
    make_store(make_region(brand), code="S1")
    rows = many(100)
    paths = [csv_file(tmp_path / "a.csv", [HEADERS, *rows]), csv_file(tmp_path / "b.csv", [HEADERS, *rows[::-1]])]
    both = [importing.start(path, kind="members", by=None, now=NOON, brand=brand) for path in paths]
    both = [importing.plan(run, now=NOON) for run in both]

    def go(run):
        try:
            importing.apply(run, now=NOON)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(run,)) for run in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Member.objects.count() == 100
    assert Identity.objects.count() == 200
    held = Account.objects.filter(book__asset="points")
    assert sum(held.values_list("balance", flat=True)) == sum(n % 90 for n in range(100))


# --- killed and taken up again -----------------------------------------------------------------------------
def snapshot():
    """The members with all they own, without ids."""
    found = {}
    for member in Member.objects.prefetch_related("identities", "accounts", "member_tags__tag", "consents", "bindings"):
        key = tuple(sorted((i.kind, i.value) for i in member.identities.all()))
        found[key] = (
            member.name, member.home_store_id and member.home_store.code, len(member.bindings.all()),
            tuple(sorted(a.balance for a in member.accounts.all())), [t.tag.name for t in member.member_tags.all()],
            [c.is_given for c in member.consents.all()],
        )  # fmt: skip
    return found


WORKER = """
import django, sys; django.setup()
from datetime import datetime, timezone
from members.imports import runs
from members.models import ImportRun
from loyalty.services import importing
runs.CHUNK_ROWS, runs.CONNECTIONS = 40, int(sys.argv[1])
importing.work(now=datetime(2026, 3, 4, 4, tzinfo=timezone.utc))
"""


def worker(folder, connections=1):
    """A real process that takes the next run and works on it."""
    held = connection.settings_dict
    url = f"postgresql://{held['USER']}@/{held['NAME']}?host={quote(str(held['HOST']))}&port={held['PORT']}"
    environment = os.environ | {
        "DATABASE_URL": url, "QUANYU_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(process.ROOT),
    }  # fmt: skip
    environment.pop("PYTEST_VERSION", None)
    return subprocess.Popen([sys.executable, "-c", WORKER, str(connections)], env=environment, cwd=process.ROOT)


def wait_for(condition, process_, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert process_.poll() is None, "the worker ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("connections", [1, 2])
def test_a_killed_worker_s_run_goes_on_and_ends_like_an_uninterrupted_one(tmp_path, connections):
    rows = many(2000)
    shop = make_brand(code="qh")
    make_store(make_region(shop), code="S1")
    importing.apply(planned(tmp_path, shop, rows), now=NOON)
    whole = snapshot()
    call_command("flush", interactive=False, verbosity=0)
    shop = make_brand(code="qh")
    make_store(make_region(shop), code="S1")
    run = importing.confirm(planned(tmp_path, shop, rows), by=None, now=NOON)
    killed = worker(tmp_path, connections)
    wait_for(lambda: ImportChunk.objects.count() >= 5, killed)
    killed.kill()
    killed.wait()
    done = ImportChunk.objects.count()
    assert 5 <= done < 50
    assert 0 < Member.objects.count() < 2000
    run.refresh_from_db()
    assert importing.work(now=NOON) is None, "the dead worker's lease still holds"
    again = importing.work(now=run.lease_until + timedelta(seconds=1))
    assert again == run
    rows, new, updated, unchanged, bad = figures(again)
    # rows that the dead worker's own connection had still in hand are found again, and then count as updated
    assert (rows, new + updated, unchanged, bad) == (2000, 2000, 0, 0)
    assert snapshot() == whole


def test_a_killed_reader_fails_the_run_with_advice_and_it_can_be_tried_again(tmp_path, brand, monkeypatch):
    path = csv_file(tmp_path / "a.csv", [HEADERS, *[row(card=f"C{n}", note="x" * 250) for n in range(60_000)]])
    run = importing.start(path, kind="members", by=None, now=NOON, brand=brand)
    fill = staging.fill

    def shoot(cursor, run, today, report):
        def shot(rows):
            for child in psutil.Process().children():
                if "members.imports.child" in " ".join(child.cmdline()):
                    child.kill()

        return fill(cursor, run, today, shot)

    monkeypatch.setattr(staging, "fill", shoot)
    run = importing.plan(run, now=NOON)
    assert (run.status, run.failure) == ("failed", "child_time")
    assert not ImportPlan.objects.exists()
    monkeypatch.setattr(staging, "fill", fill)
    assert importing.plan(run, now=NOON).status == "planned"


def test_a_staging_table_lost_in_a_crash_is_read_again(tmp_path, brand):
    run = planned(tmp_path, brand, [row(card=f"C{n}", points=n) for n in range(5)])
    staging.drop(run)
    assert figures(importing.apply(run, now=NOON)) == (5, 5, 0, 0, 0)


def test_only_one_worker_gets_a_run_while_its_lease_holds(tmp_path, brand):
    run = planned(tmp_path, brand, [row(card="C1")])
    importing.confirm(run, by=None, now=NOON)
    with transaction.atomic():
        assert runs.claim(now=NOON) == run
    with transaction.atomic():
        assert runs.claim(now=NOON + timedelta(seconds=30)) is None
    with transaction.atomic():
        assert runs.claim(now=NOON + runs.LEASE + timedelta(seconds=1)) == run


def test_a_slow_twin_of_a_worker_finds_the_chunks_done(tmp_path, brand):
    run = importing.confirm(planned(tmp_path, brand, [row(card="C1", points=5)]), by=None, now=NOON)
    runs._with_retries(run, apply.Chunk(2, 2), now=NOON)
    runs._with_retries(run, apply.Chunk(2, 2), now=NOON)
    assert Account.objects.get(book__asset="points").balance == 5


def test_a_cancelled_run_stops_at_the_next_chunk_and_keeps_what_is_in(tmp_path, brand, monkeypatch):
    monkeypatch.setattr(runs, "CHUNK_ROWS", 10)
    monkeypatch.setattr(runs, "CONNECTIONS", 1)
    run = planned(tmp_path, brand, [row(card=f"C{n}") for n in range(30)])
    write = LegacyMemberResource.apply

    def cancelled_meanwhile(self, cursor, run, chunk, *, now):
        write(self, cursor, run, chunk, now=now)
        other = threading.Thread(target=lambda: (importing.cancel(run, by=None, now=NOON), connection.close()))
        other.start()
        other.join()

    monkeypatch.setattr(LegacyMemberResource, "apply", cancelled_meanwhile)
    run = importing.apply(run, now=NOON)
    assert run.status == ImportRun.Status.CANCELLED
    assert Member.objects.count() == 10
    assert not staging.exists(run)


def test_an_unexpected_fault_ends_the_run_with_a_sentence_instead_of_trying_for_ever(tmp_path, brand, monkeypatch):
    importing.confirm(planned(tmp_path, brand, [row(card="C1")]), by=None, now=NOON)
    monkeypatch.setattr(LegacyMemberResource, "apply", lambda *words, **rest: 1 / 0)
    run = importing.work(now=NOON)
    assert (run.status, run.failure) == ("failed", "stopped")
    assert not Member.objects.exists()
    monkeypatch.undo()
    assert importing.apply(run, now=NOON).new == 1
