"""Tills check and redeem coupons; what they are told when one does not count."""

import pytest
import time_machine

from loyalty.models import Coupon
from loyalty.services import coupons
from members.models import Event
from stores.models import Channel, LogEntry
from stores.services import limits
from tests.factories import NOON, make_channel, make_region, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template
from tests.web.api.test_orders import Till

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def shop():
    return make_store()


@pytest.fixture
def till(client, shop):
    return Till(client, make_channel(brand=shop.brand))


def coupon(shop, columns=None, **given):
    return make_coupon(make_template(shop.brand, **given), **(columns or {}))


def body(held, shop, **given):
    return {"code": held.code, "store": shop.code, "key": "K-1"} | given


def test_a_check_tells_the_discount_and_changes_nothing(till, shop):
    held = coupon(shop, threshold=100)

    status, told = till.post("/coupons/check", {"code": held.code, "store": shop.code})
    assert (status, told["discount"], told["needs_amount"], told["member"]) == (200, None, True, "王*")
    status, told = till.post("/coupons/check", {"code": held.code, "store": shop.code, "amount": "100"})

    assert (status, told["discount"], told["name"]) == (200, "10.00", "Ten off")
    assert Coupon.objects.get().redeemed_at is None


def test_redeeming_answers_201_and_sending_it_again_200_with_the_same(till, shop):
    held = coupon(shop, kind="percent", value=20)
    sent = body(held, shop, amount=88.90, order_number="R-1")

    status, first = till.post("/coupons/redeem", sent)
    again_status, again = till.post("/coupons/redeem", sent)

    assert (status, first["status"], first["discount"], first["order_amount"]) == (201, "redeemed", "17.78", "88.90")
    assert (again_status, again) == (200, first | {"status": "duplicate"})
    assert Event.objects.filter(kind="coupon.redeemed").count() == 1


@pytest.mark.parametrize(
    ("columns", "terms", "status", "code", "english", "chinese"),
    [
        ({"expires_at": NOON}, {}, 422, "expired", "ran out today 12:00", ""),
        ({"voided_at": NOON}, {}, 409, "voided", "withdrawn", ""),
        ({}, {"place": "online"}, 422, "online_only", "online only", ""),
        ({}, {"threshold": 500}, 422, "below_threshold", "¥500", "500"),
        ({}, {"valid_until": None, "kind": "percent", "value": 20}, 422, "bad_amount", "above zero", ""),
    ],
)
def test_a_coupon_that_does_not_count_is_answered_in_the_callers_language(
    till, shop, columns, terms, status, code, english, chinese
):
    held = coupon(shop, columns, **terms)
    sent = body(held, shop, amount="100" if code != "bad_amount" else "-1")
    for path in ("/coupons/check", "/coupons/redeem"):
        got, told = till.post(path, sent)
        assert (got, told["code"]) == (status, code)
        assert english in told["detail"]
        got, told = till.post(path, sent, language="zh-hans")
        assert (got, told["code"]) == (status, code)
        assert chinese in told["detail"]
    assert Coupon.objects.get().redeemed_at is None


def test_a_used_coupon_says_when_and_where(till, shop, client):
    held = coupon(shop)
    till.post("/coupons/redeem", body(held, shop))

    status, told = Till(client, make_channel(brand=shop.brand)).post("/coupons/redeem", body(held, shop))

    assert (status, told["code"]) == (409, "used")
    assert told["detail"] == f"Already used today 12:00 at {shop.name_en}."


@pytest.mark.parametrize("code", ["ZZZZ2222YYYY", "nonsense", "", "' OR 1=1 --", "\\u0000"])
def test_a_forged_code_is_unknown(till, shop, code):
    status, told = till.post("/coupons/redeem", {"code": code, "store": shop.code, "key": "K"})

    assert (status, told["code"]) == (404, "unknown_coupon")


def test_a_channel_that_guesses_is_told_to_wait(till, shop):
    held = coupon(shop)
    for _ in range(limits.WRONG_CODES):
        till.post("/coupons/check", {"code": "ZZZZ2222YYYY", "store": shop.code})

    answer = till.send("/coupons/redeem", body(held, shop))

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert Coupon.objects.get().redeemed_at is None


