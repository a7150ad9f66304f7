"""How a key is let in: carried or signing, by scope, from its addresses, so often; and what it is told when not."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from stores.models import ApiKey, ApiNonce
from stores.rules import signatures
from stores.rules.signatures import Sent
from stores.services import keys
from tests.factories import NOON, make_channel, make_store

LOOK = json.dumps({"phone": "16900000000"}).encode()
PATH = "/api/v1/members/lookup"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


@pytest.fixture
def made():
    return keys.issue(make_channel(), name="till", stores=[], by=None, now=NOON)


def signed(token, *, body=LOOK, path=PATH, nonce="n" * 16, at=None, **headers):
    _qy, prefix, secret = token.split("_")
    at = str(int((at or timezone.now()).timestamp()))
    words = {
        "X-Key-Id": prefix, "X-Timestamp": at, "X-Nonce": nonce, "Accept-Language": "en",
        "X-Signature": signatures.sign(secret, Sent("POST", path, at, nonce, body)),
    } | headers  # fmt: skip
    return words


def call(headers, *, body=LOOK, path=PATH, **more):
    answer = Client().post(path, body, content_type="application/json", headers=headers, **more)
    return answer.status_code, answer.json()["code"]


def test_a_signed_call_is_let_in_and_its_repeat_is_not(made):
    headers = signed(made[1])

    assert call(headers) == (404, "not_found")
    assert call(headers) == (401, "replayed")
    assert call(signed(made[1], nonce="m" * 16)) == (404, "not_found")


def test_a_nonce_counts_once_in_ten_minutes_whatever_its_time_says(made, clock):
    ahead = NOON + timedelta(seconds=299)
    assert call(signed(made[1], at=ahead)) == (404, "not_found")

    clock.move_to(NOON + timedelta(seconds=598))
    assert call(signed(made[1], at=ahead)) == (401, "replayed")
    clock.move_to(NOON + timedelta(minutes=10))
    assert call(signed(made[1])) == (404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"X-Key-Id": "aaaaaaaaaa"}}, {"headers": {"X-Key-Id": ""}}, {"headers": {"X-Nonce": "k" * 16}},
        {"headers": {"X-Nonce": "short"}}, {"headers": {"X-Timestamp": "1700000000"}},
        {"headers": {"X-Signature": "v1=" + "0" * 64}}, {"headers": {"X-Signature": "v2=x"}},
        {"body": b'{"phone": "16900000001"}'}, {"path": "/api/v1/orders"}, {"path": PATH + "?b=2&a=1"},
    ],
)  # fmt: skip
def test_every_part_that_does_not_fit_gets_the_same_answer(made, wrong):
    headers = signed(made[1], path=PATH + "?a=1&b=2" if "?" in wrong.get("path", "") else PATH) | wrong.get(
        "headers", {}
    )

    assert call(headers, body=wrong.get("body", LOOK), path=wrong.get("path", PATH)) == (401, "bad_signature")
    assert not ApiNonce.objects.exists()


def test_a_clock_that_is_off_is_told_so_only_to_who_holds_the_secret(made):
    late = NOON - timedelta(seconds=301)

    assert call(signed(made[1], at=late)) == (401, "stale_timestamp")
    assert call(signed(made[1], at=late) | {"X-Signature": "v1=" + "0" * 64}) == (401, "bad_signature")


def test_revoked_expired_and_stopped_keys_sign_nothing(made):
    key, token = made
    ApiKey.objects.update(expires_at=NOON)
    assert call(signed(token)) == (401, "bad_signature")
    ApiKey.objects.update(expires_at=None)
    key.channel.is_active = False
    key.channel.save()
    assert call(signed(token)) == (401, "bad_signature")
    key.channel.is_active = True
    key.channel.save()
    keys.revoke(key, by=None, now=NOON)
    assert call(signed(token)) == (401, "bad_signature")


def test_both_secrets_of_a_rotated_key_sign(made):
    key, old = made
    _key, fresh = keys.rotate(key, days=7, by=None, now=NOON)

    assert call(signed(old, nonce="1" * 16)) == (404, "not_found")
    assert call(signed(fresh, nonce="2" * 16)) == (404, "not_found")
    keys.rotate(key, days=0, by=None, now=NOON)
    assert call(signed(fresh, nonce="3" * 16)) == (401, "bad_signature")


def test_a_key_may_take_signed_calls_only(made):
    ApiKey.objects.update(must_sign=True)

    assert call({"Authorization": f"Bearer {made[1]}"}) == (401, "signature_required")
    assert call(signed(made[1])) == (404, "not_found")


@pytest.mark.parametrize("number", ["2026/03/1", "退/1", "a?b#c", "R-1"])
def test_a_number_in_the_address_may_be_signed_as_it_was_sent(made, number):
    path = f"/api/v1/orders/{quote(number, safe='')}/refunds"
    body = json.dumps({"number": "1", "amount": "1", "refunded_at": NOON.isoformat()}).encode()

    assert call(signed(made[1], path=path, body=body), path=path, body=body) == (404, "unknown_order")


def test_a_scope_that_is_missing_is_named(made):
    ApiKey.objects.update(scopes=["stores:read"])
    answer = Client().post(
        PATH, LOOK, content_type="application/json",
        headers={"Authorization": f"Bearer {made[1]}", "Accept-Language": "en"},
    )  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "members:read" in answer.json()["detail"]


def test_a_key_from_a_strange_address_looks_wrong_and_its_page_tells(made):
    ApiKey.objects.update(addresses=["203.0.113.0/24"])

    assert call({"Authorization": f"Bearer {made[1]}"}) == (401, "unauthorized")
    assert ApiKey.objects.get().refused_from == "127.0.0.1"
    assert call({"Authorization": f"Bearer {made[1]}"}, REMOTE_ADDR="203.0.113.9") == (404, "not_found")


def test_a_key_that_calls_too_often_is_told_to_wait(made, clock):
    ApiKey.objects.update(calls_per_minute=2)
    bearer = {"Authorization": f"Bearer {made[1]}", "Accept-Language": "en"}
    clock.move_to(NOON + timedelta(seconds=18))

    assert [call(bearer)[0] for _ in range(2)] == [404, 404]
    answer = Client().post(PATH, LOOK, content_type="application/json", headers=bearer)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "too_many", "42")
    clock.move_to(NOON + timedelta(seconds=60))
    assert call(bearer)[0] == 404


def test_keys_from_before_scopes_keep_what_they_could_do():
    key, _token = keys.issue(make_channel(), name="k", stores=[make_store()], by=None, now=NOON)

    assert key.scopes == ["orders:write", "members:read", "coupons:read", "coupons:write"]
