"""A brand's programme: made once, joined once, edited with care; coupons never beyond their stock."""

from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from loyalty.models import Coupon, CouponTemplate, Program, Standing, TierChange
from loyalty.queries import coupons as wallets
from loyalty.queries import members as lists
from loyalty.rules import tiers as rules
from loyalty.rules.tiers import DEFAULT_LADDER, Rung
from loyalty.services import coupons, ladders, orders, programs
from members.models import Event, Inbox, Member
from members.services import events
from stores.models import LogEntry
from tests.factories import NOON, make_brand, make_member, make_region, make_staff, make_store
from tests.loyalty.receipts import LATER, held, make_shop, new_order


@pytest.fixture
def program(db):
    return programs.ensure(make_brand(), now=NOON)


def test_a_programme_is_made_once_with_two_books_and_four_tiers(program):
    again = programs.ensure(program.brand, now=NOON)

    assert again == program
    assert [line.object_id for line in LogEntry.objects.filter(action="program.created")] == [program.pk]
    assert sorted(program.books.values_list("asset", flat=True)) == ["growth", "points"]
    assert list(program.tiers.values_list("name", "threshold")) == [(r.name, r.threshold) for r in DEFAULT_LADDER]


def test_taking_part_twice_is_taking_part_once(program):
    member = make_member()

    assert programs.enrol_many([member.pk, member.pk], program, at=NOON) == 1
    assert programs.enrol_many([member.pk], program, at=LATER) == 0
    assert Standing.objects.get().joined_at == NOON
    assert TierChange.objects.count() == 1


def test_a_crowd_that_takes_part_leaves_the_events_that_one_does(program):
    """Each newcomer once, with copies for all who listen; where they joined is their home, if it is the brand's."""
    home, strange = make_store(make_region(program.brand)), make_store()
    members = [make_member(home_store=home), make_member(home_store=strange), make_member(home_store=None)]
    ids = [member.pk for member in members]
    programs.enrol_many(ids[:1], program, at=NOON)
    assert programs.enrol_many(ids, program, at=LATER) == 2
    told = Event.objects.filter(kind="program.joined").order_by("member_id")
    facts = {"program": program.pk, "brand": program.brand.code}
    assert list(told.values_list("member_id", "at", "store_id", "data")) == [
        (ids[0], NOON, home.pk, facts), (ids[1], LATER, None, facts), (ids[2], LATER, None, facts)
    ]  # fmt: skip
    readers = events.readers_of("program.joined")
    assert readers
    for event in told:
        assert sorted(Inbox.objects.filter(event=event).values_list("reader", flat=True)) == sorted(readers)


def test_new_rates_hold_for_the_next_order_and_are_noted(db):
    store, till = make_shop()
    member, clerk = make_member(), make_staff()
    orders.settle(new_order(store, till, member), now=LATER)

    programs.edit_rates(
        Program.objects.get(), points_per_yuan=Decimal(2), growth_per_yuan=Decimal(0), by=clerk, now=LATER
    )
    orders.settle(new_order(store, till, member), now=LATER)

    assert held(member, store.brand) == (300, 100, 0)
    assert LogEntry.objects.get(action="program.edited").after["points_per_yuan"] == "2"


def test_a_negative_rate_is_refused(program):
    with pytest.raises(programs.BadProgram):
        programs.edit_rates(program, points_per_yuan=Decimal(-1), growth_per_yuan=Decimal(0), by=make_staff(), now=NOON)


LOWER = [Rung(0, "普卡", "Standard", 0), Rung(1, "银卡", "Silver", 600), *DEFAULT_LADDER[2:]]


def test_a_new_ladder_moves_members_once_when_it_is_applied(db, monkeypatch):
    monkeypatch.setattr(ladders, "CHUNK", 2)
    store, till = make_shop()
    members = [make_member() for _ in range(5)]
    orders.settle_many([new_order(store, till, member, amount="600") for member in members], now=LATER)

    programs.edit_ladder(Program.objects.get(), LOWER, by=make_staff(), now=LATER)
    before = set(Standing.objects.values_list("tier__name", flat=True))
    moved = [ladders.apply(now=LATER) for _ in range(2)]

    assert (before, moved) == ({"普卡"}, [5, 0])
    assert set(Standing.objects.values_list("tier__name", flat=True)) == {"银卡"}
    assert TierChange.objects.filter(reason="ladder").count() == 5
    assert Program.objects.get().ladder_applied_at == LATER


def test_an_order_uses_the_new_ladder_before_it_is_applied(db):
    store, till = make_shop()
    programs.edit_ladder(Program.objects.get(), LOWER, by=make_staff(), now=LATER)

    orders.settle(new_order(store, till, make_member(), amount="600"), now=LATER)

    assert Standing.objects.get().tier.name == "银卡"


def test_a_ladder_that_changed_while_it_was_applied_stays_due(db):
    store, till = make_shop()
    orders.settle(new_order(store, till, make_member(), amount="600"), now=LATER)
    stale = Program.objects.get()
    programs.edit_ladder(stale, LOWER, by=make_staff(), now=LATER)

    ladders.reevaluate_program(stale, now=LATER)

    assert Program.objects.get().ladder_applied_at is None


