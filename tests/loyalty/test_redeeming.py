"""A coupon at a till: worth what it says, at its time and place, once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import translation

from loyalty.models import Coupon
from loyalty.rules.redeeming import Refusal
from loyalty.services import coupons
from loyalty.services.coupons import CannotRedeem, CannotUndo, CannotVoid, TooManyGuesses
from members.models import Event
from stores.models import Channel, LogEntry
from stores.services import limits
from tests.factories import NOON, make_channel, make_region, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template

D = Decimal
UNKNOWN = "ZZZZ2222YYYY"
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make_store(name="武林店", name_en="Wulin")


@pytest.fixture
def clerk(shop):
    return make_staff(shop)


def template(shop, **given):
    return make_template(shop.brand, **given)


def why(act, *args, **given) -> tuple[str, str]:
    with pytest.raises(CannotRedeem) as caught:
        act(*args, **{"now": NOON} | given)
    return caught.value.reason, str(caught.value)


def test_redeeming_uses_the_coupon_up_and_tells_events_and_log(shop, clerk):
    coupon = make_coupon(template(shop, threshold=100), source="campaign:7:1")

    done = coupons.redeem(
        coupon.code, store=shop, amount=D("120.50"), order_number="R-9", by=clerk, now=NOON
    )  # fmt: skip

    held = Coupon.objects.get(pk=coupon.pk)
    assert done.is_new
    assert (held.redeemed_at, held.redeemed_store, held.redeemed_by, held.redeemed_channel) == (NOON, shop, clerk, None)
    assert (held.discount, held.order_amount, held.order_number) == (D(10), D("120.50"), "R-9")
    told = Event.objects.get(kind="coupon.redeemed")
    assert (told.member, told.store, told.at) == (coupon.member, shop, NOON)
    assert told.data == {
        "program": coupon.template.program_id, "coupon": coupon.pk, "template": coupon.template_id,
        "source": "campaign:7:1", "discount": "10.00", "order_amount": "120.50", "order_number": "R-9",
    }  # fmt: skip
    line = LogEntry.objects.get(action="coupon.redeemed")
    assert (line.object_id, line.store_id, line.actor_id) == (coupon.pk, shop.pk, clerk.pk)
    assert coupon.code not in f"{line.object_label}{line.after}"


def test_a_second_use_is_refused_with_when_and_where(shop):
    coupon = make_coupon(template(shop))
    coupons.redeem(coupon.code, store=shop, now=NOON + timedelta(hours=2, minutes=2))
    other = make_store(shop.region)

    with translation.override("en"):
        today = why(coupons.redeem, coupon.code, store=other, now=NOON + timedelta(hours=3))
        later = why(coupons.check, coupon.code, store=other, now=NOON + timedelta(days=1))
    with translation.override("zh-hans"):
        chinese = why(coupons.redeem, coupon.code, store=other, now=NOON + timedelta(hours=3))

    assert today == (Refusal.USED, "Already used today 14:02 at Wulin.")
    assert later == (Refusal.USED, "Already used 2026-03-04 14:02 at Wulin.")
    assert "14:02" in chinese[1]
    assert "武林店" in chinese[1]
    assert LogEntry.objects.filter(action="coupon.redeemed").count() == 1


@pytest.mark.parametrize(
    ("terms", "columns", "given", "reason"),
    [
        ({}, {"expires_at": NOON}, {}, Refusal.EXPIRED),
        ({}, {"starts_at": NOON + timedelta(days=1)}, {}, Refusal.NOT_YET),
        ({}, {"voided_at": NOON}, {}, Refusal.VOIDED),
        ({"place": "online"}, {}, {}, Refusal.ONLINE_ONLY),
        ({"threshold": 100}, {}, {"amount": D("99.99")}, Refusal.BELOW_THRESHOLD),
        ({"threshold": 100}, {}, {}, Refusal.AMOUNT_NEEDED),
        ({"kind": "percent"}, {}, {}, Refusal.AMOUNT_NEEDED),
        ({}, {}, {"amount": D(0)}, Refusal.BAD_AMOUNT),
    ],
)
def test_a_coupon_that_does_not_count_is_refused_and_stays_as_it_is(shop, terms, columns, given, reason):
    coupon = make_coupon(template(shop, **terms), **columns)
    before = Coupon.objects.filter(pk=coupon.pk).values().get()

    assert why(coupons.redeem, coupon.code, store=shop, **given)[0] is reason
    if reason is not Refusal.AMOUNT_NEEDED:
        assert why(coupons.check, coupon.code, store=shop, **given)[0] is reason
    assert Coupon.objects.filter(pk=coupon.pk).values().get() == before
    assert not Event.objects.filter(kind="coupon.redeemed").exists()


@pytest.mark.row("002-31")
def test_a_coupon_counts_only_at_its_stores_and_its_brand(shop):
    bound = template(shop)
    bound.stores.add(make_store(shop.region))
    coupon = make_coupon(bound)

    assert why(coupons.redeem, coupon.code, store=shop)[0] is Refusal.OTHER_STORE
    assert why(coupons.redeem, coupon.code, store=make_store(make_region()))[0] is Refusal.OTHER_BRAND
    assert coupons.redeem(coupon.code, store=bound.stores.get(), now=NOON).is_new


@pytest.mark.row("002-31")
def test_a_mall_takes_what_counts_online_and_nothing_else(shop):
    mall = make_channel(kind=Channel.Kind.MALL, brand=shop.brand)
    here, there = make_coupon(template(shop)), make_coupon(template(shop, place="both"))

    assert why(coupons.redeem, here.code, store=None, channel=mall, key="1")[0] is Refusal.STORE_ONLY
    assert coupons.redeem(there.code, store=None, channel=mall, key="2", now=NOON).is_new
    with translation.override("en"):
        assert mall.name in why(coupons.redeem, there.code, store=shop)[1]


def test_the_same_till_with_the_same_key_gets_the_same_answer(shop):
    till, coupon, other = make_channel(), make_coupon(template(shop)), make_coupon(template(shop))

    first = coupons.redeem(coupon.code, store=shop, channel=till, key="K1", now=NOON)
    again = coupons.redeem(coupon.code, store=shop, channel=till, key="K1", now=NOON + timedelta(days=90))

    assert (first.is_new, again.is_new) == (True, False)
    assert again.coupon == first.coupon
    assert LogEntry.objects.filter(action="coupon.redeemed").count() == 1
    assert why(coupons.redeem, coupon.code, store=shop, channel=till, key="K2")[0] is Refusal.USED
    assert why(coupons.redeem, coupon.code, store=shop, channel=make_channel(), key="K1")[0] is Refusal.USED
    assert why(coupons.redeem, other.code, store=shop, channel=till, key="K1")[0] is Refusal.KEY_USED


def test_a_colleague_who_taps_twice_gets_the_same_answer(shop, clerk):
    coupon = make_coupon(template(shop))

    made = [coupons.redeem(coupon.code, store=shop, by=clerk, key="form-1", now=NOON).is_new for _ in range(2)]

    assert made == [True, False]
    assert why(coupons.redeem, coupon.code, store=shop, by=make_staff(shop), key="form-1")[0] is Refusal.USED


# --- forged codes --------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["", "ABC", "A" * 5000, "' OR 1=1 --", "ABCD1111EFGH", "\x00"])
def test_a_malformed_code_is_unknown_without_asking_the_database(shop, clerk, typed, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert why(coupons.redeem, typed, store=shop, by=clerk)[0] is Refusal.UNKNOWN


def test_guessing_stops_after_ten_unknown_codes_for_that_person_and_for_nobody_else(shop, clerk):
    coupon, till = make_coupon(template(shop)), make_channel()
    for _ in range(limits.WRONG_CODES):
        assert why(coupons.check, UNKNOWN, store=shop, by=clerk)[0] is Refusal.UNKNOWN

    with pytest.raises(TooManyGuesses) as caught:
        coupons.redeem(coupon.code, store=shop, by=clerk, now=NOON)

    assert 0 < caught.value.wait <= 60
    assert coupons.check(coupon.code, store=shop, by=make_staff(shop), now=NOON).discount == 10
    assert coupons.check(coupon.code, store=shop, channel=till, now=NOON).discount == 10
    assert coupons.redeem(coupon.code, store=shop, by=clerk, now=NOON + timedelta(minutes=1)).is_new


def test_right_codes_are_never_counted_as_guesses(shop, clerk):
    coupon = make_coupon(template(shop))
    for _ in range(limits.WRONG_CODES * 2):
        coupons.check(coupon.code, store=shop, by=clerk, now=NOON)


# --- giving back and withdrawing -----------------------------------------------------------------------
def test_who_redeemed_may_take_it_back_within_two_minutes(shop, clerk):
    coupon = make_coupon(template(shop))
    coupons.redeem(coupon.code, store=shop, by=clerk, key="f1", amount=D(50), order_number="R", now=NOON)

    back = coupons.undo(coupon, by=clerk, now=NOON + timedelta(minutes=2))

    assert (back.redeemed_at, back.discount, back.order_amount, back.order_number) == (None, None, None, "")
    told = Event.objects.get(kind="coupon.restored")
    assert (told.store, told.data["coupon"]) == (shop, coupon.pk)
    assert LogEntry.objects.get(action="coupon.restored").store_id == shop.pk
    assert why(coupons.redeem, coupon.code, store=shop, by=clerk, key="f1")[0] is Refusal.UNDONE
    assert coupons.redeem(coupon.code, store=shop, by=clerk, key="f2", now=NOON).is_new


def test_nobody_else_and_nobody_later_takes_it_back(shop, clerk):
    coupon, till = make_coupon(template(shop)), make_channel()
    coupons.redeem(coupon.code, store=shop, by=clerk, now=NOON)

    for given in ({"by": make_staff(shop)}, {"channel": till}, {}, {"by": clerk, "channel": till}):
        with pytest.raises(CannotUndo):
            coupons.undo(coupon, now=NOON, **given)
    with pytest.raises(CannotUndo):
        coupons.undo(coupon, by=clerk, now=NOON + timedelta(minutes=2, seconds=1))
    assert Coupon.objects.get().redeemed_at == NOON


def test_a_till_takes_its_own_redemption_back_and_its_late_repeat_does_nothing(shop):
    till, coupon = make_channel(), make_coupon(template(shop))
    coupons.redeem(coupon.code, store=shop, channel=till, key="K", now=NOON)

    coupons.undo(coupon, channel=till, now=NOON)

    assert why(coupons.redeem, coupon.code, store=shop, channel=till, key="K")[0] is Refusal.UNDONE
    assert Coupon.objects.get().redeemed_at is None


def test_withdrawing_needs_a_reason_and_an_unused_coupon(shop, clerk):
    coupon, used = make_coupon(template(shop)), make_coupon(template(shop))
    coupons.redeem(used.code, store=shop, now=NOON)

    with pytest.raises(CannotVoid):
        coupons.void(coupon, by=clerk, now=NOON, reason="  ")
    coupons.void(coupon, by=clerk, now=NOON, reason="误发")
    for again in (coupon, used):
        with pytest.raises(CannotVoid):
            coupons.void(again, by=clerk, now=NOON, reason="again")

    assert LogEntry.objects.get(action="coupon.voided").reason == "误发"
    assert Event.objects.get(kind="coupon.voided").data["coupon"] == coupon.pk
    assert why(coupons.redeem, coupon.code, store=shop)[0] is Refusal.VOIDED


def test_the_database_itself_knows_no_used_and_withdrawn_coupon(shop):
    coupon = make_coupon(template(shop))
    with connection.cursor() as cursor, pytest.raises(Exception, match="coupon_used_or_voided"):
        cursor.execute(
            "UPDATE loyalty_coupon SET redeemed_at = now(), discount = 1, voided_at = now() WHERE id = %s", [coupon.pk]
        )
