"""Headquarters opens channels and hands out keys; a key is shown once."""

import re

import pytest

from stores.access import Role
from stores.models import ApiKey, Channel, LogEntry
from stores.queries import channels
from stores.services import channels as services
from tests.factories import NOON, make_brand, make_channel, make_staff, make_store

TOKEN = re.compile(r"qy_[a-z2-9]{10}_[a-z2-9]{40}")


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


def test_a_key_is_shown_once_and_works(office):
    channel = make_channel()

    page = office.post(f"/channels/{channel.pk}/keys/new/", {"name": "Supplier", "stores": ""}).content.decode()

    token = TOKEN.search(page)[0]
    assert channels.authenticate(token).name == "Supplier"
    assert not TOKEN.search(office.get(f"/channels/{channel.pk}/").content.decode())
    assert token not in str(list(ApiKey.objects.values()))


def test_a_key_may_be_bound_to_stores_by_their_codes(office):
    store = make_store()
    channel = make_channel(brand=store.brand)

    office.post(f"/channels/{channel.pk}/keys/new/", {"name": "One", "stores": f"{store.code}， {store.code}"})

    assert list(ApiKey.objects.get().stores.all()) == [store]


def test_a_key_for_a_store_that_is_not_there_or_of_another_brand_is_refused(office):
    channel = make_channel(brand=make_brand())
    other = make_store()

    unknown = office.post(f"/channels/{channel.pk}/keys/new/", {"name": "x", "stores": "nowhere"})
    foreign = office.post(f"/channels/{channel.pk}/keys/new/", {"name": "x", "stores": other.code})

    assert (unknown.status_code, foreign.status_code) == (422, 422)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_opens_nothing(office):
    key, token = services.issue_key(make_channel(), name="Old", stores=[], by=None, now=NOON)

    office.post(f"/channels/keys/{key.pk}/revoke/", {"reason": "lost"})

    assert channels.authenticate(token) is None
    assert LogEntry.objects.get(action="key.revoked").reason == "lost"


def test_a_stopped_channel_gets_no_key(office):
    channel = make_channel(is_active=False)

    answer = office.post(f"/channels/{channel.pk}/keys/new/", {"name": "x", "stores": ""})

    assert answer.status_code == 422


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
        services.issue_key(make_channel(), name="k", stores=[], by=None, now=NOON)

    with django_assert_max_num_queries(9):
        page = office.get("/channels/").content.decode()

    assert page.count("pos-") >= count
