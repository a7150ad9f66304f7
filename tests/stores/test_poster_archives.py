"""Archives: what is in them, how they are claimed, and that a killed worker loses nothing."""

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import timedelta

import pytest
import zxingcpp
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now
from PIL import Image

from stores.models import LogEntry, PosterArchive, Store, StoreCode
from stores.queries import codes as code_queries
from stores.services import codes, posters
from tests import factories
from tests.factories import NOON

Status = PosterArchive.Status


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def ask(count=3, **given):
    region = factories.make_region()
    for _ in range(count):
        factories.make_store(region)
    shops = Store.objects.filter(region=region)
    return posters.request_archive(
        shops, **{"form": "sticker", "language": "zh-hans", "by": factories.make_staff(), "now": NOON} | given
    )


def test_an_archive_holds_a_poster_and_two_bare_codes_for_each_store_and_a_table():
    archive = ask(3)
    assert StoreCode.objects.filter(store__in=archive.store_ids, revoked_at=None).count() == 3
    assert posters.make_waiting(now=NOON) == 1
    archive.refresh_from_db()
    assert (archive.status, archive.done, archive.total) == (Status.DONE, 3, 3)
    with zipfile.ZipFile(posters.path_of(archive)) as made:
        kinds = sorted(name.rpartition(".")[2] for name in made.namelist())
        assert kinds == ["csv"] + ["pdf"] * 3 + ["png"] * 3 + ["svg"] * 3
        table = made.read("codes.csv").decode("utf-8-sig").splitlines()
        addresses = {line.split(",")[4] for line in table[1:]}
        read = {
            zxingcpp.read_barcodes(Image.open(io.BytesIO(made.read(name))))[0].text
            for name in made.namelist()
            if name.endswith(".png")
        }
    assert read == addresses == {code_queries.address(code) for code in StoreCode.objects.all()}
    assert not Store.objects.filter(pk__in=archive.store_ids, code_printed_at=None).exists()
    assert LogEntry.objects.filter(action="posters.requested").count() == 1


def test_a_code_rotated_after_the_request_is_printed_anew():
    archive = ask(1)
    new = codes.rotate(StoreCode.objects.get(), by=None, now=NOON, reason="换新")
    posters.make_waiting(now=NOON)
    archive.refresh_from_db()
    with zipfile.ZipFile(posters.path_of(archive)) as made:
        assert new.public in made.read("codes.csv").decode()


@pytest.mark.parametrize("wrong", [{"form": "a3"}, {"language": "fr"}])
def test_unknown_forms_and_languages_are_refused(wrong):
    with pytest.raises(posters.NotPossible):
        ask(1, **wrong)


def test_no_store_and_too_many_stores_are_refused(monkeypatch):
    with pytest.raises(posters.NotPossible):
        ask(0)
    monkeypatch.setattr(posters, "MOST_STORES", 2)
    with pytest.raises(posters.NotPossible):
        ask(3)
    assert not PosterArchive.objects.exists()


def test_an_archive_whose_worker_fell_silent_is_made_by_the_next():
    archive = ask(2)
    PosterArchive.objects.update(status=Status.RUNNING, done=1, lease_until=Now() + posters.LEASE, file="posters/x.zip")
    assert posters.make_waiting(now=NOON) == 0
    PosterArchive.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert posters.make_waiting(now=NOON) == 1
    archive.refresh_from_db()
    assert (archive.status, archive.done) == (Status.DONE, 2)


def test_a_worker_that_comes_back_after_its_lease_gives_up_and_leaves_no_file(monkeypatch, tmp_path):
    archive = ask(2)
    monkeypatch.setattr(posters, "BATCH", 1)
    add = posters._add

    def slow(archived, code, mine):
        name = add(archived, code, mine)
        PosterArchive.objects.filter(pk=archive.pk).update(file="posters/another-workers.zip")
        return name

    monkeypatch.setattr(posters, "_add", slow)
    posters.make_next(now=NOON)
    archive.refresh_from_db()
    assert (archive.status, archive.file) == (Status.RUNNING, "posters/another-workers.zip")
    assert not list((tmp_path / "posters").iterdir())


