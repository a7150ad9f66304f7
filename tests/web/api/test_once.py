"""Idempotency-Key: the same call is answered the same and takes effect once; another call under its key is refused."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction

from loyalty.models import Entry
from loyalty.services import tiers
from members.models import Order
from stores.models import ApiAnswer
from stores.services import answers
from tests.factories import NOON, make_channel, make_member
from tests.loyalty.receipts import make_shop
from tests.web.api.test_orders import Till, order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return make_shop()


@pytest.fixture
def till(client, shop):
    return Till(client, shop[1])


def send(till, body, name="N-1", path="/orders"):
    return till.send(path, body, **{"Idempotency-Key": name})


def test_the_same_call_is_answered_the_same_to_the_byte(till, shop):
    body = order(shop[0], make_member())

    first, again = send(till, body), send(till, body)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_another_body_or_address_under_the_same_name_is_refused(till, shop):
    send(till, order(shop[0]))

    other = send(till, order(shop[0], number="T-2"))
    elsewhere = send(till, order(shop[0]), path="/orders/batch")

    assert [(each.status_code, each.json()["code"]) for each in (other, elsewhere)] == [(422, "other_call")] * 2
    assert Order.objects.count() == 1


def test_another_keys_same_name_is_its_own(client, till, shop):
    other = Till(client, make_channel(brand=shop[0].brand))

    assert [send(each, order(shop[0])).status_code for each in (till, other)] == [201, 201]
    assert Order.objects.count() == 2


def test_a_refusal_is_not_kept_so_that_the_cause_can_be_mended(till, shop):
    refused = send(till, order(shop[0]) | {"store": "nowhere"})
    malformed = send(till, "{}")

    assert (refused.status_code, malformed.status_code) == (404, 422)
    assert send(till, order(shop[0])).status_code == 201


def test_the_answer_is_kept_with_the_effect_or_neither(till, shop, monkeypatch):
    """The effect is there when the answer is being written; a crash then leaves nothing, and the name is free."""

    def crash(*_given, **_more):
        assert Order.objects.count() == 1
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(answers, "_keep", crash)
        with pytest.raises(RuntimeError):
            send(till, order(shop[0], make_member()))
    assert (Order.objects.count(), Entry.objects.count(), ApiAnswer.objects.count()) == (0, 0, 0)

    assert send(till, order(shop[0])).status_code == 201


def test_a_database_that_goes_away_is_answered_503_and_the_name_is_free(till, shop, monkeypatch):
    body = order(shop[0], make_member())

    def die(*_given, **_more):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(tiers, "reevaluate_in", die)
        died = send(till, body)
    connection.close()

    assert (died.status_code, died["Retry-After"]) == (503, "10")
    assert send(till, body).status_code == 201


@pytest.mark.parametrize("name", ["", "x" * 256, "钥匙"])
def test_a_name_that_cannot_be_kept_is_refused(till, shop, name):
    answer = till.client.post(
        "/api/v1/orders", json.dumps(order(shop[0])), content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {till.token}", HTTP_IDEMPOTENCY_KEY=name,
    )  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


def test_a_wrong_key_is_not_answered_from_what_was_kept(till, shop):
    send(till, order(shop[0]))
    till.token = till.token[:-1] + ("a" if till.token[-1] != "a" else "b")

    assert send(till, order(shop[0])).status_code == 401


def test_answers_are_kept_for_more_than_thirty_days(till, shop):
    send(till, order(shop[0]))
    at = ApiAnswer.objects.get().at

    assert answers.purge(now=at + timedelta(days=30, hours=1)) == 0
    assert answers.purge(now=at + timedelta(days=36)) == 1


def test_services_may_open_theirs_only_inside_the_whole_and_never_elsewhere(till, shop):
    """What `_Whole` lets pass, Django refuses everywhere else: rule 4 of the house still holds."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        answers.purge(now=NOON)
