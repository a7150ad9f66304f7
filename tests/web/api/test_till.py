"""Tills through one address: what they send, late and out of order, and what the printer is told."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from loyalty.queries import reconcile
from members.models import Order, Refund
from members.queries import cards
from stores.rules import signatures
from stores.rules.signatures import Sent
from stores.services import keys
from tests.factories import NOON, make_channel, make_member, make_store
from tests.loyalty.coupons import make_coupon, make_template
from tests.loyalty.receipts import held, make_shop, phone_of
from tests.web.api.test_orders import Till

PATH = "/api/v1/pos/events"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


@pytest.fixture
def shop(db):
    return make_shop()


@pytest.fixture
def till(client, shop):
    return Till(client, shop[1])


def event(shop, kind="sale", at=NOON, **given):
    body = {
        "event": kind,
        "store": shop[0].code,
        "till": "1",
        "receipt_no": "R1",
        "occurred_at": at.isoformat(),
        "seq": 1,
    }
    return body | ({"paid": "88.90"} if kind == "sale" else {}) | given


def test_a_sale_tells_the_printer_what_it_gave(till, shop):
    member = make_member()
    sent = event(shop, member={"phone": phone_of(member)}, lines=[{"sku": "A", "amount": "88.90"}])

    status, told = till.post("/pos/events", sent)
    again = till.post("/pos/events", sent)[1]

    assert (status, told["status"], told["balance"], told["moved"]) == (200, "created", 88, 88)
    assert told["messages"] == ["Points for this purchase: 88", "Points now: 88"]
    assert (again["status"], again["balance"], again["moved"]) == ("duplicate", 88, 88)
    assert Order.objects.get().number == f"{shop[0].code}-R1"


def test_a_refund_and_then_a_void_leave_nothing(till, shop):
    member = make_member()
    till.post("/pos/events", event(shop, member={"phone": phone_of(member)}))

    refund = till.post("/pos/events", event(shop, "refund", receipt_no="R2", original_receipt_no="R1", paid="8.90"))[1]
    void = till.post("/pos/events", event(shop, "void"))[1]
    again = till.post("/pos/events", event(shop, "void"))[1]

    assert [each["status"] for each in (refund, void, again)] == ["created", "created", "duplicate"]
    assert (refund["moved"], void["moved"], void["balance"]) == (-8, -80, 0)
    assert held(member, shop[0].brand) == (0, 0, 0)
    assert reconcile.drifts() == []


def test_the_same_receipt_number_in_two_stores_is_two_receipts(client, till, shop):
    other = make_store(shop[0].region)

    first = till.post("/pos/events", event(shop))[1]
    second = till.post("/pos/events", event(shop) | {"store": other.code})[1]

    assert (first["status"], second["status"]) == ("created", "created")


def test_a_member_is_found_by_phone_card_page_and_number(till, shop):
    member = make_member(home_store=shop[0])
    ways = [{"phone": phone_of(member)}, {"code": cards.token(member, now=NOON)}, {"code": member.number}]

    for way in ways if member.number[1:].isdigit() else ways[::2]:
        told = till.post("/pos/events", {"event": "member_lookup", "store": shop[0].code, "member": way})[1]
        assert (told["status"], told["member"]["number"]) == ("found", member.number)
    nobody = till.post("/pos/events", {"event": "member_lookup", "store": shop[0].code, "member": {"card": "x"}})[1]
    assert (nobody["status"], nobody["balance"], nobody["messages"]) == ("unknown", None, [])


def test_what_a_till_kept_for_seven_days_is_taken_in_one_batch(till, shop):
    member = make_member()
    who, old = {"member": {"phone": phone_of(member)}}, NOON - timedelta(days=7)
    batch = [
        event(shop, at=old, **who), event(shop, "refund", receipt_no="R2", original_receipt_no="R1", paid="8.90"),
        event(shop, at=old - timedelta(seconds=1), receipt_no="R3"), event(shop, receipt_no="R4") | {"store": "nowhere"},
        event(shop, "refund", receipt_no="R5", original_receipt_no="R9", paid="1"),
    ]  # fmt: skip

    items = till.post("/pos/events/batch", {"events": batch})[1]["items"]

    assert [(each["status"], each["code"]) for each in items] == [
        ("created", ""), ("created", ""), ("rejected", "too_late"), ("rejected", "unknown_store"),
        ("rejected", "unknown_order"),
    ]  # fmt: skip
    assert Order.objects.get().paid_at == old
    assert str(Refund.objects.get().amount) == "8.90"
    assert all(each["messages"] for each in items[2:])


@pytest.mark.parametrize(
    "changed",
    [
        {"event": "theft"}, {"paid": None}, {"paid": "x"}, {"receipt_no": ""}, {"receipt_no": "a b"}, {"seq": -1},
        {"occurred_at": "2026-03-04T12:00:00"}, {"member": {}}, {"currency": "USD"}, {"lines": [{}]},
        {"event": "refund"}, {"event": "member_lookup"},
    ],
)  # fmt: skip
def test_an_event_that_makes_no_sense_is_refused(till, shop, changed):
    status, told = till.post("/pos/events", event(shop) | changed)

    assert (status, told["code"]) == (422, "malformed")
    assert not Order.objects.exists()


def test_a_till_that_signs_and_names_its_call_is_answered_once(shop):
    _key, token = keys.issue(make_channel(brand=shop[0].brand), name="t", stores=[], must_sign=True, by=None, now=NOON)
    _qy, prefix, secret = token.split("_")
    body = json.dumps(event(shop)).encode()
    at = str(int(NOON.timestamp()))

    def send(nonce):
        signature = signatures.sign(secret, Sent("POST", PATH, at, nonce, body))
        return Client().post(
            PATH, body, content_type="application/json",
            headers={"X-Key-Id": prefix, "X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature,
                     "Idempotency-Key": f"{shop[0].code}:R1:sale"},
        )  # fmt: skip

    first, again, replayed = send("1" * 16), send("2" * 16), send("2" * 16)

    assert (first.status_code, first.json()["status"]) == (200, "created")
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (200, first.content, "true")
    assert (replayed.status_code, replayed.json()["code"]) == (401, "replayed")


# --- coupons -------------------------------------------------------------------------------------------
def coupon_of(shop, **given):
    return make_coupon(make_template(shop[0].brand, **given))


def test_a_coupon_is_held_for_a_receipt_and_then_used_up_once(till, shop):
    held = coupon_of(shop, kind="percent", value=20)

    first = till.post("/pos/events", event(shop, "redeem_hold", coupon=held.code, paid="100"))[1]
    used = till.post("/pos/events", event(shop, "redeem_commit", paid="100"))[1]
    again = till.post("/pos/events", event(shop, "redeem_commit", paid="100"))[1]

    assert [(each["status"], each["discount"]) for each in (first, used, again)] == [
        ("held", "20.00"), ("redeemed", "20.00"), ("duplicate", "20.00")
    ]  # fmt: skip
    held.refresh_from_db()
    assert (held.order_number, held.held_until) == (f"{shop[0].code}-R1", None)


def test_what_is_held_nobody_else_gets_until_it_is_let_go_or_its_time_is_over(client, till, shop, clock):
    other, held = Till(client, make_channel(brand=shop[0].brand)), coupon_of(shop)
    till.post("/pos/events", event(shop, "redeem_hold", coupon=held.code))

    asked = other.post("/pos/events", event(shop, "redeem_hold", coupon=held.code))[1]
    redeemed = other.post("/coupons/redeem", {"code": held.code, "store": shop[0].code, "key": "K"})
    second = till.post("/pos/events", event(shop, "redeem_hold", receipt_no="R2", coupon=held.code))[1]
    assert [asked["code"], redeemed[1]["code"], second["code"]] == ["held"] * 3
    assert asked["messages"] == ["This coupon is being used at a till right now. Try again in a few minutes."]

    assert till.post("/pos/events", event(shop, "redeem_release"))[1]["status"] == "released"
    assert other.post("/pos/events", event(shop, "redeem_hold", coupon=held.code))[1]["status"] == "held"
    clock.move_to(NOON + timedelta(minutes=15))
    assert till.post("/pos/events", event(shop, "redeem_hold", coupon=held.code))[1]["status"] == "held"
    assert other.post("/pos/events", event(shop, "redeem_commit"))[1]["status"] == "rejected"


def test_one_receipt_holds_one_coupon_and_nothing_is_used_that_was_not_held(till, shop):
    first, second = coupon_of(shop), coupon_of(shop)
    till.post("/pos/events", event(shop, "redeem_hold", coupon=first.code))

    assert till.post("/pos/events", event(shop, "redeem_hold", coupon=second.code))[1]["code"] == "key_used"
    assert till.post("/pos/events", event(shop, "redeem_commit", receipt_no="R9"))[1]["code"] == "unknown_coupon"
    assert till.post("/pos/events", event(shop, "redeem_release", receipt_no="R9"))[1]["status"] == "unknown"
