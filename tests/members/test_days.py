"""The kept sums of stores by day: they follow every row, late, changed or moved, and can be counted anew."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from loyalty.services import orders
from members.models import Member, Order, StoreDay, StoreDayChange
from members.queries import days
from members.queries.days import Facts
from members.services import days as service
from stores.models import CodeScan
from stores.services import codes
from tests.factories import NOON, make_channel, make_member, make_order, make_staff, make_store
from tests.loyalty.receipts import LATER, make_shop, new_order, new_refund

TODAY = date(2026, 3, 4)  # of NOON, in Shanghai
BEFORE = TODAY - timedelta(days=3)
committed = pytest.mark.django_db(transaction=True)


def of(day, staff=None):
    return days.by_day(staff or make_staff(), day, day).get(day, Facts())


def test_the_database_and_django_keep_the_same_calendar():
    with connection.cursor() as cursor:
        for moment in ("2026-03-04 15:59:59+00", "2026-03-04 16:00:00+00", "2026-07-01 00:00:00+00"):
            cursor.execute("SELECT members_day(%s), %s::timestamptz", [moment, moment])
            day, at = cursor.fetchone()
            assert day == at.astimezone(ZoneInfo(settings.TIME_ZONE)).date() == at.astimezone(days.calendar()).date()


def test_an_order_counts_at_once_in_its_own_day_before_anything_is_folded():
    store = make_store()
    make_order(store, amount=Decimal("80"), paid_at=NOON)
    make_order(store, member=make_member(), amount=Decimal("20"), paid_at=NOON)
    sums = of(TODAY)
    assert (sums.orders, sums.sales, sums.member_orders, sums.member_sales) == (2, 100, 1, 20)
    assert sums.member_share == Decimal("0.2")
    assert StoreDay.objects.count() == 0
    assert days.drifts() == 0


@committed
def test_late_orders_refunds_and_moved_members_reach_the_days_they_belong_to():
    store, till = make_shop()
    member = make_member(home_store=store, joined_at=NOON - timedelta(days=3))
    orders.settle(new_order(store, till, member, number="A", amount="100"), now=LATER)
    assert service.fold_all() > 0

    late = new_order(store, till, member, number="B", amount="50", paid_at=NOON - timedelta(days=3))
    orders.settle_many([late, new_order(store, till, None, number="C", amount="30")], now=LATER)
    orders.refund(new_refund(late, amount="20"), now=LATER)
    other = make_store()
    Member.objects.filter(pk=member.pk).update(home_store=other)

    for folds in (False, True):
        assert days.drifts() == 0
        staff = make_staff()
        assert (of(BEFORE, staff).orders, of(BEFORE, staff).sales, of(BEFORE, staff).joins) == (1, 30, 1)
        assert (of(TODAY, staff).orders, of(TODAY, staff).member_sales) == (2, 100)
        by_store = days.by_store(staff, BEFORE, BEFORE)
        assert (by_store[store.pk].joins, by_store[other.pk].joins) == (0, 1)
        if not folds:
            assert service.fold_all() > 0
            assert StoreDayChange.objects.count() == 0


def test_deleted_and_mass_changed_rows_are_taken_off():
    store = make_store()
    for _ in range(3):
        make_order(store, amount=Decimal("10"), paid_at=NOON)
    Order.objects.update(paid_at=NOON - timedelta(days=3))
    assert (of(TODAY).orders, of(BEFORE).orders) == (0, 3)
    Order.objects.all().delete()
    assert of(BEFORE) == Facts()
    assert days.drifts() == 0


def test_a_change_that_moves_no_sum_leaves_no_note():
    member = make_member(joined_at=NOON)
    noted = StoreDayChange.objects.count()
    Member.objects.filter(pk=member.pk).update(name="王小明", updated_at=NOON)
    assert StoreDayChange.objects.count() == noted


def test_scans_and_joins_without_a_store_count_too():
    store, now = make_store(), timezone.now()
    code = codes.issue(store, kind="store", by=make_staff(), now=now)
    CodeScan.objects.create(code=code, visitor="v", hour=NOON, at=NOON)
    make_member(joined_at=NOON)
    staff = make_staff(store.region)
    assert (of(TODAY).scans, of(TODAY).joins) == (1, 1)
    assert (of(TODAY, staff).scans, of(TODAY, staff).joins) == (1, 0)


def test_a_region_sees_the_sums_of_its_own_stores_only():
    mine, other = make_store(), make_store()
    till = make_channel()
    for store, amount in ((mine, "10"), (other, "5")):
        make_order(store, channel=till, amount=Decimal(amount), paid_at=NOON)
    staff = make_staff(mine.region)
    assert of(TODAY, staff).sales == 10
    assert list(days.by_store(staff, TODAY, TODAY)) == [mine.pk]
    assert days.by_channel(make_staff(), TODAY, TODAY)[till.pk].orders == 2


def test_part_of_a_day_is_counted_from_its_rows():
    store = make_store()
    make_order(store, amount=Decimal("10"), paid_at=NOON - timedelta(hours=1))
    make_order(store, amount=Decimal("5"), paid_at=NOON + timedelta(hours=1))
    make_member(home_store=store, joined_at=NOON - timedelta(minutes=1))
    sums = days.until(make_staff(), NOON)
    assert (sums.orders, sums.sales, sums.joins) == (1, 10, 1)
    assert days.until(make_staff(store.region), NOON + timedelta(hours=2)).orders == 2


@committed
def test_a_rolled_back_order_leaves_no_trace():
    store = make_store()
    with transaction.atomic():
        make_order(store, paid_at=NOON)
        transaction.set_rollback(True)
    assert (StoreDayChange.objects.count(), days.drifts()) == (0, 0)


@committed
def test_twin_with_the_trigger_off_drifts_and_rebuilding_mends_it():
    store = make_store()
    make_order(store, amount=Decimal("10"), paid_at=NOON)
    service.fold_all()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE members_order DISABLE TRIGGER members_order_insert_day")
    try:
        make_order(store, amount=Decimal("5"), paid_at=NOON)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE members_order ENABLE TRIGGER members_order_insert_day")
    assert (days.drifts(), of(TODAY).orders) == (1, 1)
    assert service.rebuild() > 0
    assert (days.drifts(), of(TODAY).orders) == (0, 2)


@committed
def test_folding_in_handfuls_and_twice_adds_each_note_once(monkeypatch):
    monkeypatch.setattr(service, "FOLD_ROWS", 2)
    store = make_store()
    for _ in range(5):
        make_order(store, amount=Decimal("10"), paid_at=NOON)
    noted = StoreDayChange.objects.count()
    assert service.fold_all() == noted
    assert service.fold_all() == 0
    assert (of(TODAY).orders, days.drifts()) == (5, 0)
