"""Somebody who has not joined: one account and one timeline before and after, and no member in any figure."""

from datetime import timedelta
from decimal import Decimal

import pytest

from loyalty.models import Account, Coupon, Entry
from loyalty.services import coupons, joining, matching, merging, orders, programs
from loyalty.services.matching import Shown
from members.models import Event, Identity, MatchCase, Member, Merge, Order
from members.queries import days, for_keys, members
from members.queries import orders as order_queries
from members.rules.receipts import MemberRef
from members.services import identity, profiles, prospects
from members.services.prospects import Seen
from segments.queries import audiences
from stores.services import codes
from tests.factories import NOON, make_channel, make_member, make_staff, make_store
from tests.loyalty.coupons import make_template
from tests.loyalty.receipts import LATER, phone_of

PHONE, OPENID, UNIONID = Identity.Kind.PHONE, Identity.Kind.OPENID, Identity.Kind.UNIONID
JOIN = {"agrees": True, "wants_offers": False, "language": "zh-hans"}


def bought(store, openid="o-1", number="T1", amount="88.00", channel=None):
    new = orders.NewOrder(
        channel or make_channel(), store.code, number, MemberRef.openid(openid), Decimal(amount), NOON
    )
    return orders.settle(new, now=NOON)


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def prospect(store):
    """Who bought in a mall for 88 yuan and has not joined."""
    bought(store)
    return Member.people.get()


def test_a_buyer_whom_nobody_knows_is_a_prospect_with_a_timeline_and_no_points(store):
    settled = bought(store)

    person = Member.people.get()
    assert person.is_prospect
    assert (settled.member_id, settled.points) == (None, 0)
    order = Order.objects.get()
    assert (order.member, order.prospect) == (None, person)
    assert list(Event.objects.filter(member=person).order_by("pk").values_list("kind", flat=True)) == [
        "prospect.found", "order.paid",
    ]  # fmt: skip
    assert not Account.objects.exists()


def test_the_next_order_of_the_same_buyer_finds_the_prospect(store, prospect):
    bought(store, number="T2")

    assert Member.people.get() == prospect
    assert Order.objects.filter(prospect=prospect).count() == 2


def test_a_typed_phone_or_card_makes_nobody(store):
    for ref in (MemberRef.phone("16900001234"), MemberRef.card("C1")):
        orders.settle(orders.NewOrder(make_channel(), store.code, "T1", ref, Decimal(1), NOON), now=NOON)

    assert not Member.everyone.exists()


def test_prospects_are_in_no_figure_list_or_audience(store, prospect):
    by = make_staff()

    assert not Member.objects.exists()
    assert not members.visible_to(by).exists()
    assert for_keys.by_number(prospect.number) is None
    assert audiences.ids({"all": []}, now=NOON).size == 0
    assert not audiences.holds({"all": []}, prospect.pk, now=NOON)
    day = days.total(days.by_store(by, NOON.date(), NOON.date()).values())
    assert (day.orders, day.member_orders, day.joins) == (1, 0, 0)
    assert days.drifts() == 0


def test_prospects_get_no_coupons_and_no_points(store, prospect):
    template = make_template(store.brand)
    program = programs.ensure(store.brand, now=NOON)

    assert coupons.issue_many(template, [prospect.pk], source="gift", now=NOON) == {}
    programs.points.open_books([prospect.pk], program)
    assert not Coupon.objects.exists()
    assert not Account.objects.exists()


@pytest.mark.row("004-15")
def test_a_prospect_becomes_a_member_with_the_same_account_and_timeline(store, prospect):
    make_template(store.brand, is_welcome=True)
    code = codes.issue(store, kind="store", by=make_staff(), now=NOON)
    matching.meet([Shown(PHONE, "16900001234"), Shown(OPENID, "o-1")], now=LATER, seen=Seen(LATER))
    assert Member.people.get() == prospect, "a proven phone is one more name of the same prospect"
    assert prospect.is_prospect

    done = joining.join("16900001234", code=code, now=LATER, **JOIN)
    again = joining.join("16900001234", code=code, now=LATER, **JOIN)

    assert (done.member.pk, done.member.number, done.is_new) == (prospect.pk, prospect.number, True)
    assert (again.member.pk, again.is_new, again.coupon) == (prospect.pk, False, None)
    member = Member.objects.get()
    assert (member.joined_at, member.joined_code, member.home_store) == (LATER, code, store)
    order = Order.objects.get()
    assert (order.member, order.prospect, order.refunded) == (member, member, 0)
    assert list(order_queries.of_member(make_staff(), member)) == [order]
    kinds = list(Event.objects.filter(member=member).order_by("pk").values_list("kind", flat=True))
    assert kinds[:3] == ["prospect.found", "order.paid", "member.joined"]
    assert not Entry.objects.exists(), "what was bought before joining earns nothing"
    assert Coupon.objects.get().member == member
    assert days.drifts() == 0
    day = days.total(days.by_store(make_staff(), NOON.date(), NOON.date()).values())
    assert day.member_orders == 1


def test_what_was_bought_before_joining_takes_nothing_back_when_it_is_refunded(store):
    channel = make_channel()
    bought(store, channel=channel)
    profiles.join(person=Member.people.get(), store=store, now=LATER)

    done = orders.refund(orders.NewRefund(channel, "F1", "T1", Decimal("88.00"), LATER), now=LATER)

    assert (done.is_new, done.points) == (True, 0)
    assert not Entry.objects.exists()
    assert Event.objects.get(kind="order.refunded").member == Member.objects.get()