def test_a_key_redeems_only_at_its_own_stores_and_brand(client, shop):
    held, near, far = coupon(shop), make_store(shop.region), make_store(make_region())
    bound = Till(client, make_channel(), stores=[near, far])

    assert bound.post("/coupons/redeem", body(held, shop))[1]["code"] == "unknown_store"
    assert bound.post("/coupons/redeem", body(held, shop, store=""))[1]["code"] == "unknown_store"
    assert bound.post("/coupons/redeem", body(held, far))[1]["code"] == "other_brand"
    assert bound.post("/coupons/redeem", body(held, near))[0] == 201
    assert client.post("/api/v1/coupons/redeem", body(held, near), content_type="application/json").status_code == 401


def test_a_mall_redeems_without_a_store_what_counts_online(client, shop):
    mall = Till(client, make_channel(kind=Channel.Kind.MALL, brand=shop.brand))
    here, there = coupon(shop), coupon(shop, place="both")

    assert mall.post("/coupons/redeem", {"code": here.code, "key": "1"})[1]["code"] == "store_only"
    assert mall.post("/coupons/redeem", {"code": there.code, "key": "2"})[0] == 201


def test_a_till_takes_its_own_redemption_back(till, shop, client):
    held = coupon(shop)
    till.post("/coupons/redeem", body(held, shop))

    assert Till(client, make_channel(brand=shop.brand)).post("/coupons/undo", {"key": "K-1"})[0] == 404
    status, told = till.post("/coupons/undo", {"key": "K-1"})

    assert (status, told["status"], told["redeemed_at"]) == (200, "restored", None)
    assert till.post("/coupons/undo", {"key": "K-1"})[0] == 404
    assert till.post("/coupons/redeem", body(held, shop))[1]["code"] == "undone"
    assert till.post("/coupons/redeem", body(held, shop, key="K-2"))[0] == 201


def test_taking_back_after_two_minutes_is_refused(till, shop):
    held = coupon(shop)
    till.post("/coupons/redeem", body(held, shop))

    with time_machine.travel(NOON.replace(minute=3)):
        status, told = till.post("/coupons/undo", {"key": "K-1"})

    assert (status, told["code"]) == (409, "too_late")


@pytest.mark.parametrize(
    "given",
    [{"key": ""}, {"key": "x" * 65}, {"key": None}, {"amount": "NaN"}, {"amount": "much"}, {"currency": "USD"},
     {"code": 7}, {"code": "x" * 65}, {"key": "a\0b"}, {"order_number": "\0"}],
)  # fmt: skip
def test_a_malformed_body_is_refused(till, shop, given):
    status, told = till.post("/coupons/redeem", body(coupon(shop), shop) | given)

    assert (status, told["code"]) in {(422, "malformed"), (400, "unreadable")}


@pytest.mark.row("000-13")
def test_the_store_phone_and_the_api_leave_the_same_coupon_and_log_rows(till, shop, client):
    """But for who did it: a colleague, or a channel with its key."""
    one, other = coupon(shop, threshold=50), coupon(shop, threshold=50)
    clerk = make_staff(shop)
    client.force_login(clerk)
    till.post("/coupons/redeem", body(one, shop, amount="60", order_number="R"))
    client.post("/s/redeem", {"code": other.code})
    answer = client.post(
        "/s/redeem/confirm", {"code": other.code, "key": "f", "amount": "60", "order_number": "R"}
    )  # fmt: skip

    assert answer.status_code == 302
    rows = [row_of(one), row_of(other)]
    assert rows[0] == rows[1]
    assert rows[0]["coupon"]["discount"] == 10
    assert (rows[0]["log"]["store_id"], rows[0]["event"]["store_id"]) == (shop.pk, shop.pk)


def row_of(held):
    """Everything that was written, without what names this very coupon and who did it."""
    own = {"id", "code", "member_id", "template_id", "redeemed_by_id", "redeemed_channel_id", "redeemed_key"}
    line = LogEntry.objects.filter(action="coupon.redeemed", object_id=held.pk).values().get()
    told = Event.objects.filter(kind="coupon.redeemed", member=held.member).values().get()
    private = {"id", "actor_id", "actor_name", "object_id", "object_label", "member_id", "channel_id", "recorded_at"}
    told["data"] = {name: value for name, value in told["data"].items() if name not in {"coupon", "template"}}
    return {
        "coupon": {k: v for k, v in Coupon.objects.filter(pk=held.pk).values().get().items() if k not in own},
        "log": {k: v for k, v in line.items() if k not in private},
        "event": {k: v for k, v in told.items() if k not in private},
    }


def test_check_is_the_same_question_as_on_the_store_phone(shop):
    held = coupon(shop)
    clerk, channel = make_staff(shop), make_channel()

    assert coupons.check(held.code, store=shop, by=clerk, now=NOON) == coupons.check(
        held.code, store=shop, channel=channel, now=NOON
    )
