"""Orders: the list, one receipt, and what it earned."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.services import orders as settling
from members.models import Order
from tests.factories import NOON, make_member, make_order, make_region, make_staff, make_store
from tests.loyalty.receipts import LATER, make_shop, new_line, new_order, new_refund

LIST = "/orders/"


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    client.get("/ui/")
    return staff


def questions(client, url):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    assert answer.status_code == 200
    return len(asked), answer


def test_the_list_asks_as_many_questions_for_three_orders_as_for_one(client, admin):
    make_order(member=make_member())
    one, _answer = questions(client, LIST)
    make_order(member=make_member())
    make_order()
    three, answer = questions(client, LIST)
    assert one == three <= 15
    assert len(answer.context["page"]) == 3


def test_the_page_asks_as_many_questions_for_three_lines_as_for_one(client, admin):
    small = make_order(lines=[("P1", "牛奶", 1, 5)])
    large = make_order(lines=[("P1", "牛奶", 1, 5), ("P2", "面包", 2, 8), ("P3", "茶", 1, 20)])
    counts = [questions(client, reverse("order-detail", args=[order.pk]))[0] for order in (small, large)]
    assert counts[0] == counts[1] <= 20


def test_filters_narrow_by_number_store_shopper_refund_and_day(client, admin):
    store, member = make_store(), make_member()
    wanted = make_order(store, member=member, number="R-77", amount=Decimal("50"), refunded=Decimal("20"))
    make_order(paid_at=NOON.replace(year=2025))
    for words in ("q=R-77", f"store={store.code}", "shopper=member", "refund=some", "paid_min=2026-01-01"):
        assert [row.pk for row in client.get(f"{LIST}?{words}").context["page"]] == [wanted.pk], words


def test_a_stranger_gets_404(client):
    order = make_order()
    client.force_login(make_staff(make_region()))
    assert client.get(reverse("order-detail", args=[order.pk])).status_code == 404
    assert len(client.get(LIST).context["page"]) == 0


def test_the_page_shows_lines_refunds_and_what_the_order_earned(client, admin):
    store, channel = make_shop()
    member = make_member(home_store=store)
    line = new_line(sku="P9", name="龙井茶", amount="88.80")
    settling.settle(new_order(store, channel, member, amount="88.80", number="T-1", lines=[line]), now=NOON)
    order = Order.objects.get(number="T-1")
    settling.refund(new_refund(order, amount="38.80", number="Z-1"), now=LATER)
    answer = client.get(reverse("order-detail", args=[order.pk]))
    points = [entry.amount for entry in answer.context["entries"] if entry.book.asset == "points"]
    assert points == [88, -38]
    text = answer.content.decode()
    assert {word for word in ("龙井茶", member.number, "Z-1", "¥38.80") if word not in text} == set()


def test_the_export_keeps_amounts_as_numbers_and_texts_harmless(client, admin):
    make_order(number="+1-2", amount=Decimal("12.50"))
    body = b"".join(client.get(f"{LIST}?export=csv").streaming_content).decode()
    assert "'+1-2" in body
    assert ",12.50" in body