def test_a_refund_before_joining_is_on_the_prospects_timeline(store):
    channel = make_channel()
    bought(store, channel=channel)

    orders.refund(orders.NewRefund(channel, "F1", "T1", Decimal("8.00"), LATER), now=LATER)

    assert Event.objects.get(kind="order.refunded").member == Member.people.get()


def test_orders_earn_from_the_moment_of_joining(store, prospect):
    profiles.join(person=prospect, store=store, now=NOON)

    settled = bought(store, number="T2")

    assert (settled.member_id, settled.points) == (prospect.pk, 88)


def test_a_member_takes_a_prospect_in_and_gives_all_of_it_back(store, prospect):
    member = make_member(name="")

    met = matching.meet([Shown(PHONE, phone_of(member)), Shown(OPENID, "o-1")], now=LATER)

    assert (met.member, met.merge.loser_id) == (member, prospect.pk), "a member outlives an older prospect"
    order = Order.objects.get()
    assert (order.member, order.came_as) == (member, prospect.pk)
    assert not Entry.objects.exists()

    merging.unmerge(Merge.objects.get(), reason="two people", by=make_staff(), now=LATER)

    order.refresh_from_db()
    assert (order.member, order.prospect, order.came_as) == (None, prospect, None)
    prospect.refresh_from_db()
    assert prospect.is_prospect
    assert Identity.objects.get(value="o-1").member == prospect
    assert days.drifts() == 0


def test_a_prospect_cannot_take_a_member_in(prospect):
    with pytest.raises(merging.CannotMerge):
        merging.merge(prospect, make_member(), reason="same", by=make_staff(), now=LATER)


def test_two_prospects_who_are_one_keep_both_orders_for_the_day_they_join(store, prospect):
    bought(store, openid="o-2", number="T2")
    by_unionid = Shown(UNIONID, "u-1")
    for openid in ("o-1", "o-2"):
        matching.meet([Shown(OPENID, openid), by_unionid], now=LATER)
    assert Member.people.count() == 1

    profiles.join(person=Member.people.get(), store=store, now=LATER)

    assert Order.objects.filter(member=Member.objects.get()).count() == 2


# --- phones that are given out again, and phones of a family ------------------------------------------------
def wechat(member, openid="wx1:mine"):
    identity.attach(member, OPENID, openid, now=NOON, verified=True)
    return member


def test_another_persons_wechat_with_a_members_phone_is_somebody_else_until_a_person_decides():
    member = wechat(make_member())
    shown = [Shown(PHONE, phone_of(member)), Shown(OPENID, "wx1:hers")]

    met, again = (matching.meet(shown, now=LATER, seen=Seen(LATER)) for _ in range(2))

    assert met.member != member
    assert met.member.is_prospect
    assert again.member == met.member
    case = MatchCase.objects.get()
    assert (case.outcome, case.rule, case.differs) == ("conflict", "phone", ["openid:wx1"])
    assert Identity.objects.get(kind=PHONE).member == member
    assert not Merge.objects.exists()


def test_a_phone_given_out_again_goes_to_who_proves_it_after_a_person_decided():
    former = wechat(make_member(joined_at=NOON - timedelta(days=900)))
    phone = phone_of(former)
    shown = [Shown(PHONE, phone), Shown(OPENID, "wx1:hers")]
    met = matching.meet(shown, now=LATER, seen=Seen(LATER))
    assert met.case.rule == "recycled phone"
    assert Identity.objects.get(value=phone).member == former

    matching.decide(met.case, is_same=False, reason="the carrier gave it out again", by=make_staff(), now=LATER)
    assert Identity.objects.get(value=phone).member == former
    matching.meet(shown, now=LATER, seen=Seen(LATER))

    assert Identity.objects.get(value=phone).member == met.member


def test_a_family_on_one_phone_stays_two_people_and_the_phone_stays_where_it_is():
    mother = make_member(name="王秀英")
    phone = phone_of(mother)
    shown = [Shown(PHONE, phone), Shown(OPENID, "wx1:hers")]

    met = matching.meet(shown, now=LATER, seen=Seen(LATER), name="李小红")

    assert met.member != mother
    assert (met.case.outcome, met.case.rule) == ("propose", "family phone")
    matching.decide(met.case, is_same=False, reason="mother and daughter", by=make_staff(), now=LATER)
    matching.meet(shown, now=LATER, seen=Seen(LATER), name="李小红")
    assert Identity.objects.get(value=phone).member == mother
    nameless = matching.meet([Shown(PHONE, phone), Shown(OPENID, "wx1:third")], now=LATER, seen=Seen(LATER))
    assert nameless.member not in (mother, met.member), (
        "on a shared phone nobody is taken for its owner without the name"
    )


def test_what_is_only_said_proposes_and_moves_nothing():
    one = make_member(name="")
    Identity.objects.create(kind=Identity.Kind.CARD, value="b1:C9", member=one, added_at=NOON)

    met = matching.meet(
        [Shown(OPENID, "wx1:new"), Shown(Identity.Kind.CARD, "b1:C9", False)], now=LATER, seen=Seen(LATER)
    )

    assert met.member != one
    assert (met.case.outcome, met.case.agrees) == ("propose", ["card:b1"])
    assert Identity.objects.get(value="b1:C9").member == one


def test_a_device_is_a_weak_sign():
    device = "d" * 64
    first = matching.meet([Shown(Identity.Kind.DEVICE, device, False)], now=NOON, seen=Seen(NOON)).member
    second = matching.meet(
        [Shown(OPENID, "wx1:a"), Shown(Identity.Kind.DEVICE, device, False)], now=LATER, seen=Seen(LATER)
    )

    assert first.is_prospect
    assert second.member != first
    assert second.case.outcome == "propose"
    assert prospects.make(OPENID, "wx1:a", Seen(LATER), now=LATER) == second.member
