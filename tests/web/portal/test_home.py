"""The first page of the day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.queries import days as book_days
from loyalty.services import orders
from members.queries import buyers, reports
from members.queries.days import calendar, total
from members.queries.reports import Span
from members.services import days as service
from tests.factories import NOON, make_channel, make_member, make_order, make_staff, make_store
from tests.loyalty.receipts import make_shop, new_order, new_refund


@pytest.fixture
def now():
    return timezone.now()


def test_home_counts_what_happened_and_compares_it(client, now):
    store = make_store()
    member = make_member(home_store=store, joined_at=now - timedelta(minutes=5))
    make_member(home_store=store, joined_at=now - timedelta(days=7, minutes=5))
    make_order(store, member=member, amount=Decimal("300"), paid_at=now - timedelta(minutes=4))
    make_order(store, amount=Decimal("100"), paid_at=now - timedelta(minutes=3))
    client.force_login(make_staff())
    tiles = {tile.label: tile for tile in client.get("/?days=7", headers={"accept-language": "en"}).context["tiles"]}
    figures = {label: tile.figure for label, tile in tiles.items()}
    assert {"1", "¥400", "75.0%"} <= set(figures.values())


def test_a_span_is_compared_with_the_same_weekdays_until_the_same_time(now):
    zone = timezone.get_current_timezone()
    for days, weeks in [(1, 1), (7, 1), (30, 4)]:
        span = Span.of_days(days, now=now, zone=zone)
        assert len(span.days) == days
        assert span.end - span.before.end == timedelta(weeks=weeks)
        assert span.days[0].weekday() == span.before.days[0].weekday()


def test_a_region_sees_the_figures_of_its_own_stores_only(now):
    mine, other = make_store(), make_store()
    for store in (mine, other):
        make_order(store, amount=Decimal("100"), paid_at=now - timedelta(minutes=1))
        make_member(home_store=store, joined_at=now - timedelta(minutes=1))
    staff = make_staff(mine.region)
    span = Span.of_days(7, now=now, zone=calendar())
    seen = total(reports.daily(staff, span).of(span).values())
    assert (seen.orders, seen.joins, seen.sales) == (1, 1, 100)
    assert [(store.pk, joins) for store, joins in reports.joined_by_store(staff, span)] == [(mine.pk, 1)]


def test_refunds_are_taken_off_sales(now):
    store = make_store()
    make_order(store, amount=Decimal("100"), refunded=Decimal("30"), paid_at=now - timedelta(minutes=1))
    span = Span.of_days(1, now=now, zone=calendar())
    assert total(reports.daily(make_staff(), span).of(span).values()).sales == 70


def test_a_span_before_ends_at_the_same_time_of_its_last_day():
    store = make_store()
    span = Span.of_days(7, now=NOON, zone=calendar())
    for minutes in (-1, 1):
        make_order(store, amount=Decimal("10"), paid_at=span.before.end + timedelta(minutes=minutes))
    days = reports.daily(make_staff(), span)
    assert total(days.before(span).values()).orders == 1
    assert total(days.of(span.before).values()).orders == 2


def test_points_of_home_are_those_of_the_ledger(client):
    store, till = make_shop()
    member = make_member()
    moment = timezone.now()
    order = new_order(store, till, member, amount="300", paid_at=moment - timedelta(minutes=2))
    orders.settle(order, now=moment)
    orders.refund(new_refund(order, amount="100", at=moment), now=moment)
    client.force_login(make_staff(language="en"))
    tiles = {tile.label: tile.figure for tile in client.get("/").context["tiles"]}
    assert (tiles["Points issued"], tiles["Points balance"]) == ("300", "200")
    assert book_days.drifts() == 0


def test_buyers_that_were_counted_ahead_are_shown_with_their_time(client, now, monkeypatch):
    store, member = make_store(), make_member()
    make_order(store, member=member, paid_at=now - timedelta(minutes=30))
    monkeypatch.setattr(buyers, "KEEP_FROM", 0)
    assert service.keep_buyers(now=now - timedelta(minutes=5)) == 3
    make_order(store, member=make_member(), paid_at=now - timedelta(minutes=1))
    client.force_login(make_staff(language="en"))
    tile = client.get("/").context["tiles"][1]
    assert (tile.figure, "counted 5 minutes ago" in tile.hint) == ("1", True)
    buyers.cache.clear()
    assert client.get("/").context["tiles"][1].figure == "2"


@pytest.mark.parametrize("whole", [True, False], ids=["chain", "region"])
def test_home_asks_as_many_questions_at_three_stores_as_at_one(client, now, whole):
    store, channel, counts = make_store(), make_channel(), []
    client.force_login(make_staff() if whole else make_staff(store.region))
    client.get("/")  # the session notes once who is there
    for more in (1, 2):
        for _ in range(more):
            shop = make_store(store.region)
            make_order(shop, channel=channel, paid_at=now - timedelta(minutes=1), member=make_member(home_store=shop))
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[1] <= 25


def test_the_check_list_stands_until_everything_is_done(client):
    client.force_login(make_staff())
    steps = client.get("/").context["steps"]
    assert [step.is_done for step in steps] == [False] * 8
    make_store()
    assert client.get("/").context["steps"][0].is_done


def test_home_is_not_for_people_in_stores(client):
    client.force_login(make_staff(make_store()))
    assert client.get("/").status_code in {302, 403}
