"""What no honest till sends: each is answered in the one shape of problems, never with 500, and nothing is stored."""

import json
from urllib.parse import quote

import pytest

from members.models import Order, OrderLine, Refund
from tests.factories import make_channel, make_member
from tests.loyalty.receipts import held, make_shop
from tests.web.api.test_orders import AT, Till, order

LONG = "0" * 20_000


@pytest.fixture
def shop(db):
    return make_shop()


@pytest.fixture
def till(client, shop):
    return Till(client, shop[1])


def text_of(shop, **changed):
    """An order as JSON text; ``changed`` are raw JSON."""
    words = {"number": '"T-1"', "store": json.dumps(shop.code), "amount": '"8.90"', "paid_at": json.dumps(AT)}
    return "{" + ",".join(f'"{name}":{raw}' for name, raw in (words | changed).items()) + "}"


def line(**changed):
    return "[{" + ",".join(f'"{k}":{v}' for k, v in ({"sku": '"A"', "amount": "1"} | changed).items()) + "}]"


HOSTILE = [
    ({"amount": "1e400"}, "bad_amount"),
    ({"amount": "1e999999999"}, "bad_amount"),
    ({"amount": '"1e999999999"'}, "bad_amount"),
    ({"amount": "1e99999999999999999999"}, "unreadable"),
    ({"amount": "1e-999999999"}, "bad_amount"),
    ({"amount": f'"1.{LONG}"'}, "bad_amount"),
    ({"amount": "1" * 5_000}, "unreadable"),
    ({"amount": "1" * 4_000}, "bad_amount"),
    ({"amount": '"NaN"'}, "malformed"),
    ({"amount": '"sNaN"'}, "malformed"),
    ({"amount": '"-Infinity"'}, "malformed"),
    ({"amount": "Infinity"}, "unreadable"),
    ({"amount": "true"}, "malformed"),
    ({"amount": "[1]"}, "malformed"),
    ({"number": '"\\ud800"'}, "malformed"),
    ({"number": '"\\u202e1"'}, "bad_number"),
    ({"number": '"\\u0000"'}, "bad_number"),
    ({"number": "5"}, "malformed"),
    ({"store": '"\\ud800"'}, "malformed"),
    ({"member": '{"phone":"\\ud800"}'}, "malformed"),
    ({"paid_at": "1e300"}, "malformed"),
    ({"paid_at": '"0001-01-01T00:00:00+23:59"'}, "bad_time"),
    ({"paid_at": '"9999-12-31T23:59:59-23:59"'}, "future"),
    ({"paid_at": '"2026-03-04"'}, "bad_time"),
    ({"currency": '"USD"'}, "malformed"),
    ({"lines": "null"}, "malformed"),
    ({"lines": "[" * 5_000 + "]" * 5_000}, "unreadable"),
    ({"lines": line(quantity='"999999999.9999"')}, "bad_line"),
    ({"lines": line(quantity="1e-999999999")}, "bad_line"),
    ({"lines": line(quantity=f'"1.{LONG}1"')}, "bad_line"),
    ({"lines": line(quantity='"NaN"')}, "malformed"),
    ({"lines": line(amount='"1.005"')}, "bad_line"),
    ({"lines": line(amount="1e999999999")}, "bad_line"),
    ({"lines": line(name='"\\ud800"')}, "malformed"),
]


@pytest.mark.parametrize(("changed", "code"), HOSTILE, ids=[f"{n}-{code}" for n, (_c, code) in enumerate(HOSTILE)])
def test_a_hostile_order_is_refused_alone_and_in_a_batch(till, shop, changed, code):
    sent, good = text_of(shop[0], **changed), text_of(shop[0], number='"T-2"')

    status, body = till.post("/orders", sent)
    together, answers = till.post("/orders/batch", f'{{"orders":[{sent},{good}]}}')

    assert (status in {400, 422}, body["code"]) == (True, code)
    assert set(body) == {"type", "title", "detail", "code"}
    if code == "unreadable":
        assert (together, Order.objects.count()) == (400, 0)
    else:
        assert (together, [item["status"] for item in answers["items"]]) == (207, ["rejected", "created"])
        assert answers["items"][0]["reason"] == code
        assert list(Order.objects.values_list("number", flat=True)) == ["T-2"]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "\ufeff", '"text"', "7", "[1]", "{}}", "nul"])
def test_a_hostile_body_is_refused(till, text):
    for path in ("/orders", "/orders/batch", "/orders/T-1/refunds", "/members/lookup"):
        status, body = till.post(path, text)
        assert (status in {400, 422}, set(body)) == (True, {"type", "title", "detail", "code"})


