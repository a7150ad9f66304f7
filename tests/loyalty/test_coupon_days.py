"""The kept sums of coupons by day: they follow every coupon, issued, redeemed, given back or withdrawn."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum

from loyalty.models import Coupon, CouponDay, CouponDayChange
from loyalty.queries import coupon_days as days
from loyalty.queries.coupon_days import Sums
from loyalty.services import coupons
from loyalty.services import days as service
from tests.factories import NOON, make_member, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template

TODAY = date(2026, 3, 4)  # of NOON, in Shanghai
BEFORE = TODAY - timedelta(days=3)
committed = pytest.mark.django_db(transaction=True)


def of(day, staff=None):
    return days.by_day(staff or make_staff(), day, day).get(day, Sums())


def use(coupon, store, *, at=NOON, amount="50"):
    clerk = make_staff(store)
    return coupons.redeem(coupon.code, store=store, amount=Decimal(amount), by=clerk, now=at)


@committed
def test_issued_redeemed_and_given_back_count_in_the_days_they_belong_to():
    store = make_store()
    template = make_template(store.brand)
    first, second, third = (make_coupon(template, now=NOON - timedelta(days=3)) for _ in range(3))
    use(first, store)
    made = use(second, store, at=NOON - timedelta(days=2))
    coupons.undo(made.coupon, by=made.coupon.redeemed_by, now=NOON - timedelta(days=2) + timedelta(minutes=1))
    coupons.void(third, by=make_staff(), now=NOON, reason="wrong")
    for folds in (False, True):
        staff = make_staff()
        assert of(BEFORE, staff) == Sums(3, 0, Decimal(0))
        assert of(TODAY, staff) == Sums(0, 1, Decimal(10))
        assert of(TODAY - timedelta(days=2), staff) == Sums()
        assert days.by_store(staff, TODAY, TODAY)[store.pk].redeemed == 1
        assert days.drifts() == 0
        if not folds:
            assert service.fold_all() > 0
            assert CouponDayChange.objects.count() == 0


def test_the_sums_are_those_of_the_coupons():
    store = make_store()
    template = make_template(store.brand)
    coupons.issue_many(template, [make_member().pk for _ in range(5)], source="crowd", now=NOON)
    Coupon.objects.filter(pk__in=Coupon.objects.values("pk")[:2]).update(
        redeemed_at=NOON, redeemed_store=store, discount=Decimal("7.50")
    )
    counted = Coupon.objects.aggregate(off=Sum("discount"))
    assert of(TODAY) == Sums(Coupon.objects.count(), Coupon.objects.exclude(redeemed_at=None).count(), counted["off"])
    Coupon.objects.all().delete()
    assert (of(TODAY), days.drifts()) == (Sums(), 0)


def test_a_change_that_moves_no_sum_leaves_no_note():
    coupon = make_coupon()
    noted = CouponDayChange.objects.count()
    coupons.void(coupon, by=make_staff(), now=NOON, reason="wrong")
    assert CouponDayChange.objects.count() == noted


def test_a_region_sees_what_its_stores_redeemed_and_a_brand_its_own_programme():
    mine, other = make_store(), make_store()
    for store in (mine, other):
        coupon = make_coupon(make_template(store.brand))
        Coupon.objects.filter(pk=coupon.pk).update(redeemed_at=NOON, redeemed_store=store, discount=5)
    assert of(TODAY) == Sums(2, 2, Decimal(10))
    assert of(TODAY, make_staff(mine.region)) == Sums(0, 1, Decimal(5))
    assert of(TODAY, make_staff(mine.brand)) == Sums(1, 1, Decimal(5))
    assert list(days.until(make_staff(mine.region), NOON + timedelta(minutes=1))) == [mine.pk]


def test_part_of_a_day_is_counted_from_the_coupons():
    store = make_store()
    template = make_template(store.brand)
    for minutes in (-1, 1):
        coupon = make_coupon(template, make_member())
        at = NOON + timedelta(minutes=minutes)
        Coupon.objects.filter(pk=coupon.pk).update(redeemed_at=at, redeemed_store=store, discount=5)
    assert days.until(make_staff(), NOON) == {store.pk: Sums(0, 1, Decimal(5))}


@committed
def test_twin_with_the_trigger_off_drifts_and_rebuilding_mends_it():
    coupon = make_coupon()
    service.fold_all()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE loyalty_coupon DISABLE TRIGGER loyalty_coupon_update_day")
    try:
        Coupon.objects.filter(pk=coupon.pk).update(redeemed_at=NOON, redeemed_store=make_store(), discount=5)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE loyalty_coupon ENABLE TRIGGER loyalty_coupon_update_day")
    assert (days.drifts(), of(TODAY).redeemed) == (1, 0)
    service.rebuild()
    assert (days.drifts(), of(TODAY).redeemed, CouponDay.objects.count()) == (0, 1, 2)
