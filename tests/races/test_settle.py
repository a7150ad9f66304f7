"""Tills that race over one order, one member, one balance. Each guard has a twin without it, which must fail."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from loyalty.models import Account, CouponTemplate, Entry, Standing
from loyalty.queries import reconcile
from loyalty.services import coupons, orders, points, posting, programs
from loyalty.services.orders import Status
from members.models import Order, Refund
from members.services import orders as records
from tests.factories import NOON, make_member
from tests.loyalty.receipts import LATER, book_of, held, make_shop, new_order, new_refund
from tests.races.hands import HANDS, at_once, errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@contextmanager
def without(model, *names):
    """Take named constraints away, and put them back once the rows that broke them are gone."""
    held_back = [each for each in model._meta.constraints if each.name in names]
    assert len(held_back) == len(names)
    with connection.schema_editor() as editor:
        for each in held_back:
            editor.remove_constraint(model, each)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
        with connection.schema_editor() as editor:
            for each in held_back:
                editor.add_constraint(model, each)


def slow_commit(monkeypatch, module, name, seconds=0.3):
    """Let the transaction stay open a while after this step, so that the others meet it."""
    step = getattr(module, name)

    def slowed(*given, **more):
        done = step(*given, **more)
        time.sleep(seconds)
        return done

    monkeypatch.setattr(module, name, slowed)


# --- one order, eight tills ----------------------------------------------------------------------------
def test_eight_tills_that_settle_one_order_store_it_once():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member)

    done = at_once(lambda n: orders.settle(order, now=LATER))

    assert sorted(each.status for each in done) == [Status.CREATED] + [Status.DUPLICATE] * (HANDS - 1)
    assert held(member, store.brand) == (100, 100, 0)
    assert reconcile.drifts() == []


def test_twin_without_the_unique_key_stores_the_order_several_times(monkeypatch):
    store, till = make_shop()
    order = new_order(store, till, make_member())
    bare = records.INSERT_ORDERS.replace("ON CONFLICT (channel_id, number) DO NOTHING", "")
    monkeypatch.setattr(records, "INSERT_ORDERS", bare)

    with without(Order, "order_once_per_channel"):
        at_once(lambda n: orders.settle(order, now=LATER))

        assert Order.objects.count() > 1


def test_batches_that_overlap_store_every_order_once():
    store, till = make_shop()
    members = [make_member() for _ in range(10)]
    news = [new_order(store, till, members[n % 10]) for n in range(60)]

    done = at_once(lambda n: orders.settle_many(news[n * 5 :] + news[: n * 5], now=LATER))

    assert errors(done) == []
    assert Order.objects.count() == 60
    assert sum(each.is_new for answers in done for each in answers) == 60
    assert sum(Account.objects.filter(book=book_of(store.brand)).values_list("balance", flat=True)) == 6000
    assert reconcile.drifts() == []


# --- one new member, eight tills -----------------------------------------------------------------------
def test_eight_tills_with_a_brands_new_member_open_one_standing_and_two_accounts():
    store, till = make_shop()
    member = make_member()

    done = at_once(lambda n: orders.settle(new_order(store, till, member, number=f"N{n}"), now=LATER))

    assert errors(done) == []
    assert (Standing.objects.count(), Account.objects.count()) == (1, 2)
    assert held(member, store.brand) == (800, 800, 0)
    assert reconcile.drifts() == []


def test_twin_that_only_looks_before_it_opens_the_accounts_fails(monkeypatch):
    store, till = make_shop()
    member = make_member()
    monkeypatch.setattr(posting, "OPEN", posting.OPEN.replace("ON CONFLICT (member_id, book_id) DO NOTHING", ""))
    slow_commit(monkeypatch, posting, "open_accounts")

    done = at_once(lambda n: orders.settle(new_order(store, till, member, number=f"N{n}"), now=LATER))

    assert any(isinstance(each, IntegrityError) for each in errors(done))


# --- one balance, eight spends -------------------------------------------------------------------------
def spend_at_once(store, member):
    book = book_of(store.brand)

    def spend(n):
        with transaction.atomic():
            return points.spend(points.lock(member, book), 60, idem=f"spend:{n}", at=NOON)

    return at_once(spend)


def test_of_eight_spends_that_race_only_those_that_the_balance_bears_win(monkeypatch):
    slow_commit(monkeypatch, posting, "run", 0.1)
    store, till = make_shop()
    member = make_member()
    orders.settle(new_order(store, till, member, amount="150"), now=LATER)

    done = spend_at_once(store, member)

    assert [type(each) for each in errors(done)] == [points.NotEnoughPoints] * (HANDS - 2)
    assert held(member, store.brand)[0] == 30
    assert reconcile.drifts() == []


def test_twin_without_the_lock_spends_points_that_are_not_there(monkeypatch):
    slow_commit(monkeypatch, posting, "run", 0.3)
    monkeypatch.setattr(points, "lock", lambda member, book: Account.objects.get(member=member, book=book))
    store, till = make_shop()
    member = make_member()
    orders.settle(new_order(store, till, member, amount="150"), now=LATER)

    with without(Account, "account_never_negative"):
        done = spend_at_once(store, member)

        spent = HANDS - len(errors(done))
        assert spent > 2 or any(isinstance(each, IntegrityError) for each in errors(done))


# --- refunds -------------------------------------------------------------------------------------------
def refund_at_once(store, till, member):
    order = new_order(store, till, member)
    orders.settle(order, now=LATER)
    return at_once(lambda n: orders.refund(new_refund(order, amount="30", number=f"R{n}"), now=LATER))


def test_eight_refunds_that_race_never_pass_what_was_paid():
    store, till = make_shop()
    member = make_member()

    done = refund_at_once(store, till, member)

    assert sum(each.is_new for each in done) == 3
    assert Order.objects.get().refunded == 90
    assert held(member, store.brand) == (10, 10, 0)
    assert reconcile.drifts() == []


def test_twin_without_the_orders_lock_gives_back_more_than_was_paid(monkeypatch):
    monkeypatch.setattr(records, "LOCK_ORDERS", records.FIND_ORDERS)
    slow_commit(monkeypatch, records, "_stored_refunds")
    store, till = make_shop()

    done = refund_at_once(store, till, make_member())

    assert errors(done) == []
    assert Refund.objects.count() > 3


def test_an_order_and_its_refunds_that_race_end_in_agreement():
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member)
    backs = [new_refund(order, amount="10", number=f"R{n}") for n in range(3)]

    def act(n):
        done = []
        for _ in range(10):
            done.append(orders.refund(backs[n], now=LATER) if n < 3 else orders.settle(order, now=LATER))
        return done

    done = at_once(act)

    assert errors(done) == []
    assert sum(each.is_new for answers in done[3:] for each in answers) == 1
    back = 10 * sum(each.is_new for answers in done[:3] for each in answers)
    assert held(member, store.brand) == (100 - back, 100 - back, 0)
    assert reconcile.drifts() == []


# --- locks in one order --------------------------------------------------------------------------------
def test_batches_over_the_same_members_in_opposite_orders_do_not_block_each_other():
    store, till = make_shop()
    members = [make_member() for _ in range(30)]
    programs.enrol_many([member.pk for member in members], _program(store), at=NOON)

    def act(n):
        mine = members if n % 2 else members[::-1]
        news = [new_order(store, till, member, number=f"{n}-{member.pk}") for member in mine]
        return [orders.settle_many(news[at : at + 10], now=LATER) for at in range(0, 30, 10)]

    done = at_once(act)

    assert errors(done) == []
    assert Order.objects.count() == 30 * HANDS
    assert reconcile.drifts() == []


def test_twin_that_locks_in_the_order_sent_deadlocks(monkeypatch):
    store, till = make_shop()
    members = [make_member() for _ in range(2)]
    programs.enrol_many([member.pk for member in members], _program(store), at=NOON)
    both_hold_one = threading.Barrier(2, timeout=10)

    def lock_as_sent(member_ids, book_ids, program_id):
        backwards = threading.current_thread().name.endswith("1")
        with connection.cursor() as cursor:
            for place, member_id in enumerate(sorted(member_ids, reverse=backwards)):
                cursor.execute(posting.LOCK, [f"{{{member_id}}}", posting.numbers(book_ids)])
                if place == 0:
                    both_hold_one.wait()
        return True

    monkeypatch.setattr(posting, "lock_whole", lock_as_sent)

    done = at_once(
        lambda n: orders.settle_many(
            [new_order(store, till, member, number=f"{n}-{member.pk}") for member in members], now=LATER
        ),
        count=2,
    )

    assert [type(each) for each in errors(done)] == [OperationalError]
    assert "deadlock" in str(errors(done)[0])


def _program(store):
    return programs.ensure(store.brand, now=NOON)


# --- a stock -------------------------------------------------------------------------------------------
def give_at_once(store):
    template = CouponTemplate.objects.create(program=_program(store), name="券", kind="amount", value=1, stock=3)
    members = [make_member() for _ in range(HANDS)]

    def give(n):
        with transaction.atomic():
            return coupons.issue(template, members[n], source="race", now=NOON)

    return at_once(give), template


def test_eight_hands_that_give_out_three_coupons_give_out_three():
    done, template = give_at_once(make_shop()[0])

    assert [type(each) for each in errors(done)] == [coupons.SoldOut] * (HANDS - 3)
    template.refresh_from_db()
    assert template.stock == 0
    assert template.coupons.count() == 3


def test_twin_that_reads_the_stock_and_writes_it_back_gives_out_too_many(monkeypatch):
    def read_then_write(template, count):
        left = CouponTemplate.objects.get(pk=template.pk).stock
        time.sleep(0.2)
        return left and CouponTemplate.objects.filter(pk=template.pk).update(stock=left - 1)

    monkeypatch.setattr(coupons, "_take", read_then_write)

    done, _ = give_at_once(make_shop()[0])

    assert HANDS - len(errors(done)) > 3
    assert not Entry.objects.exists()