def test_an_order_that_says_one_thing_twice_is_refused(till, shop):
    text = '{"amount": "999",' + text_of(shop[0])[1:]

    status, body = till.post("/orders", text)

    assert (status, body["code"]) == (400, "unreadable")
    assert not Order.objects.exists()


def test_bytes_that_are_no_utf8_are_refused(client, till, shop):
    sent = text_of(shop[0], associate='"张"').encode("gbk")
    headers = {"Authorization": f"Bearer {till.token}", "Accept-Language": "en"}

    answer = client.post("/api/v1/orders", sent, content_type="application/json", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_a_method_that_is_not_allowed_is_answered_in_the_one_shape(client, till, method):
    answer = getattr(client, method)("/api/v1/orders", headers={"Accept-Language": "en"})

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer.json()["code"] == "method_not_allowed"
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


def test_which_field_is_wrong_is_said_in_the_callers_language(till, shop):
    sent = order(shop[0], amount="many", number="x" * 65) | {"member": {}}
    del sent["store"]

    _status, english = till.post("/orders", sent, language="en")
    _status, chinese = till.post("/orders", sent, language="zh-CN")

    assert english["detail"].split("; ") == [
        "number: has more than 64 characters", "store: is missing", "amount: is not a number",
        "member: give exactly one of phone, card and openid",
    ]  # fmt: skip
    assert "number: " in chinese["detail"]


# --- refunds -------------------------------------------------------------------------------------------
def refund(**given):
    return {"number": "R-1", "amount": "8.90", "refunded_at": AT} | given


@pytest.mark.parametrize("number", ["2026/03/1", "a%2Fb", "..", "退/1", "a?b#c"])
def test_every_number_that_an_order_may_have_can_be_refunded(client, till, shop, number):
    assert till.post("/orders", order(shop[0], number=number))[0] == 201

    path = f"/orders/{quote(number, safe='')}/refunds"

    assert till.post(path, refund())[0] == 201
    assert Refund.objects.get().order.number == number


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": "1e999999999"}, "bad_amount"),
        ({"amount": "0.001"}, "bad_amount"),
        ({"amount": "NaN"}, "malformed"),
        ({"currency": "USD"}, "malformed"),
        ({"number": "\x00"}, "bad_number"),
        ({"refunded_at": "2020-01-01T00:00:00Z"}, "before_order"),
        ({"refunded_at": "2026-03-04T12:00:00"}, "bad_time"),
        ({"reason": "x" * 201}, "malformed"),
    ],
)
def test_a_hostile_refund_is_refused(till, shop, changed, code):
    till.post("/orders", order(shop[0]))

    status, body = till.post("/orders/T-1/refunds", refund(**changed))

    assert (status, body["code"]) == (422, code)
    assert Order.objects.get().refunded == 0


def test_a_refund_dated_by_the_day_alone_is_taken(till, shop):
    till.post("/orders", order(shop[0]))

    assert till.post("/orders/T-1/refunds", refund(refunded_at="2026-03-04T00:00:00+08:00"))[0] == 201


def test_a_refund_that_overtakes_its_order_is_taken_when_it_comes_again(till, shop):
    first = till.post("/orders/T-1/refunds", refund())
    till.post("/orders", order(shop[0], make_member()))
    again = till.post("/orders/T-1/refunds", refund())

    assert (first[0], first[1]["code"]) == (404, "unknown_order")
    assert (again[0], again[1]["taken_points"]) == (201, 8)


def test_a_refund_sent_again_with_another_key_of_the_channel_is_the_same_refund(client, till, shop):
    till.post("/orders", order(shop[0]))
    other = Till(client, shop[1])

    answers = [each.post("/orders/T-1/refunds", refund())[0] for each in (till, other)]

    assert answers == [201, 200]
    assert Refund.objects.count() == 1


def test_one_number_in_two_channels_is_two_orders(client, till, shop):
    member = make_member()
    other = Till(client, make_channel(brand=shop[0].brand))

    answers = [each.post("/orders", order(shop[0], member))[0] for each in (till, other)]

    assert answers == [201, 201]
    assert held(member, shop[0].brand)[0] == 176


def test_a_receipt_may_name_one_product_twice(till, shop):
    sent = order(shop[0], lines=[{"sku": "A", "amount": "1"}, {"sku": "A", "amount": "1"}])

    assert till.post("/orders", sent)[0] == 201
    assert OrderLine.objects.count() == 2


@pytest.mark.parametrize("body", [{"phone": "\x00"}, {"card": "\x00"}, {"card": " "}, {"phone": "１" * 11}])
def test_a_look_up_of_nonsense_finds_nobody(till, body):
    assert till.post("/members/lookup", body)[1]["code"] == "not_found"
