"""Headquarters opens channels; what hangs on their keys stands in test_keys."""

import pytest

from stores.access import Role
from stores.models import Channel, LogEntry
from stores.services import keys as services
from tests.factories import NOON, make_brand, make_channel, make_staff, make_store


@pytest.fixture
def office(client, settings):
    settings.LANGUAGE_CODE = "en"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "web.gate.Gate"]  # no second factor here
    client.force_login(make_staff(language="en"))
    return client


def test_a_channel_is_opened_and_noted(office):
    answer = office.post("/channels/new/", {"code": "pos-1", "name": "Tills", "kind": "pos", "brand": ""})

    channel = Channel.objects.get()
    assert answer["Location"] == f"/channels/{channel.pk}/"
    assert LogEntry.objects.get(action="channel.created").object_label == "Tills"


def test_a_taken_code_is_refused_in_words(office):
    make_channel(code="pos-1")

    answer = office.post("/channels/new/", {"code": "pos-1", "name": "Tills", "kind": "pos", "brand": ""})

    assert answer.status_code == 422
    assert "pos-1 is taken" in answer.content.decode()


def test_a_brands_administrator_does_not_see_another_brands_channel(client, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "web.gate.Gate"]
    mine, other = make_channel(brand=make_brand()), make_channel(brand=make_brand())
    shared = make_channel()
    client.force_login(make_staff(mine.brand, role=Role.ADMIN))

    make_store(region=None)
    pages = {name: client.get(f"/channels/{one.pk}/").status_code for name, one in
             [("other", other), ("shared", shared)]}  # fmt: skip

    assert pages == {"other": 404, "shared": 200}
    assert client.get(f"/channels/{shared.pk}/edit/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(office, django_assert_max_num_queries, count):
    for _ in range(count):
        services.issue(make_channel(), name="k", stores=[], by=None, now=NOON)

    with django_assert_max_num_queries(14):
        page = office.get("/channels/").content.decode()

    assert page.count("pos-") >= count
