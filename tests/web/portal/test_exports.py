"""Large files of members: a reason, a second person, once within a day, with a mark of who took it."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import translation

from stores.access import Role
from stores.models import ExportRequest, LogEntry
from stores.services import exports
from tests.factories import NOON, make_member, make_staff, make_store


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(exports, "ALONE", 2)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def one():
    return make_staff(role=Role.MARKETER, language="en")


@pytest.fixture
def other():
    return make_staff(language="en")


def asked(client):
    to_form = client.get("/members/?export=csv")["Location"]
    done = client.post(to_form, {"reason": "mailing house"})
    return done["Location"]


def body(response) -> str:
    return b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()


def test_a_small_file_comes_at_once_and_carries_a_mark(one):
    member = make_member()

    lines = body(signed_in(one).get("/members/?export=csv&cols=number")).splitlines()

    assert member.number in lines[1]
    assert lines[1].rpartition(",")[2].startswith(one.username)


def test_a_large_file_waits_for_a_second_person_and_is_taken_once(one, other):
    for _ in range(3):
        make_member()
    mine, theirs = signed_in(one), signed_in(other)

    page = asked(mine)
    assert "text/csv" not in mine.post(f"{page}take/").headers.get("Content-Type", "")
    assert mine.post(f"{page}decide/", {"answer": "yes"}).status_code == 403
    theirs.post(f"{page}decide/", {"answer": "yes"})
    assert "Take the file" in mine.get(page).content.decode()
    assert theirs.post(f"{page}take/").status_code == 302  # only who asked takes it
    text = body(mine.post(f"{page}take/"))

    assert text.count(one.username) == 3
    assert mine.post(f"{page}take/").status_code == 302
    actions = LogEntry.objects.filter(object_kind="exportrequest").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["export.asked", "export.released", "export.taken"]


def test_who_asked_cannot_release_it_whatever_they_may(other):
    for _ in range(3):
        make_member()
    client = signed_in(other)
    page = asked(client)

    client.post(f"{page}decide/", {"answer": "yes"})

    assert ExportRequest.objects.get().state == "open"
    with pytest.raises(DatabaseError, match="export_released_by_another"), transaction.atomic():
        ExportRequest.objects.update(decided_by=other)


def test_after_a_day_it_is_over(one, other):
    request = exports.ask("member", words="", form="csv", rows=3, reason="why", by=one, now=NOON)
    exports.decide(request, is_yes=True, by=other, now=NOON)

    with translation.override("en"), pytest.raises(exports.CannotExport, match="day is over"):
        exports.take(request, by=one, now=NOON + timedelta(hours=24))
    assert exports.take(request, by=one, now=NOON + timedelta(hours=24, seconds=-1)).taken_at


def test_the_file_holds_what_the_person_may_see_when_it_is_taken(one, other):
    store, elsewhere = make_store(), make_store()
    for _ in range(3):
        make_member(home_store=store)
    stranger = make_member(home_store=elsewhere)
    request = exports.ask("member", words="cols=number", form="csv", rows=4, reason="why", by=one, now=NOON)
    exports.decide(request, is_yes=True, by=other, now=NOON)
    type(one).objects.filter(pk=one.pk).update(scope="store")
    one.grants.create(store=store, granted_at=NOON)

    with time_machine.travel(NOON, tick=True):
        text = body(signed_in(type(one).objects.get(pk=one.pk)).post(f"/exports/{request.pk}/take/"))

    assert text.count(one.username) == 3
    assert stranger.number not in text


def test_a_strangers_request_is_not_found(one):
    request = exports.ask("member", words="", form="csv", rows=3, reason="why", by=make_staff(), now=NOON)

    assert signed_in(one).get(f"/exports/{request.pk}/").status_code == 404


def test_a_search_does_not_go_into_a_large_file(one):
    for _ in range(3):
        make_member(name="王小明")
    client = signed_in(one)
    client.post("/members/", {"q": "王小明"})

    assert client.get("/members/?s=1&export=csv")["Location"] == "/members/"
    assert not ExportRequest.objects.exists()
