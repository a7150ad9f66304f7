"""Tills post orders and refunds: what they get back, and what they are told when something is wrong."""

import json
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from loyalty.models import Entry
from members.models import Order, OrderLine
from stores.services import channels, keys
from tests.factories import NOON, make_channel, make_member, make_order, make_store
from tests.loyalty.receipts import held, make_shop, phone_of

AT = NOON.isoformat()


class Till:
    """A till with its key: posts JSON and reads the answer."""

    def __init__(self, client, channel, stores=()):
        _, self.token = keys.issue(channel, name="till", stores=stores, by=None, now=NOON)
        self.client = client

    def send(self, path, body, language="en", **headers):
        given = {"Authorization": f"Bearer {self.token}", "Accept-Language": language} | headers
        text = body if isinstance(body, str) else json.dumps(body)
        return self.client.post(f"/api/v1{path}", text, content_type="application/json", headers=given)

    def post(self, path, body, language="en", **headers):
        answer = self.send(path, body, language, **headers)
        return answer.status_code, answer.json()


@pytest.fixture
def shop(db):
    return make_shop()


@pytest.fixture
def till(client, shop):
    return Till(client, shop[1])


def order(store, member=None, **given):
    body = {"number": "T-1", "store": store.code, "amount": "88.90", "paid_at": AT}
    if member:
        body["member"] = {"phone": phone_of(member)}
    return body | given


def test_a_paid_order_answers_201_with_points_and_tier(till, shop):
    store, _ = shop
    member = make_member()

    status, body = till.post("/orders", order(store, member, amount="1000.50"))

    assert status == 201
    assert (body["status"], body["earned_points"], body["earned_growth"]) == ("created", 1000, 1000)
    assert body["member"]["number"] == member.number
    assert body["member"]["name"] == "王*"
    assert body["member"]["holdings"] == [
        {"brand": store.brand.code, "tier": "Silver", "points": 1000, "growth": 1000, "debt": 0, "to_next_tier": 4000}
    ]


def test_sending_the_order_again_answers_200_with_what_it_earned_and_changes_nothing(till, shop):
    member = make_member()
    body = order(shop[0], member, lines=[{"sku": "A", "amount": 88.90}])
    till.post("/orders", body)

    status, again = till.post("/orders", body)

    assert (status, again["status"], again["earned_points"], again["earned_growth"]) == (200, "duplicate", 88, 88)
    assert held(member, shop[0].brand) == (88, 88, 0)
    assert OrderLine.objects.count() == 1


def test_an_amount_written_as_a_number_is_exact(till, shop):
    store, _ = shop
    text = f'{{"number": "N", "store": "{store.code}", "amount": 0.29, "paid_at": "{AT}"}}'

    status, _body = till.post("/orders", text)

    assert status == 201
    assert Order.objects.get().amount == Decimal("0.29")


def test_the_same_number_with_another_body_answers_409(till, shop):
    till.post("/orders", order(shop[0]))

    status, body = till.post("/orders", order(shop[0], amount="1.00"))

    assert (status, body["code"]) == (409, "other_body")
    assert Order.objects.get().amount == Decimal("88.90")


