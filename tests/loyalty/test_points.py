"""The verbs of the ledger on one account: once for each cause, lots first in first out, debt, never below zero."""

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction

from loyalty.models import Consume, Entry, Lot
from loyalty.queries import accounts, reconcile, reports
from loyalty.services import adjusting, orders, points, programs
from stores.models import Brand, LogEntry
from tests.factories import NOON, make_brand, make_member, make_staff
from tests.loyalty.receipts import LATER, book_of, held, make_shop, new_order, new_refund


@pytest.fixture
def account(db):
    brand = make_brand()
    programs.ensure(brand, now=NOON)
    yield points.lock(make_member(), book_of(brand))
    assert reconcile.drifts() == []


def earn(account, amount, *, idem, days=None):
    expires = NOON + timedelta(days=days) if days else None
    return points.earn(account, amount, idem=idem, at=NOON, expires_at=expires)


def entry_of(posted):
    return Entry.objects.get(id=posted.entry_id)


def remaining():
    return list(Lot.objects.order_by("pk").values_list("remaining", flat=True))


def test_earning_and_spending_move_the_balance(account):
    earn(account, 100, idem="a")
    points.spend(account, 30, idem="b", at=NOON)

    assert (account.balance, account.earned, account.spent) == (70, 100, 30)
    assert list(Entry.objects.order_by("id").values_list("amount", "balance_after")) == [(100, 100), (-30, 70)]


def test_a_cause_counts_once_even_when_the_balance_is_gone(account):
    earn(account, 100, idem="a")
    first = points.spend(account, 100, idem="b", at=NOON)

    again = points.spend(account, 100, idem="b", at=NOON)

    assert again == first
    assert account.balance == 0


def test_spending_more_than_there_is_is_refused_and_changes_nothing(account):
    earn(account, 10, idem="a")

    with pytest.raises(points.NotEnoughPoints):
        points.spend(account, 11, idem="b", at=NOON)

    account.refresh_from_db()
    assert (account.balance, Entry.objects.count()) == (10, 1)


@pytest.mark.parametrize("amount", [0, -5])
def test_a_posting_that_moves_nothing_is_a_mistake(account, amount):
    with pytest.raises(ValueError, match="moves something"):
        points.spend(account, amount, idem="b", at=NOON)


def test_spending_eats_what_expires_first(account):
    earn(account, 10, idem="never")
    earn(account, 10, idem="late", days=60)
    earn(account, 10, idem="soon", days=30)

    points.spend(account, 15, idem="spend", at=NOON)

    assert remaining() == [10, 5, 0]
    assert sorted(Consume.objects.values_list("amount", flat=True)) == [5, 10]


def test_a_spend_given_back_in_parts_returns_to_its_lots(account):
    earn(account, 10, idem="soon", days=30)
    earn(account, 10, idem="late", days=60)
    spend = entry_of(points.spend(account, 15, idem="spend", at=NOON))

    points.reverse(account, 6, of=spend, idem="back1", at=NOON)
    first = remaining()
    points.reverse(account, 9, of=spend, idem="back2", at=NOON)

    assert first == [1, 10]
    assert remaining() == [10, 10]
    assert (account.balance, account.spent) == (20, 0)


def test_no_more_is_given_back_than_was_moved(account):
    earn(account, 10, idem="a")
    spend = entry_of(points.spend(account, 10, idem="b", at=NOON))
    points.reverse(account, 8, of=spend, idem="c", at=NOON)

    with pytest.raises(points.TooMuchGivenBack):
        points.reverse(account, 3, of=spend, idem="d", at=NOON)

    assert points.reverse(account, 8, of=spend, idem="c", at=NOON).worth == 8
    assert account.balance == 8


def test_an_adjustment_by_hand_names_who_and_why(account):
    clerk = make_staff()
    points.adjust(account, 50, idem="a", at=NOON, reason="goodwill", by=clerk)
    points.adjust(account, -20, idem="b", at=NOON, reason="mistake", by=clerk)

    with pytest.raises(points.NotEnoughPoints):
        points.adjust(account, -31, idem="c", at=NOON, reason="x", by=clerk)

    account.refresh_from_db()
    assert (account.balance, account.earned, account.spent) == (30, 50, 20)
    assert set(Entry.objects.values_list("by_id", flat=True)) == {clerk.pk}


def test_points_that_are_spent_become_debt_and_the_next_earnings_pay_it(account):
    earned = entry_of(earn(account, 100, idem="a"))
    points.spend(account, 70, idem="b", at=NOON)

    points.reverse(account, 100, of=earned, idem="c", at=NOON)
    assert (account.balance, account.debt) == (0, 70)
    part = earn(account, 50, idem="d")
    rest = earn(account, 50, idem="e")

    assert (part.amount, part.owed, part.worth) == (0, -50, 50)
    assert (rest.amount, rest.owed) == (30, -20)
    assert (account.balance, account.debt) == (30, 0)
    assert remaining() == [0, 30]


def test_what_is_given_back_pays_debt_first(account):
    first = entry_of(earn(account, 100, idem="a"))
    spend = entry_of(points.spend(account, 60, idem="b", at=NOON))
    points.reverse(account, 100, of=first, idem="c", at=NOON)

    points.reverse(account, 60, of=spend, idem="d", at=NOON)

    assert (account.balance, account.debt) == (0, 0)


