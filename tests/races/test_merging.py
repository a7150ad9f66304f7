"""Merges that meet tills, spends and clicks. Each guard has a twin without it, which must fail."""

import time

import pytest
from django.db import transaction

from loyalty.models import Account, Entry
from loyalty.queries import reconcile
from loyalty.services import merging, orders, points, posting
from loyalty.services.orders import MemberRef
from members.models import Member, Merge, Order
from members.services import consent
from members.services import merging as members_merging
from members.services.consent import Purpose
from tests.factories import NOON, make_member, make_staff
from tests.loyalty.receipts import LATER, book_of, held, make_shop, new_order, phone_of
from tests.races.hands import at_once, errors
from tests.races.test_settle import slow_commit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def scene(*, both_earned=True):
    store, till = make_shop()
    winner, loser, by = make_member(), make_member(), make_staff()
    ref = MemberRef.phone(phone_of(loser))
    if both_earned:
        orders.settle(new_order(store, till, winner, amount="100"), now=LATER)
        orders.settle(new_order(store, till, loser, amount="100"), now=LATER)
    return store, till, winner, loser, ref, by


def race(store, till, winner, loser, ref, by):
    """One hand merges; the others buy as the loser, spend as the winner, and say no as the loser."""
    book = book_of(store.brand)

    def act(n):
        if n < 2:
            return merging.merge(winner, loser, reason="same card", by=by, now=LATER)
        time.sleep(0.1 * (n % 3))
        if n == 7:
            with transaction.atomic():
                return consent.give(
                    loser, Purpose.MARKETING, is_given=False, language="en", method="h5", now=LATER
                )  # fmt: skip
        if n == 6:
            with transaction.atomic():
                return points.spend(points.lock(winner, book), 10, idem=f"s{n}", at=LATER)
        return orders.settle(new_order(store, till, amount="10", number=f"N{n}")._replace(member=ref), now=LATER)

    return at_once(act)


@pytest.mark.parametrize("both_earned", [True, False])
def test_a_merge_that_meets_tills_and_spends_loses_and_doubles_nothing(monkeypatch, both_earned):
    store, till, winner, loser, ref, by = scene(both_earned=both_earned)
    slow_commit(monkeypatch, members_merging, "move", 0.4)

    done = race(store, till, winner, loser, ref, by)

    lacking = [each for each in errors(done) if not isinstance(each, points.NotEnoughPoints)]
    assert lacking == []
    assert Merge.objects.count() == 1
    spent = 0 if errors(done) else 10
    assert held(winner, store.brand)[0] == (200 if both_earned else 0) + 40 - spent
    assert not Order.objects.filter(member=loser).exists()
    assert not Account.objects.filter(member=loser).exists()
    assert not consent.latest(winner, Purpose.MARKETING).is_given
    assert reconcile.drifts() == []


@pytest.mark.parametrize("both_earned", [True, False])
def test_twin_without_the_locks_leaves_facts_with_the_loser(monkeypatch, both_earned):
    store, till, winner, loser, ref, by = scene(both_earned=both_earned)
    slow_commit(monkeypatch, members_merging, "move", 0.4)
    monkeypatch.setattr(points, "lock_all", lambda member_ids: None)
    monkeypatch.setattr(members_merging, "LOCK_PEOPLE", members_merging.LOCK_PEOPLE.replace("FOR UPDATE", ""))
    monkeypatch.setattr(posting, "any_merged", lambda member_ids: False)
    bare = posting.OPEN.replace("AND merged_into_id IS NULL", "").replace("FOR KEY SHARE", "")
    monkeypatch.setattr(posting, "OPEN", bare)

    race(store, till, winner, loser, ref, by)

    assert Order.objects.filter(member=loser).exists() or Entry.objects.filter(member=loser).exists()


def test_clicks_that_race_merge_once_and_part_once():
    store, _till, winner, loser, _ref, by = scene()

    merged = at_once(lambda n: merging.merge(winner, loser, reason="same card", by=by, now=LATER))
    [merge] = Merge.objects.all()
    parted = at_once(lambda n: merging.unmerge(merge, reason="two people", by=by, now=LATER))

    assert merged == [merge] * len(merged)
    assert errors(parted) == []
    assert held(winner, store.brand) == held(loser, store.brand) == (100, 100, 0)
    assert Member.objects.count() == 2
    assert reconcile.drifts() == []


def test_merges_that_race_in_a_ring_leave_one_root():
    _store, _till, one, other, _ref, by = scene()
    third = make_member()
    ring = [(one, other), (other, third), (third, one)]

    at_once(lambda n: merging.merge(*ring[n % 3], reason="ring", by=by, now=NOON), 6)

    roots = set(Member.objects.values_list("pk", flat=True))
    into = set(Member.everyone.filter(merged_into__isnull=False).values_list("merged_into", flat=True))
    assert into <= roots, "a path is one step long"
