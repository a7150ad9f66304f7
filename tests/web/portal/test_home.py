"""The first page of the day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.queries import reports
from members.queries.reports import Span
from tests.factories import make_channel, make_member, make_order, make_staff, make_store


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
    span = Span.of_days(7, now=now, zone=timezone.get_current_timezone())
    assert reports.sales(staff, span).orders == 1
    assert reports.joined(staff, span) == 1
    assert sum(reports.sales_by_day(staff, span)["all"].values()) == 100


def test_refunds_are_taken_off_sales(now):
    store = make_store()
    make_order(store, amount=Decimal("100"), refunded=Decimal("30"), paid_at=now - timedelta(minutes=1))
    span = Span.of_days(1, now=now, zone=timezone.get_current_timezone())
    assert reports.sales(make_staff(), span).sales == 70


def test_home_asks_as_many_questions_for_three_orders_as_for_one(client, now):
    store, channel, counts = make_store(), make_channel(), []
    client.force_login(make_staff(store.region))
    client.get("/")  # the session notes once who is there
    for more in (1, 2):
        for _ in range(more):
            make_order(store, channel=channel, paid_at=now - timedelta(minutes=1))
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
