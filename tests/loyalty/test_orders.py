"""What an order earns, what a refund takes back, and that sending again changes nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest

from loyalty.models import Book, Entry, Lot, Program, Standing, TierChange
from loyalty.queries import reconcile
from loyalty.services import orders
from loyalty.services.orders import MemberRef, Refusal, Status
from members.models import Event, Order, OrderLine, Product, Refund
from members.services import orders as records
from stores.models import Store
from tests.factories import NOON, make_channel, make_member, make_region, make_staff, make_store
from tests.loyalty.receipts import (
    LATER,
    account_of,
    held,
    make_shop,
    new_line,
    new_order,
    new_refund,
)


@pytest.fixture(autouse=True)
def _the_ledger_agrees_with_itself(db):
    yield
    assert reconcile.drifts() == []


def test_an_order_becomes_points_growth_value_and_one_event():
    store, till = make_shop()
    member = make_member()

    done = orders.settle(new_order(store, till, member, amount="88.90"), now=LATER)

    assert (done.status, done.points, done.growth, done.member_id) == (Status.CREATED, 88, 88, member.pk)
    assert held(member, store.brand) == (88, 88, 0)
    event = Event.objects.get(kind="order.paid")
    assert (event.member_id, event.at, event.data["amount"]) == (member.pk, NOON, "88.90")


def test_sending_an_order_again_changes_nothing():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member, lines=[new_line()])

    first, again = orders.settle(order, now=LATER), orders.settle(order, now=LATER + timedelta(hours=1))

    assert (first.status, again.status) == (Status.CREATED, Status.DUPLICATE)
    assert again.order_id == first.order_id
    assert (again.points, again.growth) == (first.points, first.growth) == (100, 100)
    assert [model.objects.count() for model in (Order, OrderLine)] == [1, 1]
    assert Event.objects.filter(kind="order.paid").count() == 1
    assert held(member, store.brand) == (100, 100, 0)


def test_the_same_numbers_written_differently_are_the_same_order():
    store, till = make_shop()
    order = new_order(store, till, make_member(), amount="100", lines=[new_line(amount="50.0", quantity="1")])
    written = order._replace(amount=Decimal("100.00"), lines=(new_line(amount="50.00", quantity="1.000"),))

    orders.settle(order, now=LATER)

    assert orders.settle(written, now=LATER).status == Status.DUPLICATE


@pytest.mark.parametrize("change", [{"amount": Decimal(99)}, {"member": None}, {"paid_at": NOON - timedelta(hours=1)}])
def test_the_same_number_with_another_body_is_refused_and_changes_nothing(change):
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member)
    orders.settle(order, now=LATER)

    other = orders.settle(order._replace(**change), now=LATER)

    assert (other.status, other.refusal) == (Status.REJECTED, Refusal.OTHER_BODY)
    assert Order.objects.get().amount == 100
    assert held(member, store.brand) == (100, 100, 0)


def test_the_same_number_of_another_till_is_another_order():
    store, till = make_shop()
    other_store, other_till = make_shop(region=store.region)
    member = make_member()

    orders.settle(new_order(store, till, member, number="1"), now=LATER)
    done = orders.settle(new_order(other_store, other_till, member, number="1"), now=LATER)

    assert done.status == Status.CREATED
    assert held(member, store.brand) == (200, 200, 0)


def test_a_set_answers_each_order_and_a_bad_one_keeps_nobody_out():
    store, till = make_shop()
    member = make_member()
    good, twin = new_order(store, till, member), new_order(store, till, member)
    sent = [
        good,
        good._replace(number="A", amount=Decimal(-5)),
        good._replace(number="B", paid_at=LATER + timedelta(hours=2)),
        good._replace(number="C", store="nowhere"),
        good._replace(number="D E"),
        good._replace(number="F", amount=Decimal("1.005")),
        good._replace(number="G", amount=Decimal("NaN")),
        good._replace(number="H", paid_at=NOON.replace(tzinfo=None)),
        good._replace(number="I", lines=(new_line(sku=""),)),
        good._replace(number="J", lines=(new_line(amount="NaN"),)),
        good,
        good._replace(amount=Decimal(7)),
        twin,
    ]

    answers = orders.settle_many(sent, now=LATER)

    assert [answer.refusal or answer.status for answer in answers] == [
        Status.CREATED, Refusal.NEGATIVE_AMOUNT, Refusal.FUTURE, Refusal.UNKNOWN_STORE, Refusal.BAD_NUMBER,
        Refusal.BAD_AMOUNT, Refusal.BAD_AMOUNT, Refusal.BAD_TIME, Refusal.BAD_LINE, Refusal.BAD_LINE,
        Status.DUPLICATE, Refusal.OTHER_BODY, Status.CREATED,
    ]  # fmt: skip
    assert held(member, store.brand) == (200, 200, 0)


def test_a_refund_that_loses_its_number_leaves_the_orders_next_refund_whole(monkeypatch):
    store, till = make_shop()
    member = make_member()
    order, other = (new_order(store, till, member, amount="100") for _ in range(2))
    orders.settle_many([order, other], now=LATER)
    sent = [new_refund(order, amount="30", number="R"), new_refund(order, amount="30", number="R")]
    sent.append(new_refund(order, amount="50"))
    read = records._stored_refunds

    def taken_meanwhile(news):
        known = read(news)
        given_back = {"channel": till, "number": "R", "amount": 1, "refunded_at": LATER, "received_at": LATER}
        Refund.objects.create(order=Order.objects.get(number=other.number), **given_back)
        Order.objects.filter(number=other.number).update(refunded=1)
        return known

    monkeypatch.setattr(records, "_stored_refunds", taken_meanwhile)
    done = orders.refund_many(sent, now=LATER)

    assert [each.refusal or each.status for each in done] == [
        Refusal.OTHER_BODY, Refusal.OTHER_BODY, Status.CREATED
    ]  # fmt: skip
    assert Order.objects.get(number=order.number).refunded == 50
    assert done[2].points == 50


def test_words_for_people_lose_what_cannot_be_stored():
    store, till = make_shop()
    order = new_order(store, till, lines=[new_line(name="牛\x00奶\ud800\u3000大\t")])

    assert orders.settle(order, now=LATER).status == Status.CREATED
    refund = new_refund(order, amount="1")._replace(reason="\x00broken\nseal\x07")
    assert orders.refund(refund, now=LATER).status == Status.CREATED

    assert (OrderLine.objects.get().name, Refund.objects.get().reason) == ("牛奶 大", "broken seal")


def test_an_empty_set_has_no_answers():
    assert orders.settle_many([], now=LATER) == []
    assert orders.refund_many([], now=LATER) == []


def test_an_order_of_nobody_known_is_kept_without_a_member():
    store, till = make_shop()
    stranger = new_order(store, till)._replace(member=MemberRef.phone("16900000000"))

    done = orders.settle(stranger, now=LATER)

    assert (done.status, done.member_id, done.points) == (Status.CREATED, None, 0)
    assert Order.objects.get().member is None
    assert not Entry.objects.exists()


def test_lines_name_their_product_and_the_associate_is_noted():
    store, till = make_shop()
    clerk = make_staff(store)
    milk = Product.objects.create(sku="MILK", name="牛奶", updated_at=NOON)
    lines = [new_line("MILK", "60"), new_line("NOT-IN-ANY-FILE", "40", "2.5")]

    orders.settle(new_order(store, till, lines=lines, associate=clerk.username), now=LATER)

    first, second = OrderLine.objects.order_by("line_no")
    assert (first.product, second.product, second.quantity) == (milk, None, Decimal("2.500"))
    assert Order.objects.get().associate == clerk


def test_a_sender_bound_to_stores_does_not_know_the_others():
    store, till = make_shop()
    other = make_store(region=store.region)

    mine = Store.objects.filter(pk=store.pk)
    answers = orders.settle_many([new_order(store, till), new_order(other, till)], now=LATER, within=mine)

    assert [answer.refusal for answer in answers] == [None, Refusal.UNKNOWN_STORE]


def test_one_member_in_two_brands_has_two_ladders_and_one_identity():
    shop, till = make_shop()
    other_shop, other_till = make_shop(region=make_region())
    member = make_member()

    orders.settle_many(
        [new_order(shop, till, member, amount="1000"), new_order(other_shop, other_till, member, amount="50")],
        now=LATER,
    )

    ranks = dict(Standing.objects.filter(member=member).values_list("program__brand", "tier__rank"))
    assert ranks == {shop.brand_id: 1, other_shop.brand_id: 0}
    assert held(member, shop.brand) == (1000, 1000, 0)
    assert held(member, other_shop.brand) == (50, 50, 0)
    assert member.identities.count() == 1


def test_a_brand_without_a_programme_gets_the_usual_one_with_its_first_order():
    store = make_store()
    till = make_channel()
    member = make_member()

    orders.settle(new_order(store, till, member), now=LATER)

    assert held(member, store.brand) == (100, 100, 0)


def test_rates_round_down_once_for_the_whole_order():
    store, till = make_shop()
    Program.objects.filter(brand=store.brand).update(points_per_yuan=Decimal("0.3333"), growth_per_yuan=2)
    member = make_member()

    orders.settle(new_order(store, till, member, amount="9.99"), now=LATER)

    assert held(member, store.brand) == (3, 19, 0)


def test_points_expire_when_the_programme_says_so():
    store, till = make_shop()
    Program.objects.filter(brand=store.brand).update(points_valid_days=30)

    orders.settle(new_order(store, till, make_member()), now=LATER)

    assert Lot.objects.get().expires_at == NOON + timedelta(days=30)


# --- tiers ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("amount", "rank"), [("999.99", 0), ("1000.00", 1), ("4999.99", 1), ("5000.00", 2)])
def test_a_tier_is_reached_at_its_threshold_to_the_cent(amount, rank):
    store, till = make_shop()
    member = make_member()

    orders.settle(new_order(store, till, member, amount=amount), now=LATER)

    assert Standing.objects.get(member=member).tier.rank == rank


def test_cents_of_single_orders_do_not_add_up_to_growth_value():
    store, till = make_shop()
    member = make_member()

    orders.settle_many([new_order(store, till, member, amount="500.99") for _ in range(2)], now=LATER)

    assert Standing.objects.get(member=member).tier.rank == 1
    assert held(member, store.brand)[1] == 1000


def test_a_refund_after_an_upgrade_takes_the_tier_back():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member, amount="1000")
    orders.settle(order, now=LATER)

    orders.refund(new_refund(order, amount="0.01"), now=LATER)

    assert Standing.objects.get(member=member).tier.rank == 0
    moves = TierChange.objects.order_by("pk").values_list("reason", "growth")
    assert list(moves) == [("joined", 0), ("order", 1000), ("refund", 999)]
    assert Event.objects.filter(kind="tier.changed").count() == 2


# --- refunds -------------------------------------------------------------------------------------------
def test_a_full_refund_leaves_nothing():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member, amount="88.90")
    orders.settle(order, now=LATER)

    done = orders.refund(new_refund(order, amount="88.90"), now=LATER)

    assert (done.status, done.points, done.growth) == (Status.CREATED, 88, 88)
    assert held(member, store.brand) == (0, 0, 0)


@pytest.mark.parametrize("parts", [["33.33", "33.33", "33.34"], ["0.01", "99.98", "0.01"], ["99.99", "0.01"]])
def test_partial_refunds_add_up_to_exactly_what_was_earned(parts):
    store, till = make_shop()
    Program.objects.filter(brand=store.brand).update(points_per_yuan=Decimal("0.7"))
    member = make_member()
    order = new_order(store, till, member, amount="100.00")
    orders.settle(order, now=LATER)

    taken = [orders.refund(new_refund(order, amount=part), now=LATER).points for part in parts]

    assert sum(taken) == 70
    assert held(member, store.brand) == (0, 0, 0)


def test_a_refund_takes_back_what_the_day_of_the_order_gave():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member)
    orders.settle(order, now=LATER)
    Program.objects.filter(brand=store.brand).update(points_per_yuan=5, growth_per_yuan=5)

    orders.refund(new_refund(order, amount="40"), now=LATER)

    assert held(member, store.brand) == (60, 60, 0)


def test_a_refund_counts_once():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member)
    orders.settle(order, now=LATER)
    back = new_refund(order, amount="30")

    answers = [orders.refund(back, now=LATER), orders.refund(back, now=LATER)]
    other = orders.refund(back._replace(amount=Decimal(31)), now=LATER)

    assert [answer.status for answer in answers] == [Status.CREATED, Status.DUPLICATE]
    assert other.refusal == Refusal.OTHER_BODY
    assert held(member, store.brand) == (70, 70, 0)
    assert Refund.objects.count() == 1


def test_refunds_never_pass_what_was_paid():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member)
    orders.settle(order, now=LATER)

    answers = orders.refund_many([new_refund(order, amount=part) for part in ("60", "50", "40", "0.01")], now=LATER)

    assert [answer.refusal for answer in answers] == [None, Refusal.MORE_THAN_PAID, None, Refusal.MORE_THAN_PAID]
    assert Order.objects.get().refunded == 100
    assert held(member, store.brand) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"order_number": "never-sent"}, Refusal.UNKNOWN_ORDER),
        ({"amount": Decimal(0)}, Refusal.NOTHING_GIVEN_BACK),
        ({"amount": Decimal(-1)}, Refusal.NOTHING_GIVEN_BACK),
        ({"amount": Decimal("0.001")}, Refusal.BAD_AMOUNT),
        ({"refunded_at": LATER + timedelta(days=1)}, Refusal.FUTURE),
        ({"number": ""}, Refusal.BAD_NUMBER),
    ],
)
def test_a_refund_that_cannot_be_taken_says_why(change, refusal):
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member)
    orders.settle(order, now=LATER)

    done = orders.refund(new_refund(order, amount="10")._replace(**change), now=LATER)

    assert (done.status, done.refusal) == (Status.REJECTED, refusal)
    assert held(member, store.brand) == (100, 100, 0)


def test_one_refund_number_for_two_orders_counts_for_the_first():
    store, till = make_shop()
    one, two = new_order(store, till), new_order(store, till)
    orders.settle_many([one, two], now=LATER)

    answers = orders.refund_many(
        [new_refund(one, amount="10", number="R"), new_refund(two, amount="10", number="R")], now=LATER
    )

    assert [answer.refusal for answer in answers] == [None, Refusal.OTHER_BODY]


def test_an_order_of_nobody_can_be_refunded():
    store, till = make_shop()
    order = new_order(store, till)
    orders.settle(order, now=LATER)

    assert orders.refund(new_refund(order, amount="100"), now=LATER).status == Status.CREATED
    assert Order.objects.get().refunded == 100


def test_a_refund_eats_the_points_of_its_own_order_first():
    store, till = make_shop()
    member = make_member()
    old, late = new_order(store, till, member), new_order(store, till, member)
    orders.settle_many([old, late], now=LATER)

    orders.refund(new_refund(late, amount="100"), now=LATER)

    assert list(Lot.objects.order_by("pk").values_list("remaining", flat=True)) == [100, 0]
    assert account_of(member, store.brand, Book.Asset.POINTS).earned == 100
