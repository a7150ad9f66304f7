"""Tills that write while the days are folded and counted anew."""

import time

import pytest
from django.db import connection

from loyalty.queries import days as book_days
from loyalty.services import days as book_service
from loyalty.services import orders
from members.models import Order, StoreDay
from members.queries import days
from members.services import days as service
from tests.factories import make_member
from tests.loyalty.receipts import LATER, make_shop, new_order
from tests.races.hands import at_once, errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def trade(store, till, member, keep):
    """Four hands sell, the others keep the days."""

    def act(n):
        for turn in range(12):
            if n < 4:
                orders.settle(new_order(store, till, member, number=f"{n}-{turn}"), now=LATER)
            else:
                keep(n)

    return at_once(act)


def test_nothing_is_lost_or_doubled_while_tills_sell_and_days_are_folded_and_rebuilt():
    store, till = make_shop()
    member = make_member(home_store=store)

    def keep(n):
        for each in (service, book_service):
            each.rebuild() if n == 4 else each.fold_all()

    done = trade(store, till, member, keep)

    assert [each for each in errors(done) if "serialize" not in str(each)] == []
    assert (Order.objects.count(), days.drifts(), book_days.drifts()) == (48, 0, 0)
    service.fold_all()
    assert (sum(StoreDay.objects.values_list("orders", flat=True)), days.drifts()) == (48, 0)


def test_twin_that_rebuilds_at_the_moment_of_each_statement_counts_some_orders_twice(monkeypatch):
    store, till = make_shop()
    member = make_member(home_store=store)

    def rebuild_in_many_moments():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM members_storedaychange")
            time.sleep(0.2)
            cursor.execute("DELETE FROM members_storeday")
            cursor.execute(service.RECOUNT)

    def act(n):
        if n:
            orders.settle(new_order(store, till, member, number=f"N{n}"), now=LATER)
        else:
            rebuild_in_many_moments()

    at_once(act)
    assert days.drifts() > 0
