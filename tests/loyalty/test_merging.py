"""Merging two records and taking it back: nothing is lost, nothing doubled, and both stand as before."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import Error, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.services.following import TABLES as FOLLOWED
from loyalty.models import Coupon, Entry, Lot
from loyalty.queries import reconcile
from loyalty.services import joining, ledger_merging, merging, orders, points
from loyalty.services.orders import MemberRef
from members.models import Event, Identity, Member, Order, Purpose
from members.services import consent
from members.services import merging as members_merging
from stores.models import LogEntry
from stores.services import codes
from tests.factories import NOON, make_member, make_staff
from tests.loyalty.coupons import make_template
from tests.loyalty.people import Crowd, details, picture
from tests.loyalty.receipts import book_of, held, make_shop, new_order, new_refund, phone_of

LATER = NOON + timedelta(days=2)


def merge_all(crowd):
    with transaction.atomic():
        return merging.merge_pairs([merging.Pair(w, lo, "one person") for w, lo in crowd.pairs], by=crowd.by, now=LATER)


def unmerge_all(crowd, merges):
    with transaction.atomic():
        return merging.unmerge_many(merges, reason="two people", by=crowd.by, now=LATER + timedelta(days=1))


def test_a_thousand_pairs_stand_as_before_after_merge_and_unmerge():
    crowd = Crowd(1_000)
    assert reconcile.drifts() == []
    before = picture(crowd.ids, since=LATER)
    assert len(before) == 2_000

    merges = merge_all(crowd)

    assert reconcile.drifts() == []
    assert Member.objects.count() == 1_000
    assert not Identity.objects.filter(member__in=[loser for _, loser in crowd.pairs]).exists()
    while_merged = picture(crowd.ids, since=LATER)
    assert all(while_merged[pk] != before[pk] for pk in crowd.ids)

    assert unmerge_all(crowd, merges) == 1_000

    assert reconcile.drifts() == []
    after = picture(crowd.ids, since=LATER)
    changed = [pk for pk in crowd.ids if before[pk] != after[pk]]
    assert not changed, details(changed[0])


STEPS_BACK = (
    "OUT_OF", "REOPEN_LINKS", "TAGS_BACK", "UNRESTRICT", "EMPTY", "END_ACCOUNTS", "END_STANDINGS",
    "OLD_STANDINGS", "STANDINGS_BACK", "DROP_TIERS",
)  # fmt: skip


@pytest.mark.parametrize("left_out", STEPS_BACK)
def test_twin_that_leaves_one_step_out_does_not_stand_as_before(monkeypatch, left_out):
    crowd = Crowd(60)
    before = picture(crowd.ids, since=LATER)
    merges = merge_all(crowd)
    members_part, ledger_part = merging.merging, merging.ledger_merging
    if hasattr(members_part, left_out):
        kept = [each for each in members_part.TO_LOSER if each != getattr(members_part, left_out)]
        assert len(kept) == len(members_part.TO_LOSER) - 1
        monkeypatch.setattr(members_part, "TO_LOSER", kept)
    else:
        monkeypatch.setattr(ledger_part, left_out, "SELECT %(ids)s::bigint[]")

    unmerge_all(crowd, merges)

    after = picture(crowd.ids, since=LATER)
    assert [pk for pk in crowd.ids if before[pk] != after.get(pk)]


# --- while they are one ----------------------------------------------------------------------------------
def two(**given):
    store, till = make_shop()
    return store, till, make_member(home_store=store, **given), make_member(home_store=store), make_staff()


def join(winner, loser, by, at=LATER):
    return merging.merge(winner, loser, reason="same card shown", by=by, now=at)


def part(merge, by, at=LATER):
    return merging.unmerge(merge, reason="two sisters", by=by, now=at + timedelta(days=1))


def settle(store, till, phone, amount, number=None):
    order = new_order(store, till, amount=amount, number=number)._replace(member=MemberRef.phone(phone))
    assert orders.settle(order, now=LATER).is_new
    return order


def test_what_came_by_an_identity_goes_back_with_it():
    store, till, winner, loser, by = two()
    mine, theirs = phone_of(winner), phone_of(loser)
    settle(store, till, mine, "100")
    settle(store, till, theirs, "40")
    merge = join(winner, loser, by)
    assert held(winner, store.brand) == (140, 140, 0)
    settle(store, till, mine, "10")
    later = settle(store, till, theirs, "7")
    orders.refund(new_refund(later, amount="2"), now=LATER)
    assert held(winner, store.brand) == (155, 155, 0)

    part(merge, by)

    assert held(winner, store.brand) == (110, 110, 0)
    assert held(loser, store.brand) == (45, 45, 0)
    assert sorted(Order.objects.filter(member=loser).values_list("amount", flat=True)) == [7, 40]
    kinds = Event.objects.filter(member=loser, kind__startswith="order").order_by("kind")
    assert list(kinds.values_list("kind", flat=True)) == ["order.paid", "order.paid", "order.refunded"]
    assert reconcile.drifts() == []


def test_who_spent_the_others_points_owes_them_afterwards():
    store, till, winner, loser, by = two()
    settle(store, till, phone_of(winner), "10")
    settle(store, till, phone_of(loser), "90")
    merge = join(winner, loser, by)
    with transaction.atomic():
        points.spend(points.lock(winner, book_of(store.brand)), 60, idem="big", at=LATER)

    part(merge, by)

    assert held(loser, store.brand) == (90, 90, 0)
    assert held(winner, store.brand) == (0, 10, 50)
    entry = Entry.objects.get(member=winner, kind=Entry.Kind.ADJUST)
    assert (entry.amount, entry.owed, entry.ref_type, entry.ref_id, entry.by_id) == (50, 50, "merge", merge.pk, by.pk)
    assert reconcile.drifts() == []


def test_lots_of_the_other_side_are_eaten_from_ones_own_instead():
    store, till, winner, loser, by = two()
    settle(store, till, phone_of(loser), "30")
    settle(store, till, phone_of(winner), "50")
    merge = join(winner, loser, by)
    with transaction.atomic():  # eats the older lot, the loser's, and 10 of the winner's
        points.spend(points.lock(winner, book_of(store.brand)), 40, idem="s", at=LATER)
    assert list(Lot.objects.order_by("pk").values_list("remaining", flat=True)) == [0, 40]

    part(merge, by)

    assert list(Lot.objects.order_by("pk").values_list("member_id", "remaining")) == [(loser.pk, 30), (winner.pk, 10)]
    assert held(winner, store.brand)[0] == 10
    assert reconcile.drifts() == []


def test_debt_that_the_other_side_paid_is_paid_back():
    store, till, winner, loser, by = two()
    theirs = phone_of(loser)
    first = settle(store, till, phone_of(winner), "30")
    settle(store, till, theirs, "5")
    with transaction.atomic():
        points.spend(points.lock(winner, book_of(store.brand)), 30, idem="all", at=LATER)
    orders.refund(new_refund(first, amount="30"), now=LATER)
    assert held(winner, store.brand) == (0, 0, 30)
    merge = join(winner, loser, by)
    settle(store, till, theirs, "100")
    assert held(winner, store.brand) == (75, 105, 0)

    part(merge, by)

    assert held(loser, store.brand) == (105, 105, 0)
    assert held(winner, store.brand) == (0, 0, 30)
    assert reconcile.drifts() == []


def test_a_no_on_either_side_holds_until_a_new_yes():
    _store, _till, winner, loser, by = two()
    now = {"language": "zh-hans", "method": "h5"}
    consent.give(winner, Purpose.MARKETING, now=NOON, **now)
    consent.withdraw(winner, Purpose.MARKETING, method="card", now=NOON + timedelta(hours=1))
    consent.give(loser, Purpose.MARKETING, now=NOON + timedelta(hours=2), **now)
    merge = join(winner, loser, by)
    assert not consent.latest(winner, Purpose.MARKETING).is_given

    consent.give(loser, Purpose.MARKETING, now=LATER + timedelta(hours=1), **now)  # a stale page still names the loser
    assert consent.latest(winner, Purpose.MARKETING).is_given

    part(merge, by)
    assert not consent.latest(winner, Purpose.MARKETING).is_given
    assert consent.latest(loser, Purpose.MARKETING).at == LATER + timedelta(hours=1)


def test_a_double_click_merges_once_and_parts_once():
    store, till, winner, loser, by = two()
    settle(store, till, phone_of(loser), "40")

    first, again = join(winner, loser, by), join(winner, loser, by)

    assert first == again
    part(first, by)
    part(first, by)
    assert held(loser, store.brand) == (40, 40, 0)
    assert LogEntry.objects.filter(action="member.merged").count() == 2, "a line for each of the two"
    assert LogEntry.objects.filter(action="member.unmerged").count() == 2


def test_whoever_was_merged_brings_those_merged_before_along_and_parts_from_the_top():
    store, till, one, other, by = two()
    third = make_member()
    for member, amount in [(one, "1"), (other, "10"), (third, "100")]:
        settle(store, till, phone_of(member), amount)
    phone = phone_of(third)
    people = [one.pk, other.pk, third.pk]
    before = picture(people, since=LATER)
    lower = join(other, third, by)
    between = picture(people, since=LATER)
    upper = join(one, other, by)
    assert set(Member.everyone.filter(merged_into=one).values_list("pk", flat=True)) == {other.pk, third.pk}
    assert held(one, store.brand)[0] == 111
    with pytest.raises(merging.CannotUnmerge):
        part(lower, by)
    settle(store, till, phone, "500")
    with pytest.raises(merging.CannotMerge):
        join(make_member(), third, by)

    part(upper, by)
    assert held(other, store.brand)[0] == 610
    part(lower, by)

    assert [held(member, store.brand)[0] for member in (one, other, third)] == [1, 10, 600]
    assert {pk: before[pk] for pk in people[:2]} == {pk: picture(people, since=LATER)[pk] for pk in people[:2]}
    assert between[one.pk] == before[one.pk]
    assert reconcile.drifts() == []


def test_two_merges_of_one_winner_are_taken_back_the_later_one_first():
    _store, _till, winner, one, by = two()
    other = make_member()
    first, second = join(winner, one, by), join(winner, other, by)

    with pytest.raises(merging.CannotUnmerge):
        part(first, by)

    part(second, by)
    part(first, by)
    assert Member.objects.count() == 3


def test_the_welcome_gift_comes_once_to_a_person_also_after_a_merge():
    store, _till, winner, loser, by = two()
    make_template(store.brand, is_welcome=True)
    code = codes.issue(store, kind="store", by=by, now=NOON)

    def scan(phone, at):
        return joining.join(phone, code=code, agrees=True, wants_offers=False, language="zh-hans", now=at)

    mine, theirs = phone_of(winner), phone_of(loser)
    assert scan(mine, NOON).coupon
    merge = join(winner, loser, by)
    assert scan(theirs, LATER).coupon is None, "the person had it under the other number"
    part(merge, by)
    assert scan(theirs, LATER + timedelta(days=2)).coupon, "two people after all: the other one never had it"
    merge = join(winner, loser, by)
    part(merge, by)
    assert scan(theirs, LATER + timedelta(days=3)).coupon is None
    assert scan(mine, LATER + timedelta(days=3)).coupon is None
    assert Coupon.objects.filter(source="welcome").count() == 2


@pytest.mark.parametrize(
    "change", ["amount = amount + 1", "member_id = member_id + 7", "reason = 'x'", "idem = idem || 'x'"]
)
def test_the_ledger_lets_a_merge_hand_over_entries_and_nothing_else(change):
    store, till, winner, loser, by = two()
    settle(store, till, phone_of(loser), "40")
    merge = join(winner, loser, by)

    name = f"SELECT set_config('quanyu.merge', '{{{merge.pk}}}', true)"
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{name}; UPDATE loyalty_entry SET {change}")
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_entry SET member_id = %s", [loser.pk])


def test_every_table_that_knows_a_member_has_its_place_in_the_plan():
    plan = {*members_merging.MOVES, *members_merging.KEEPS, *ledger_merging.MOVES, *ledger_merging.ADDS, *FOLLOWED}
    known = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "concrete", False) and (
            (field.is_relation and field.related_model is Member) or field.name in {"member_id", "came_as"}
        )
    }  # fmt: skip
    assert known - plan == set(), "say in the plan of merges what becomes of these rows"
    assert plan - known == set()


@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_grouping_of_merges_gives_the_same_person(data):
    store, till = make_shop()
    by, people = make_staff(), [make_member(home_store=store) for _ in range(4)]
    for n, member in enumerate(people):
        settle(store, till, phone_of(member), str(10**n))
        for purpose in Purpose:
            given_or_not = data.draw(st.sampled_from([True, False, None]))
            if given_or_not is not None:
                words = {"language": "en", "method": "h5", "is_given": given_or_not}
                consent.give(member, purpose, now=NOON + timedelta(hours=data.draw(st.integers(0, 5))), **words)
    said = [[consent.latest(member, purpose) for member in people] for purpose in Purpose]
    before = picture([member.pk for member in people], since=LATER)
    merges, roots = [], list(people)
    while len(roots) > 1:
        loser = roots.pop(data.draw(st.integers(0, len(roots) - 1)))
        winner = roots[data.draw(st.integers(0, len(roots) - 1))]
        [merge] = merging.merge_pairs([merging.Pair(winner.pk, loser.pk, "one")], by=by, now=LATER)
        merges.append(merge)

    [root] = roots
    assert held(root, store.brand)[:2] == (1111, 1111)
    for purpose, answers in zip(Purpose, said, strict=True):
        latest = consent.latest(root, purpose)
        assert (latest and latest.is_given) == (all(a.is_given for a in answers if a) if any(answers) else None)
    assert Identity.objects.filter(member=root).count() == 4
    assert reconcile.drifts([root.pk]) == []
    for merge in reversed(merges):
        merging.unmerge_many([merge], reason="four", by=by, now=LATER)
    assert picture([member.pk for member in people], since=LATER) == before