def test_a_set_of_postings_keeps_a_running_balance_and_skips_what_is_known(account):
    new = [points.Posting(account.member_id, account.book_id, n, f"p{n}", NOON) for n in (1, 2, 3)]
    points.post_many(new[:1])

    written = points.post_many([*new, new[2]])

    assert set(written) == {"p2", "p3"}
    assert sorted(Entry.objects.values_list("balance_after", flat=True)) == [1, 3, 6]


def test_a_set_of_spends_takes_what_fits_and_leaves_out_the_rest(account):
    earn(account, 100, idem="a")
    spends = [
        points.Posting(account.member_id, account.book_id, n, f"s{n}", NOON, Entry.Kind.SPEND) for n in (60, 50, 40)
    ]

    assert set(points.take_many(spends)) == {"s60", "s40"}
    account.refresh_from_db()
    assert account.balance == 0


@pytest.mark.parametrize("change", ["UPDATE loyalty_entry SET amount = 1", "DELETE FROM loyalty_entry"])
def test_the_database_itself_refuses_to_change_the_ledger(account, change):
    earn(account, 10, idem="a")

    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE loyalty_account SET balance = balance + 1, earned = earned + 1",
        "UPDATE loyalty_account SET debt = debt + 1",
        "UPDATE loyalty_account SET spent = spent + 1",
        "UPDATE loyalty_lot SET remaining = remaining - 1",
        "UPDATE members_order SET refunded = 1",
        "UPDATE loyalty_standing SET tier_id = (SELECT max(id) FROM loyalty_tier)",
        "DELETE FROM loyalty_account",
    ],
)
def test_the_reconciliation_finds_damage(db, damage):
    store, till = make_shop()
    member = make_member()
    orders.settle(new_order(store, till, member), now=LATER)
    assert reconcile.drifts([member.pk]) == []

    with connection.cursor() as cursor:
        cursor.execute(damage)

    assert reconcile.drifts([member.pk])


def test_pages_see_what_a_member_holds_and_how_it_came_about(db):
    store, till = make_shop()
    member = make_member()
    order = new_order(store, till, member, amount="1200")
    orders.settle(order, now=LATER)
    orders.refund(new_refund(order, amount="150"), now=LATER)

    holding = accounts.holding(member, store.brand)
    figures = reports.points(Brand.objects.all(), since=NOON, until=LATER + timedelta(days=1))

    assert (holding.points, holding.growth, holding.tier.rank, holding.to_next) == (1050, 1050, 1, 3950)
    assert accounts.holding(member, make_brand()) is None
    assert sorted(accounts.statement(member, asset="points").values_list("amount", flat=True)) == [-150, 1200]
    assert (figures.earned, figures.taken, figures.outstanding) == (1200, 150, 1050)
    assert reports.in_ledger(Brand.objects.all()) == 1050
    assert [row["members"] for row in reports.members_by_tier(Brand.objects.all())] == [0, 1, 0, 0]
    assert held(member, store.brand) == (1050, 1050, 0)


def test_a_correction_by_hand_counts_once_is_noted_and_moves_the_tier(db):
    program = programs.ensure(make_brand(), now=NOON)
    member, clerk = make_member(), make_staff()
    given = {"asset": "growth", "amount": 1000, "reason": "moved from the old system", "form_id": "f1", "by": clerk}

    for _ in range(2):
        adjusting.adjust(member, program, **given, now=LATER)

    holding = accounts.holding(member, program.brand)
    assert (holding.growth, holding.tier.rank) == (1000, 1)
    assert LogEntry.objects.get(action="points.adjusted").after["amount"] == 1000
    assert reconcile.drifts() == []


def test_a_form_sent_again_with_another_amount_is_refused_and_moves_nothing(db):
    program = programs.ensure(make_brand(), now=NOON)
    member = make_member()
    given = {"asset": "points", "reason": "sorry", "form_id": "f1", "by": make_staff(), "now": LATER}
    adjusting.adjust(member, program, amount=10, **given)

    for other in (-10, 11):
        with pytest.raises(adjusting.CannotAdjust):
            adjusting.adjust(member, program, amount=other, **given)

    assert accounts.holding(member, program.brand).points == 10


def test_one_forms_id_counts_for_each_member(db):
    program = programs.ensure(make_brand(), now=NOON)
    given = {"asset": "points", "amount": 10, "reason": "sorry", "form_id": "f1", "by": make_staff(), "now": LATER}
    members = [make_member(), make_member()]

    for member in members:
        adjusting.adjust(member, program, **given)

    assert [accounts.holding(member, program.brand).points for member in members] == [10, 10]


@pytest.mark.parametrize(("amount", "reason"), [(0, "why"), (5, " ")])
def test_a_correction_needs_an_amount_and_a_reason(db, amount, reason):
    program = programs.ensure(make_brand(), now=NOON)

    with pytest.raises(adjusting.CannotAdjust):
        adjusting.adjust(
            make_member(), program, asset="points", amount=amount, reason=reason, form_id="f", by=make_staff(), now=NOON
        )
