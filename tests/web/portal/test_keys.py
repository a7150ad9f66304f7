"""Headquarters hands out keys, changes what they may do, rotates and ends them; a secret is shown once."""

import re
from datetime import timedelta

import pytest
import time_machine

from stores.models import ApiKey, LogEntry
from stores.queries import keys
from stores.services import keys as services
from tests.factories import NOON, make_brand, make_channel, make_staff, make_store

TOKEN = re.compile(r"qy_[a-z2-9]{10}_[a-z2-9]{40}")
GIVEN = {"name": "Supplier", "stores": "", "scopes": ["orders:write"], "calls_per_minute": "60"}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def office(client, settings):
    settings.LANGUAGE_CODE = "en"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "web.gate.Gate"]  # no second factor here
    client.force_login(make_staff(language="en"))
    return client


def new(office, channel, **given):
    return office.post(f"/channels/{channel.pk}/keys/new/", GIVEN | given)


def test_a_key_is_shown_once_and_works(office):
    channel = make_channel()

    page = new(office, channel).content.decode()

    token = TOKEN.search(page)[0]
    key = keys.authenticate(token, now=NOON)
    assert (key.name, key.scopes, key.calls_per_minute) == ("Supplier", ["orders:write"], 60)
    for address in (f"/channels/{channel.pk}/", f"/channels/keys/{key.pk}/"):
        seen = office.get(address).content.decode()
        assert key.prefix in seen
        assert not TOKEN.search(seen)
    assert token.rpartition("_")[2] not in str(list(ApiKey.objects.values()))


def test_a_key_may_be_bound_to_stores_addresses_and_a_last_day(office):
    store = make_store()
    channel = make_channel(brand=store.brand)

    new(office, channel, stores=f"{store.code}， {store.code}", addresses="10.1.2.3 2001:db8::/32", expires_on="2026-03-05",
        must_sign="on")  # fmt: skip

    key = ApiKey.objects.get()
    assert list(key.stores.all()) == [store]
    assert (key.addresses, key.must_sign) == (["10.1.2.3/32", "2001:db8::/32"], True)
    assert key.is_live(NOON + timedelta(hours=35))
    assert not key.is_live(NOON + timedelta(hours=36))
    shown = office.get(f"/channels/keys/{key.pk}/edit/").content.decode()
    assert "2026-03-05" in shown


@pytest.mark.parametrize(
    "wrong", [{"stores": "nowhere"}, {"addresses": "300.1.1.1"}, {"scopes": ["root"]}, {"scopes": []}]
)
def test_a_key_that_asks_for_what_is_not_there_is_refused(office, wrong):
    answer = new(office, make_channel(brand=make_brand()), **wrong)

    assert answer.status_code == 422
    assert not ApiKey.objects.exists()


def test_a_store_of_another_brand_and_a_stopped_channel_are_refused(office):
    foreign = new(office, make_channel(brand=make_brand()), stores=make_store().code)
    stopped = new(office, make_channel(is_active=False))

    assert (foreign.status_code, stopped.status_code) == (422, 422)
    assert not ApiKey.objects.exists()


def test_editing_a_key_keeps_its_secret_and_is_noted(office):
    key, token = services.issue(make_channel(), name="Old", stores=[], by=None, now=NOON)

    office.post(f"/channels/keys/{key.pk}/edit/", GIVEN | {"name": "New", "scopes": ["stores:read", "points:read"]})

    held = keys.authenticate(token, now=NOON)
    assert (held.name, held.scopes) == ("New", ["points:read", "stores:read"])
    assert LogEntry.objects.get(action="key.edited").after["scopes"] == ["points:read", "stores:read"]


def test_after_a_rotation_both_secrets_work_until_the_old_ones_day(office):
    key, old = services.issue(make_channel(), name="k", stores=[], by=None, now=NOON)

    fresh = TOKEN.search(office.post(f"/channels/keys/{key.pk}/rotate/", {"days": "7"}).content.decode())[0]

    almost, over = NOON + timedelta(days=7, seconds=-1), NOON + timedelta(days=7)
    assert keys.authenticate(old, now=almost) == keys.authenticate(fresh, now=almost) == key
    assert keys.authenticate(old, now=over) is None
    assert keys.authenticate(fresh, now=over) == key
    services.purge(now=over)
    assert ApiKey.objects.get().old_until is None


def test_the_old_secret_ends_at_once_when_told(office):
    key, old = services.issue(make_channel(), name="k", stores=[], by=None, now=NOON)
    _key, fresh = services.rotate(key, days=7, by=None, now=NOON)
    assert "works until" in office.get(f"/channels/keys/{key.pk}/").content.decode()

    office.post(f"/channels/keys/{key.pk}/end-old/")

    assert keys.authenticate(old, now=NOON) is None
    assert keys.authenticate(fresh, now=NOON) == key


def test_a_second_rotation_ends_the_first_secret(office):
    key, first = services.issue(make_channel(), name="k", stores=[], by=None, now=NOON)
    _key, second = services.rotate(key, days=7, by=None, now=NOON)
    _key, third = services.rotate(key, days=7, by=None, now=NOON)

    assert [bool(keys.authenticate(token, now=NOON)) for token in (first, second, third)] == [False, True, True]
    assert office.post(f"/channels/keys/{key.pk}/rotate/", {"days": "31"}).status_code == 422


def test_a_revoked_key_opens_nothing(office):
    key, token = services.issue(make_channel(), name="Old", stores=[], by=None, now=NOON)

    office.post(f"/channels/keys/{key.pk}/revoke/", {"reason": "lost"})

    assert keys.authenticate(token, now=NOON) is None
    assert LogEntry.objects.get(action="key.revoked").reason == "lost"
    assert office.post(f"/channels/keys/{key.pk}/rotate/", {"days": "1"}).status_code == 422


def test_a_key_older_than_signatures_cannot_be_made_to_sign_before_it_is_rotated(office):
    key, _token = services.issue(make_channel(), name="Old", stores=[], by=None, now=NOON)
    ApiKey.objects.update(secret_sealed=b"")

    answer = office.post(f"/channels/keys/{key.pk}/edit/", GIVEN | {"must_sign": "on"})

    assert answer.status_code == 422
    assert "Rotate it first" in answer.content.decode()