@pytest.mark.django_db(transaction=True)
def test_members_of_a_ladder_move_chunk_by_chunk_and_a_break_goes_on_next_time(monkeypatch):
    monkeypatch.setattr(ladders, "CHUNK", 1)
    store, till = make_shop()
    members = [make_member(), make_member()]
    orders.settle_many([new_order(store, till, member, amount="600") for member in members], now=LATER)
    programs.edit_ladder(Program.objects.get(), LOWER, by=make_staff(), now=LATER)
    busy = connection.copy()
    try:
        busy.set_autocommit(False)
        with busy.cursor() as cursor:
            cursor.execute("SELECT 1 FROM loyalty_account WHERE member_id = %s FOR UPDATE", [members[1].pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 200")
        with pytest.raises(OperationalError):
            ladders.apply(now=LATER)
    finally:
        busy.close()
    halfway = list(Standing.objects.order_by("member_id").values_list("tier__rank", flat=True))

    assert halfway == [1, 0]
    assert ladders.apply(now=LATER) == 1
    assert Program.objects.get().ladder_applied_at == LATER


@pytest.mark.parametrize(
    "thresholds", [[1, 2, 3, 4], [0, 5, 5, 6], [0, 7, 6, 8], [0, 1, 2]], ids=["no zero", "twice", "falling", "short"]
)
def test_a_broken_ladder_is_refused(program, thresholds):
    ladder = [Rung(rank, f"T{rank}", "", threshold) for rank, threshold in enumerate(thresholds)]

    with pytest.raises(programs.BadProgram):
        programs.edit_ladder(program, ladder, by=make_staff(), now=NOON)

    assert list(program.tiers.values_list("threshold", flat=True)) == [r.threshold for r in DEFAULT_LADDER]


@pytest.mark.parametrize(("growth", "name", "missing"), [(0, "普卡", 1000), (999, "普卡", 1), (1000, "银卡", 4000),
                                                         (20_000, "黑卡", None), (10**9, "黑卡", None)])  # fmt: skip
def test_a_growth_value_reaches_the_highest_rung_below_it(growth, name, missing):
    assert rules.reached(DEFAULT_LADDER, growth).name == name
    assert rules.missing(DEFAULT_LADDER, growth) == missing


def test_lists_show_one_programmes_points_and_never_add_two(db):
    store, till = make_shop()
    other, other_till = make_shop()
    member, nobody = make_member(), make_member()
    orders.settle_many([new_order(store, till, member, amount="1000"), new_order(other, other_till, member)], now=LATER)

    first, second = Program.objects.get(brand=store.brand), Program.objects.get(brand=other.brand)
    shown = lambda who, *given: lists.with_balance(Member.objects.all(), given).get(pk=who.pk)  # noqa: E731

    lowest, only = shown(member, first, second), shown(member, second)
    assert (lowest.points, lowest.growth, lowest.tier_name) == (1000, 1000, "银卡")
    assert (only.points, only.growth, only.tier_name) == (100, 100, "普卡")
    Member.objects.filter(pk=member.pk).update(home_store=other)
    assert (shown(member, first, second).points, shown(member, first).points) == (100, 1000)
    assert (shown(nobody, first, second).points, shown(nobody, first).tier_name) == (0, None)
    assert (shown(member).points, shown(member).tier_name) == (0, None)


# --- coupons -------------------------------------------------------------------------------------------
def make_template(program, **given):
    return CouponTemplate.objects.create(
        **{"program": program, "name": "新人券", "kind": "amount", "value": 10} | given
    )


def test_a_coupon_is_given_once_for_its_source(program):
    template, member = make_template(program, stock=5), make_member()

    first = coupons.issue(template, member, source="x", now=NOON)
    again = coupons.issue(template, member, source="x", now=LATER)

    assert first == again
    assert len(first.code) == 12
    template.refresh_from_db()
    assert template.stock == 4
    assert Event.objects.filter(kind="coupon.issued").count() == 1


def test_a_stock_is_never_passed(program):
    template = make_template(program, stock=1)
    coupons.issue(template, make_member(), source="x", now=NOON)

    with pytest.raises(coupons.SoldOut):
        coupons.issue(template, make_member(), source="x", now=NOON)


def test_a_welcome_coupon_is_optional_and_never_in_the_way(program):
    member = make_member()
    nothing = coupons.issue_welcome(member, program, now=NOON)
    template = make_template(program, is_welcome=True, stock=0)

    assert nothing is None
    assert coupons.issue_welcome(member, program, now=NOON) is None
    CouponTemplate.objects.filter(pk=template.pk).update(stock=None)
    coupon = coupons.issue_welcome(member, program, now=NOON)
    assert coupons.issue_welcome(member, program, now=LATER) == coupon
    assert list(wallets.wallet(member, LATER)) == [coupon]
    assert wallets.welcome_template(program) == template
    assert Coupon.objects.count() == 1
