"""Two people at once: one live code for each place. The twins lose their guard and must fail."""

import threading

import pytest
from django.db import connection

from stores.models import PosterArchive, StoreCode
from stores.services import codes, posters
from tests import factories
from tests.factories import NOON
from tests.races.hands import HANDS, at_once

pytestmark = pytest.mark.django_db(transaction=True)
Kind = StoreCode.Kind


def live(store):
    return StoreCode.objects.filter(store=store, revoked_at=None).count()


def issue(store):
    return codes.issue(store, kind=Kind.STORE, by=None, now=NOON)


def test_eight_people_who_issue_at_once_get_the_same_code():
    store = factories.make_store()
    made = at_once(lambda n: issue(store))
    assert len({code.pk for code in made}) == 1
    assert live(store) == 1


def test_twin_without_the_unique_index_leaves_several_live_codes():
    store = factories.make_store()
    held = next(c for c in StoreCode._meta.constraints if c.name == "one_live_store_code")
    with connection.schema_editor() as editor:
        editor.remove_constraint(StoreCode, held)
    try:
        at_once(lambda n: issue(store))
        assert live(store) > 1
    finally:
        StoreCode.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(StoreCode, held)


def test_eight_people_who_rotate_at_once_make_one_new_code_and_seven_are_told():
    store = factories.make_store()
    old = issue(store)
    made = at_once(lambda n: codes.rotate(old, by=None, now=NOON, reason=f"第 {n} 次"))
    assert sum(isinstance(one, StoreCode) for one in made) == 1
    assert sum(isinstance(one, codes.CodeRetired) for one in made) == HANDS - 1
    assert live(store) == 1
    assert StoreCode.objects.filter(store=store).count() == 2


def test_twin_without_the_lock_lets_several_people_past_the_check(monkeypatch):
    """Without the lock several see the code live; only the index then stops them, with an error nobody can read."""
    gate = threading.Barrier(2)

    def unlocked(code, *, now, reason):
        seen = StoreCode.objects.select_related("store", "associate").get(pk=code.pk)
        if not seen.is_live:
            raise codes.CodeRetired
        gate.wait(timeout=10)
        seen.revoked_at, seen.revoked_reason = now, reason
        seen.save(update_fields=["revoked_at", "revoked_reason"])
        return seen

    monkeypatch.setattr(codes, "_retire", unlocked)
    old = issue(factories.make_store())
    made = at_once(lambda n: codes.rotate(old, by=None, now=NOON, reason="同时"), 2)
    assert not any(isinstance(one, codes.CodeRetired) for one in made)


def test_rotating_revoking_and_issuing_at_once_end_with_at_most_one_live_code():
    store = factories.make_store()
    old = issue(store)
    acts = [
        lambda: codes.rotate(old, by=None, now=NOON, reason="换新"),
        lambda: codes.revoke(old, by=None, now=NOON, reason="停用"),
        lambda: issue(store),
    ]
    made = at_once(lambda n: acts[n % 3](), 9)
    assert live(store) <= 1
    assert [one for one in made if not isinstance(one, StoreCode | codes.CodeRetired)] == []


def test_a_code_that_is_retired_between_the_insert_and_the_look_makes_room_for_a_new_one(monkeypatch):
    store = factories.make_store()
    old = issue(store)
    insert, tries = codes._insert, []

    def insert_then_lose(*args, **kwargs):
        made = insert(*args, **kwargs)
        if not tries:
            StoreCode.objects.filter(pk=old.pk).update(revoked_at=NOON)
        tries.append(made)
        return made

    monkeypatch.setattr(codes, "_insert", insert_then_lose)
    new = issue(store)
    assert new.pk != old.pk
    assert len(tries) == 2
    assert live(store) == 1


def test_a_visitor_who_taps_eight_times_at_once_counts_once():
    code = issue(factories.make_store())
    at_once(lambda n: codes.record_scan(code, visitor="v1", now=NOON))
    assert code.scans.count() == 1


def test_several_workers_make_each_archive_once(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    staff = factories.make_staff()
    for _ in range(3):
        store = factories.make_store()
        posters.request_archive(type(store).objects.filter(pk=store.pk), form="qr", language="en", by=staff, now=NOON)
    made = at_once(lambda n: posters.make_waiting(now=NOON), 4)
    assert sum(made) == 3
    assert PosterArchive.objects.filter(status=PosterArchive.Status.DONE).count() == 3
    assert len(list((tmp_path / "posters").iterdir())) == 3
