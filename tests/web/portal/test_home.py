"""The first page of the day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.models import Coupon
from loyalty.queries import coupon_days, leaderboard
from loyalty.queries import days as book_days
from loyalty.services import orders
from members.models import Member, Order
from members.queries import buyers, funnel, reports
from members.queries.days import calendar, total
from members.queries.reports import Span
from members.services import days as service
from stores.models import CodeScan, StoreCode
from stores.services import codes
from tests.campaigns.makers import make_campaign
from tests.factories import NOON, make_channel, make_member, make_order, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template
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


def test_home_asks_the_database_a_few_things_only(client, now, django_assert_max_num_queries):
    """Sessions, tiles, chart, ways, funnel, board and what comes next: never more, however much there is."""
    for each in (make_store(), make_store()):
        make_order(each, member=make_member(home_store=each, joined_at=now), paid_at=now - timedelta(minutes=4))
    client.force_login(make_staff())
    client.get("/")
    with django_assert_max_num_queries(25):
        client.get("/?days=7")


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
    board = leaderboard.of(staff, span, reports.daily(staff, span), by="joins")
    assert [(row.store.pk, row.figure) for row in board] == [(mine.pk, 1)]


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
            redeem(shop, now - timedelta(minutes=1))
            make_campaign(brand=shop.brand, store=shop, kind="local", status="running", starts_at=now)
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[1] <= 25


def scan_and_join(store, at, *, bought=0, scans=1):
    """So many scans of the store's code, and one member who joined by it and bought so often."""
    code = StoreCode.objects.filter(store=store).first() or codes.issue(store, kind="store", by=None, now=at)
    for n in range(scans):
        CodeScan.objects.create(code=code, visitor=f"{Member.objects.count()}-{n}", hour=at, at=at)
    member = make_member(home_store=store, joined_at=at, joined_code=code)
    for _ in range(bought):
        make_order(store, member=member, paid_at=at + timedelta(seconds=1))
    return member


def test_the_funnel_goes_from_scans_to_members_who_come_back(client, now):
    store, other = make_store(), make_store()
    at = now - timedelta(minutes=9)
    for bought in (0, 1, 2, 3):
        scan_and_join(store, at, bought=bought, scans=2)
    scan_and_join(other, at, bought=1)
    make_member(home_store=store, joined_at=at)  # came by another way
    client.force_login(make_staff(language="en"))
    steps = client.get("/?days=1").context["funnel"]["steps"]
    since = now.astimezone(calendar()).replace(hour=0, minute=0)
    by_code = Member.objects.filter(joined_code__isnull=False, joined_at__gte=since)
    bought = [Order.objects.filter(member=member).count() for member in by_code]
    counted = [CodeScan.objects.count(), by_code.count(), sum(n > 0 for n in bought), sum(n > 1 for n in bought)]
    assert [step.count for step in steps] == counted == [9, 5, 4, 2]
    assert [step.share for step in steps] == [None, pytest.approx(5 / 9), 0.8, 0.5]

    client.force_login(make_staff(store.region))
    assert [step.count for step in client.get("/?days=1").context["funnel"]["steps"]] == [8, 4, 3, 2]


def test_a_dealer_sees_only_orders_of_own_stores_in_the_funnel(now):
    store, other = make_store(), make_store()
    member = scan_and_join(store, now - timedelta(minutes=9))
    make_order(other, member=member, paid_at=now - timedelta(minutes=1))
    span = Span.of_days(7, now=now, zone=calendar())
    assert funnel.of(make_staff(store.region), span).now == funnel.Cohort(1, 0, 0)
    assert funnel.of(make_staff(), span).now == funnel.Cohort(1, 1, 0)


def test_a_funnel_that_was_counted_ahead_says_when(client, now, monkeypatch):
    store = make_store()
    scan_and_join(store, now - timedelta(minutes=30), bought=1)
    monkeypatch.setattr(buyers, "KEEP_FROM", 0)
    service.keep_buyers(now=now - timedelta(minutes=5))
    scan_and_join(store, now - timedelta(minutes=1))
    client.force_login(make_staff(language="en"))
    page = client.get("/")
    assert page.context["funnel"]["steps"][1].count == 1
    assert "People were counted 5 minutes ago." in page.content.decode()
    buyers.cache.clear()
    assert client.get("/").context["funnel"]["steps"][1].count == 2


def redeem(store, at, *, off=5):
    coupon = make_coupon(make_template(store.brand), now=at)
    Coupon.objects.filter(pk=coupon.pk).update(redeemed_at=at, redeemed_store=store, discount=off)