def test_an_unknown_shopper_is_no_mistake_and_the_answer_says_so(till, shop):
    status, body = till.post("/orders", order(shop[0]) | {"member": {"phone": "16900000000"}})

    assert (status, body["member"]) == (201, None)
    assert "without a member" in body["note"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": "-1"}, 422, "negative_amount"),
        ({"amount": "0.001"}, 422, "bad_amount"),
        ({"amount": "99999999999"}, 422, "bad_amount"),
        ({"paid_at": "2999-01-01T00:00:00Z"}, 422, "future"),
        ({"paid_at": "2026-03-04T12:00:00"}, 422, "bad_time"),
        ({"store": "nowhere"}, 404, "unknown_store"),
        ({"store": "\x00"}, 404, "unknown_store"),
        ({"number": ""}, 422, "bad_number"),
        ({"number": "a b"}, 422, "bad_number"),
        ({"number": "x" * 65}, 422, "malformed"),
        ({"amount": "many"}, 422, "malformed"),
        ({"member": {}}, 422, "malformed"),
        ({"member": {"phone": "16900000000", "card": "1"}}, 422, "malformed"),
        ({"lines": [{"sku": "A", "amount": "1", "quantity": "1e30"}]}, 422, "bad_line"),
        ({"lines": [{"sku": "A\x00", "amount": "1"}]}, 422, "bad_line"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_code_and_a_reason(till, shop, change, status, code):
    given, body = till.post("/orders", order(shop[0]) | change)

    assert (given, body["code"]) == (status, code)
    assert set(body) == {"type", "title", "detail", "code"}
    assert body["detail"]
    assert not Order.objects.exists()


def test_a_refusal_speaks_the_callers_language(till, shop):
    _, chinese = till.post("/orders", order(shop[0], amount="-1"), language="zh-CN")
    _, english = till.post("/orders", order(shop[0], amount="-1"), language="en")

    assert english["detail"] == "The amount is negative. Send money given back as a refund."
    assert chinese["code"] == english["code"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"amount": NaN}', "null", "\x00"])
def test_a_body_that_is_no_json_object_is_refused(till, text):
    status, body = till.post("/orders", text)

    assert status in {400, 422}
    assert body["code"] in {"unreadable", "malformed"}


@pytest.mark.parametrize("token", ["", "qy_wrong", "qy_aaaaaaaaaa_" + "b" * 40, "Bearer"])
def test_without_a_live_key_nothing_opens(client, db, token):
    answer = client.post(
        "/api/v1/orders", "{}", content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_and_a_stopped_channel_open_nothing(client, shop):
    store, channel = shop
    till, other = Till(client, channel), Till(client, channel)
    key = channel.keys.first()
    keys.revoke(key, by=None, now=NOON)
    first = [each.post("/orders", order(store))[0] for each in (till, other)]

    channels.edit_channel(channel, name="x", is_active=False, by=None, now=NOON)

    assert sorted(first) == [201, 401]
    assert [each.post("/orders", order(store))[0] for each in (till, other)] == [401, 401]


def test_a_key_remembers_when_it_was_used(till, shop):
    till.post("/orders", order(shop[0]))

    assert shop[1].keys.get().last_used_at is not None


def test_a_key_bound_to_a_store_does_not_know_its_neighbour(client, shop):
    store, channel = shop
    neighbour = make_store(region=store.region)
    till = Till(client, channel, stores=[store])

    assert till.post("/orders", order(store))[0] == 201
    status, body = till.post("/orders", order(neighbour, number="T-2"))
    assert (status, body["code"]) == (404, "unknown_store")


def test_a_key_of_one_brand_does_not_know_another_brands_store(till):
    assert till.post("/orders", order(make_store()))[0] == 404


# --- batches -------------------------------------------------------------------------------------------
def test_a_batch_answers_each_order(till, shop):
    store, _ = shop
    member = make_member()
    good = order(store, member, number="1")
    sent = [good, good, order(store, number="2", amount="-1"), {"number": "3"}, 7, order(store, number="4")]

    status, body = till.post("/orders/batch", {"orders": sent})

    assert status == 207
    assert [item["status"] for item in body["items"]] == [
        "created", "duplicate", "rejected", "rejected", "rejected", "created"
    ]  # fmt: skip
    assert [item["reason"] for item in body["items"]] == ["", "", "negative_amount", "malformed", "malformed", ""]
    assert (body["created"], body["duplicate"], body["rejected"]) == (2, 1, 3)
    assert [item["earned_points"] for item in body["items"]] == [88, 88, 0, 0, 0, 0]
    assert [item["has_member"] for item in body["items"]][:2] == [True, True]
    assert held(member, store.brand) == (88, 88, 0)


def test_a_batch_without_a_rejection_answers_200_and_its_replay_changes_nothing(till, shop):
    store, _ = shop
    member = make_member()
    sent = {"orders": [order(store, member, number=str(n)) for n in range(20)]}
    first, again = till.post("/orders/batch", sent), till.post("/orders/batch", sent)

    assert (first[0], first[1]["created"]) == (200, 20)
    assert (again[0], again[1]["duplicate"]) == (200, 20)
    assert Entry.objects.count() == 40


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_1_to_1000_orders(till, shop, count):
    status, body = till.post("/orders/batch", {"orders": [order(shop[0])] * count})

    assert (status, body["code"]) == (422, "malformed")


def test_a_body_of_more_than_ten_megabytes_is_refused(till):
    status, body = till.post("/orders/batch", {"orders": [{"number": "x" * (10 * 1024 * 1024)}]})

    assert (status, body["code"]) == (413, "too_large")


# --- refunds -------------------------------------------------------------------------------------------
def refund(number="R-1", amount="8.90", **given):
    return {"number": number, "amount": amount, "refunded_at": AT} | given


def test_a_refund_answers_201_and_takes_its_points_back(till, shop):
    member = make_member()
    till.post("/orders", order(shop[0], member))

    status, body = till.post("/orders/T-1/refunds", refund())
    again, repeated = till.post("/orders/T-1/refunds", refund())

    assert (status, body["status"], body["taken_points"]) == (201, "created", 8)
    assert body["member"]["holdings"][0]["points"] == 80
    assert (again, repeated["status"], repeated["taken_points"]) == (200, "duplicate", 8)


@pytest.mark.parametrize(
    ("path", "change", "status", "code"),
    [
        ("/orders/never/refunds", {}, 404, "unknown_order"),
        ("/orders/T-1/refunds", {"amount": "88.91"}, 409, "more_than_paid"),
        ("/orders/T-1/refunds", {"amount": "0"}, 422, "nothing_given_back"),
        ("/orders/T-1/refunds", {"amount": "-3"}, 422, "nothing_given_back"),
        ("/orders/T-1/refunds", {"refunded_at": "2999-01-01T00:00:00Z"}, 422, "future"),
    ],
)
def test_a_refund_that_cannot_be_taken_says_why(till, shop, path, change, status, code):
    till.post("/orders", order(shop[0]))

    given, body = till.post(path, refund(**change))

    assert (given, body["code"]) == (status, code)
    assert Order.objects.get().refunded == 0


def test_a_channel_cannot_refund_another_channels_order(client, till, shop):
    till.post("/orders", order(shop[0]))
    other = Till(client, make_channel(brand=shop[0].brand))

    assert other.post("/orders/T-1/refunds", refund())[0] == 404


def test_a_key_bound_to_a_store_cannot_refund_its_neighbours_order(client, till, shop):
    store, channel = shop
    till.post("/orders", order(store))
    other = Till(client, channel, stores=[make_store(region=store.region)])

    assert other.post("/orders/T-1/refunds", refund())[0] == 404


# --- members -------------------------------------------------------------------------------------------
def test_a_till_finds_a_member_by_phone_masked_with_balance(till, shop):
    store, _ = shop
    member = make_member()
    till.post("/orders", order(store, member))
    phone = phone_of(member)

    status, body = till.post("/members/lookup", {"phone": f"+86 {phone}"})

    assert status == 200
    assert body["phone"] == f"{phone[:3]}****{phone[-4:]}"
    assert phone not in json.dumps(body)
    assert body["holdings"][0]["points"] == 88


def test_a_till_does_not_see_what_a_member_holds_in_another_brand(client, till, shop):
    member = make_member()
    other_store, other_channel = make_shop()
    Till(client, other_channel).post("/orders", order(other_store, member))

    make_order(shop[0], member=member)
    status, body = till.post("/members/lookup", {"phone": phone_of(member)})

    assert (status, body["holdings"]) == (200, [])


def test_a_member_whom_the_keys_stores_never_met_is_not_found(client, till, shop):
    stranger, regular = make_member(), make_member(home_store=shop[0])
    other_store, other_channel = make_shop()
    Till(client, other_channel).post("/orders", order(other_store, stranger))

    status, body = till.post("/members/lookup", {"phone": phone_of(stranger)})

    assert (status, body["code"]) == (404, "not_found")
    assert till.post("/members/lookup", {"phone": phone_of(regular)})[0] == 200


def test_look_ups_of_a_key_are_capped_each_minute(client, till, shop, settings):
    settings.LOOKUPS_PER_MINUTE = 3
    member, other = make_member(home_store=shop[0]), Till(client, shop[1])
    looks = [{"phone": phone_of(member)}, {"phone": "16900000000"}, {"phone": phone_of(member)}]

    with time_machine.travel(NOON, tick=False) as clock:
        before = [till.post("/members/lookup", look)[0] for look in looks]
        refused = till.send("/members/lookup", looks[0])
        another = other.post("/members/lookup", looks[0])[0]
        clock.shift(60)
        later = till.post("/members/lookup", looks[0])[0]

    assert before == [200, 404, 200]
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (429, "too_many", "60")
    assert (another, later) == (200, 200)


@pytest.mark.parametrize("body", [{"phone": "16900000000"}, {"card": "nobody's"}, {"phone": "not a phone"}])
def test_nobody_is_found_by_what_nobody_owns(till, body):
    assert till.post("/members/lookup", body)[0] == 404


@pytest.mark.parametrize("body", [{}, {"phone": "16900000000", "card": "1"}])
def test_a_lookup_names_exactly_one_thing(till, body):
    assert till.post("/members/lookup", body)[0] == 422


def test_the_api_describes_itself(client, db):
    described = client.get("/api/v1/openapi.json").json()

    assert {"/api/v1/orders", "/api/v1/orders/batch", "/api/v1/orders/{number}/refunds"} <= set(described["paths"])
    assert client.get("/api/v1/docs").status_code == 200


def test_the_clock_of_the_api_is_the_real_one(till, shop):
    status, _body = till.post("/orders", order(shop[0], paid_at=timezone.now().isoformat()))

    assert status == 201
