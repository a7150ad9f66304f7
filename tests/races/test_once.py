"""Fifty clients send one named call at once: one effect, one answer; without the lock they meet in the middle."""

import json
import time

import pytest
from django.db import close_old_connections
from django.test import Client

from members.models import Order
from stores.services import answers, keys
from tests.factories import NOON, make_member
from tests.loyalty.receipts import make_shop, phone_of
from tests.races.hands import at_once, errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CLIENTS = 50


def fifty_send():
    """Each asks again while it hears that the call is still running; the statuses and bodies in the end."""
    store, channel = make_shop()
    token = keys.issue(channel, name="till", stores=[], by=None, now=NOON)[1]
    body = {
        "number": "R-1", "store": store.code, "amount": "88.90", "paid_at": NOON.isoformat(),
        "member": {"phone": phone_of(make_member())},
    }  # fmt: skip
    heard = []

    def one(_n):
        for _try in range(200):
            close_old_connections()
            answer = Client(raise_request_exception=False).post(
                "/api/v1/orders", json.dumps(body), content_type="application/json",
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "S1:R-1:sale"},
            )  # fmt: skip
            heard.append(answer.status_code)
            if answer.status_code != 409:
                return answer.status_code, answer.content
            time.sleep(0.05)
        raise TimeoutError

    done = at_once(one, count=CLIENTS)
    assert errors(done) == []
    return heard, set(done)


def slow(monkeypatch):
    """The first call takes long enough for the others to come."""
    whole = answers._keep

    def wait(*given, **more):
        time.sleep(0.3)
        return whole(*given, **more)

    monkeypatch.setattr(answers, "_keep", wait)


def test_fifty_clients_with_one_name_have_one_effect_and_one_answer(monkeypatch):
    slow(monkeypatch)

    heard, answered = fifty_send()

    assert [status for status, _body in answered] == [201]
    assert Order.objects.count() == 1
    assert set(heard) == {201, 409}


def test_twin_without_the_lock_answers_them_differently(monkeypatch):
    slow(monkeypatch)
    monkeypatch.setattr(answers, "TRY_LOCK", "SELECT %s > 0 OR true")

    _heard, answered = fifty_send()

    assert len(answered) > 1