def test_coupon_figures_are_those_of_the_coupons(client, now):
    store, at = make_store(), now - timedelta(minutes=2)
    redeem(store, at, off=5)
    redeem(make_store(), at, off=7)
    redeem(store, at - timedelta(days=7), off=100)
    make_coupon(make_template(store.brand), now=at)
    client.force_login(make_staff(language="en"))
    tiles = {tile.label: tile for tile in client.get("/?days=7").context["tiles"]}
    assert (tiles["Coupons redeemed"].figure, tiles["Coupons redeemed"].hint) == ("2", "3 issued")
    assert (tiles["Discount given"].figure, tiles["Coupons redeemed"].change) == ("¥12", 1.0)
    assert coupon_days.drifts() == 0
    client.force_login(make_staff(store.region, language="en"))
    tiles = {tile.label: tile for tile in client.get("/?days=7").context["tiles"]}
    assert (tiles["Coupons redeemed"].figure, tiles["Coupons redeemed"].hint) == ("1", "")
    assert tiles["Discount given"].figure == "¥5"


def test_stores_are_ranked_by_what_was_asked_and_compared_with_the_same_weekdays(client, now):
    first, second, far = make_store(), make_store(), make_store()
    at = now - timedelta(minutes=3)
    for store, joins, amount, used in ((first, 1, 900, 1), (second, 3, 200, 1), (far, 2, 100, 2)):
        for _ in range(joins):
            make_member(home_store=store, joined_at=at)
        make_order(store, member=make_member(joined_at=NOON), amount=Decimal(amount), refunded=Decimal(50), paid_at=at)
        for _ in range(used):
            redeem(store, at)
    make_member(home_store=second, joined_at=at - timedelta(days=7))
    make_order(first, member=make_member(), amount=Decimal(425), paid_at=at - timedelta(days=7))
    client.force_login(make_staff(language="en"))

    def names(by, days=7):
        return [
            (place.rank, place.name, place.figure) for place in client.get(f"/?days={days}&by={by}").context["board"]
        ]

    called = {store: store.name_en for store in (first, second, far)}
    assert names("joins") == [(1, called[second], "3"), (2, called[far], "2"), (3, called[first], "1")]
    assert names("sales") == [(1, called[first], "¥850.00"), (2, called[second], "¥150.00"), (3, called[far], "¥50.00")]
    assert [row[:2] for row in names("coupons")] == [(1, called[far]), (2, called[first]), (2, called[second])]
    assert names("nonsense") == names("joins")
    board = {place.name: place.change for place in client.get("/?days=7&by=joins").context["board"]}
    assert (board[called[second]], board[called[far]]) == (2.0, None)
    assert client.get("/?days=1&by=sales").context["board"][0].change == 1.0

    client.force_login(make_staff(second.region, language="en"))
    assert [name for by in ("joins", "sales", "coupons") for _, name, _ in names(by)] == [called[second]] * 3


def test_home_lists_the_campaigns_of_this_week_within_ones_sight(client, now):
    store, far = make_store(), make_store()
    ours = make_campaign(name="week", brand=store.brand, starts_at=now + timedelta(days=2))
    local = make_campaign(name="own", brand=store.brand, store=store, kind="local", status="running", starts_at=now)
    make_campaign(name="far", brand=far.brand, store=far, kind="local", status="running", starts_at=now)
    for given in ({"starts_at": now + timedelta(days=9)}, {"status": "draft"}, {"status": "cancelled"}):
        make_campaign(brand=store.brand, **given)
    make_campaign(brand=store.brand, status="running", ends_at=now, starts_at=now - timedelta(days=1))

    def seen(staff):
        client.force_login(staff)
        return [campaign.name for campaign in client.get("/").context["ahead"]]

    assert seen(make_staff(store.brand)) == [ours.name, local.name]
    assert seen(make_staff(store.region)) == [local.name]
    assert set(seen(make_staff())) == {"week", "own", "far"}


def test_every_figure_of_home_says_how_it_is_counted(client, now):
    client.force_login(make_staff())
    page = client.get("/")
    assert all(tile.how for tile in page.context["tiles"])
    assert page.content.decode().count('class="q-how"') == 3


def test_the_check_list_stands_until_everything_is_done(client):
    client.force_login(make_staff())
    steps = client.get("/").context["steps"]
    assert [step.is_done for step in steps] == [False] * 8
    make_store()
    assert client.get("/").context["steps"][0].is_done


def test_home_is_not_for_people_in_stores(client):
    client.force_login(make_staff(make_store()))
    assert client.get("/").status_code in {302, 403}
