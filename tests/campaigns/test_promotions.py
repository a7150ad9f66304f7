"""A store's own promotion: live in one step inside the limits; each limit broken alone is refused with its reason."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from campaigns.models import Campaign, Delivery
from campaigns.rules.allowances import Allowance, Wish, broken
from campaigns.services import campaigns, promotions, templates
from campaigns.services.promotions import OutsideLimits
from loyalty.models import Coupon, CouponTemplate
from members.models import Member
from segments.models import AudienceSnapshot
from tests.campaigns.makers import make_members, make_sender, run, tally
from tests.factories import NOON, make_staff, make_store
from tests.loyalty.coupons import make_template

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 4)
PLACE = {"latitude": Decimal("30.250000"), "longitude": Decimal("120.170000")}
KILOMETRE = Decimal("0.009")  # degrees of latitude


@pytest.fixture
def store():
    return make_store(**PLACE)


@pytest.fixture
def manager(store):
    return make_staff(store)


def make_pattern(store, **given):
    coupon = make_template(store.brand, threshold=100, **given.pop("coupon", {}))
    return templates.save(
        None, by=None, now=NOON,
        **{
            "brand": store.brand, "name": "周末", "text": "{name}，{coupon} {code}", "sender": make_sender(),
            "coupon_template": coupon, "is_local": True, "first_day": TODAY - timedelta(days=3),
            "last_day": TODAY + timedelta(days=30), "most_days": 7, "discount_floor": 80, "budget": Decimal(100),
            "radius_m": 3000,
        } | given,
    )  # fmt: skip


def neighbours(store, count, *, kilometres=1, **given):
    made = make_members(count, home_store=store, **given)
    Member.objects.filter(pk__in=[each.pk for each in made]).update(
        latitude=PLACE["latitude"] + KILOMETRE * Decimal(kilometres), longitude=PLACE["longitude"]
    )
    return made


def begin(store, pattern, manager, **given):
    wish = {"value": Decimal(10), "days": 3, "radius_m": 2000, "first_day": TODAY} | given
    return promotions.start(store, pattern, by=manager, now=NOON, **wish)


@pytest.mark.row("000-47", "003-18")
def test_inside_the_limits_a_promotion_is_live_in_one_step(store, manager):
    near = neighbours(store, 3)
    neighbours(store, 1, kilometres=2.5)  # too far
    neighbours(make_store(store.region, **PLACE), 2)  # members of the shop next door
    make_members(1, home_store=store)  # nobody knows where they live

    pattern = make_pattern(store)
    CouponTemplate.objects.update(terms="限堂食", terms_en="Eat in only")
    campaign = begin(store, pattern, manager)
    run()

    assert tally(campaign) == {("SENT", ""): 3}
    assert set(Coupon.objects.values_list("member", flat=True)) == {member.pk for member in near}
    coupon = Campaign.objects.get(pk=campaign.pk).coupon_template
    assert list(coupon.stores.all()) == [store]
    assert (coupon.terms, coupon.terms_en) == ("限堂食", "Eat in only")
    assert (coupon.place, coupon.value, coupon.valid_from, coupon.valid_until, coupon.stock) == (
        "store", 10, TODAY, TODAY + timedelta(days=2), 0,
    )  # fmt: skip
    assert Campaign.objects.get(pk=campaign.pk).status == "running"
    run(NOON + timedelta(days=3))
    assert Campaign.objects.get(pk=campaign.pk).status == "finished"


@pytest.mark.row("000-47", "003-18")
@pytest.mark.parametrize(
    ("reason", "wish", "pattern"),
    [
        ("past", {"first_day": TODAY - timedelta(days=1)}, {}),
        ("first_day", {}, {"first_day": TODAY + timedelta(days=1)}),
        ("last_day", {"first_day": TODAY + timedelta(days=29)}, {}),
        ("days", {"days": 8}, {}),
        ("days", {"days": 0}, {}),
        ("floor", {"value": Decimal(21)}, {}),
        ("value", {"value": Decimal(0)}, {}),
        ("budget", {}, {"budget": Decimal(29)}),
        ("radius", {"radius_m": 3001}, {}),
        ("nobody", {"radius_m": 500}, {}),
        ("template", {}, {"is_local": False}),
    ],
)
def test_each_limit_broken_alone_is_refused_with_its_reason(store, manager, reason, wish, pattern):
    neighbours(store, 3)
    held = make_pattern(store, **pattern)
    with pytest.raises(OutsideLimits) as refusal:
        begin(store, held, manager, **wish)
    assert refusal.value.reasons == [reason]
    assert str(refusal.value)
    assert not Campaign.objects.exists()
    assert not AudienceSnapshot.objects.exists()
    assert CouponTemplate.objects.count() == 1


def test_not_more_at_once_than_allowed_and_the_next_after_the_first_is_stopped(store, manager):
    neighbours(store, 1)
    pattern = make_pattern(store)
    first = begin(store, pattern, manager)
    with pytest.raises(OutsideLimits) as refusal:
        begin(store, pattern, manager)
    assert refusal.value.reasons == ["at_once"]
    promotions.stop(first, by=make_staff(), now=NOON, reason="预算")
    assert begin(store, pattern, manager).status == "scheduled"


def test_a_template_of_another_brand_and_a_store_of_others_are_refused(store, manager):
    neighbours(store, 1)
    other = make_store(**PLACE)
    for shop, pattern, reason in [(store, make_pattern(other), "brand"), (other, make_pattern(other), "store")]:
        with pytest.raises(OutsideLimits) as refusal:
            begin(shop, pattern, manager)
        assert refusal.value.reasons == [reason]
    lost = make_store(store.region)
    with pytest.raises(OutsideLimits, match="map"):
        begin(lost, make_pattern(lost), make_staff(lost))


def test_the_budget_is_a_hard_stop_when_fewer_coupons_than_members_are_wanted(store, manager):
    neighbours(store, 5)
    campaign = begin(store, make_pattern(store, budget=Decimal(20)), manager, coupons=2)
    run()
    assert tally(campaign) == {("SENT", ""): 2, ("SUPPRESSED", "sold_out"): 3}


def test_headquarters_stops_a_promotion_before_it_is_sent(store, manager):
    neighbours(store, 2)
    campaign = begin(store, make_pattern(store), manager, first_day=TODAY + timedelta(days=1))
    promotions.stop(campaign, by=make_staff(), now=NOON, reason="价格有误")
    run(NOON + timedelta(days=1))
    assert not Delivery.objects.exists()
    assert not Campaign.objects.get(pk=campaign.pk).coupon_template.is_live
    with pytest.raises(campaigns.CampaignProblem):
        promotions.stop(campaign, by=make_staff(), now=NOON, reason="again")


GOOD = Wish(TODAY, 3, Decimal(10), False, Decimal(100), None, 2000, 5, 0)
LIMITS = Allowance(None, None, 7, 80, Decimal(100), 1, 3000)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []), ({"value": Decimal(20), "coupons": 1}, []), ({"threshold": Decimal(0)}, ["floor"]),
        ({"is_percent": True, "value": Decimal(20), "most": Decimal(20)}, []),
        ({"is_percent": True, "value": Decimal(21), "most": Decimal(20)}, ["floor"]),
        ({"is_percent": True, "value": Decimal(10)}, ["budget"]),  # no coupon may cost without an upper limit
        ({"coupons": 10}, []), ({"coupons": 11}, ["budget"]), ({"running": 1}, ["at_once"]),
        ({"days": 10**9}, ["days"]), ({"radius_m": 0}, ["radius"]), ({"value": Decimal(-5)}, ["value"]),
        ({"days": 8, "radius_m": 9999, "value": Decimal(30)}, ["days", "floor", "budget", "radius"]),
    ],
)  # fmt: skip
def test_the_limits_as_a_table(change, reasons):
    assert broken(GOOD._replace(**change), LIMITS, today=TODAY) == reasons