def breaks(error, after=0):
    """``posters._add`` that fails with this error after so many posters."""
    add, left = posters._add, [after]

    def failing(*given):
        if left[0] == 0:
            raise error
        left[0] -= 1
        return add(*given)

    return failing


def test_a_failure_is_written_down_with_its_reason_and_the_next_archive_is_made(monkeypatch, tmp_path):
    broken, other = ask(1), ask(1)
    add = posters._add
    full = OSError("disk full")
    monkeypatch.setattr(posters, "_add", lambda z, code, a: breaks(full)() if a.pk == broken.pk else add(z, code, a))
    assert posters.make_waiting(now=NOON) == 2
    for archive in (broken, other):
        archive.refresh_from_db()
    assert (broken.status, broken.error, broken.lease_until) == (Status.FAILED, "OSError: disk full", None)
    assert other.status == Status.DONE
    assert [path.name for path in (tmp_path / "posters").iterdir()] == [posters.path_of(other).name]


def test_a_broken_poster_is_told_with_its_store(monkeypatch):
    archive = ask(2)
    monkeypatch.setattr(posters, "_add", breaks(ValueError("no such glyph"), after=1))
    posters.make_next(now=NOON)
    archive.refresh_from_db()
    store = Store.objects.order_by("code").last()
    assert archive.status == Status.FAILED
    assert archive.error == f"{store.code} {store.name}: ValueError: no such glyph"


@pytest.mark.parametrize("outage", [OperationalError("server closed the connection"), InterfaceError("closed")])
def test_an_archive_is_made_later_when_the_database_went_away_meanwhile(monkeypatch, outage):
    archive = ask(3)
    add = posters._add
    monkeypatch.setattr(posters, "_add", breaks(outage, after=1))
    with pytest.raises(type(outage)):
        posters.make_next(now=NOON)
    archive.refresh_from_db()
    assert (archive.status, archive.error) == (Status.RUNNING, "")
    monkeypatch.setattr(posters, "_add", add)
    PosterArchive.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert posters.make_waiting(now=NOON) == 1
    archive.refresh_from_db()
    assert (archive.status, archive.done) == (Status.DONE, 3)


def test_old_archives_are_swept_and_young_ones_stay():
    old, young = ask(1), ask(1, now=NOON + timedelta(days=6))
    posters.make_waiting(now=NOON)
    for archive in (old, young):
        archive.refresh_from_db()
    path = posters.path_of(old)
    assert posters.sweep(now=NOON + timedelta(days=8)) == 1
    assert not path.exists()
    assert posters.path_of(young).exists()


KILLED = """
import django, os, sys
django.setup()
from django.utils import timezone
from stores.services import posters
add = posters._add
def slow(*a):
    name = add(*a)
    print("added", flush=True)
    import time; time.sleep(0.2)
    return name
posters._add = slow
posters.make_next(now=timezone.now())
"""


@pytest.mark.django_db(transaction=True)
def test_an_archive_survives_a_kill_9_of_its_worker(tmp_path, monkeypatch):
    archive = ask(4)
    held = connection.settings_dict
    url = f"postgresql://{held['USER']}@/{held['NAME']}?host={held['HOST']}&port={held['PORT']}"
    given = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    env = given | {
        "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "QUANYU_VAR": str(tmp_path),
        "SECRET_KEY": "k" * 40,
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", KILLED], env=env, stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline() == b"added\n"
        worker.send_signal(signal.SIGKILL)
    archive.refresh_from_db()
    assert archive.status == Status.RUNNING
    assert posters.make_waiting(now=NOON) == 0
    monkeypatch.setattr(posters, "LEASE", timedelta(seconds=1))
    PosterArchive.objects.update(lease_until=Now() + timedelta(milliseconds=300))
    time.sleep(0.5)
    assert posters.make_waiting(now=NOON) == 1
    archive.refresh_from_db()
    assert (archive.status, archive.done) == (Status.DONE, 4)
    with zipfile.ZipFile(posters.path_of(archive)) as made:
        assert made.testzip() is None
