"""The privacy desk's pages."""

import json

import pytest

from members.models import Member, PrivacyRequest
from members.services import privacy
from stores.access import Role
from stores.models import LogEntry
from tests.factories import NOON, make_member, make_staff, make_store
from tests.web.h5.shoppers import join, make_code

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def head(client):
    person = make_staff(language="en")
    client.force_login(person)
    return person


def asked(kind="access", **given):
    return privacy.ask(make_member(name="王小明", **given), kind, came_by="letter", now=NOON)


@pytest.mark.parametrize("count", [1, 3])
def test_the_desk_asks_the_same_number_of_questions(client, head, django_assert_max_num_queries, count):
    for _ in range(count):
        asked()
    client.get("/privacy/")

    with django_assert_max_num_queries(9):
        page = client.get("/privacy/").content.decode()

    assert page.count("A copy of the data") >= count
    assert "王小明" not in page


def test_a_request_is_noted_on_the_members_page_and_answered_at_the_desk(client, head):
    member = make_member()

    noted = client.post(
        f"/members/{member.number}/privacy/", {"kind": "restrict", "came_by": "phone", "words": "别再发"}
    )
    request = PrivacyRequest.objects.get()
    done = client.post(f"/privacy/{request.pk}/answer/", {"words": "stopped"})

    assert noted["Location"] == done["Location"] == f"/privacy/{request.pk}/"
    assert Member.objects.get(pk=member.pk).restricted_at is not None
    assert (PrivacyRequest.objects.get().decided_by, PrivacyRequest.objects.get().noted_by) == (head, head)


def test_a_copy_is_handed_out_in_both_forms_and_noted(client, head):
    request = asked()

    as_json = client.post(f"/privacy/{request.pk}/copy/", {"form": "json"})
    as_page = client.post(f"/privacy/{request.pk}/copy/", {"form": "page"}).content.decode()

    assert json.loads(as_json.content)["members.member"][0]["name"] == "王小明"
    assert as_json["Cache-Control"] == "no-store"
    assert "王小明" in as_page
    assert LogEntry.objects.filter(action="privacy.copied").count() == 2


def test_without_a_request_for_a_copy_there_is_none(client, head):
    assert client.post(f"/privacy/{asked('restrict').pk}/copy/").status_code == 404


def test_the_erasure_page_says_what_goes_and_does_it(client, head):
    request = asked("erase")

    assert "Nobody can take this back" in client.get(f"/privacy/{request.pk}/erase/").content.decode()
    client.post(f"/privacy/{request.pk}/erase/", {"words": "as asked"})

    assert Member.objects.get(pk=request.member_id).name == ""
    assert client.get(f"/privacy/{request.pk}/").status_code == 200
    assert client.get(f"/members/{request.member.number}/").status_code == 200


def test_a_marketer_notes_and_does_not_decide(client):
    request = asked("erase")
    client.force_login(make_staff(role=Role.MARKETER, language="en"))

    assert client.get("/privacy/").status_code == 200
    for act in ("answer", "refuse", "erase", "copy"):
        assert client.post(f"/privacy/{request.pk}/{act}/", {"words": "done"}).status_code == 403
    client.force_login(make_staff(make_store(), role=Role.STORE_MANAGER))
    assert client.get("/privacy/").status_code == 403


def test_a_member_asks_from_the_card(client, settings):
    settings.DEMO = True
    join(client, make_code(), "16900001234")

    client.post("/m/settings/ask", {"kind": "erase"})
    client.post("/m/settings/ask", {"kind": "nonsense"})

    request = PrivacyRequest.objects.get()
    assert (request.kind, request.came_by) == ("erase", "card")
    assert "You get an answer by" in client.get("/m/settings", headers=ENGLISH).content.decode()
