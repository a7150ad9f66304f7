"""Coupons into wallets: once for each source, never beyond the stock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from loyalty.models import Coupon, CouponTemplate
from loyalty.rules import coupon_codes
from loyalty.services import coupons
from members.models import Event
from tests.factories import NOON, make_member
from tests.loyalty.coupons import make_template

pytestmark = pytest.mark.django_db


def members(count):
    return [make_member().pk for _ in range(count)]


def stock(template):
    return CouponTemplate.objects.get(pk=template.pk).stock


def test_a_crowd_gets_one_coupon_each_and_each_is_told_once():
    template, crowd = make_template(stock=10), members(3)

    held = coupons.issue_many(template, crowd, source="campaign:7:1", now=NOON)

    assert sorted(held) == crowd
    rows = {coupon.pk: coupon for coupon in Coupon.objects.all()}
    assert {rows[held[pk]].member_id for pk in crowd} == set(crowd)
    assert {row.source for row in rows.values()} == {"campaign:7:1"}
    assert all(coupon_codes.read(row.code) == row.code for row in rows.values())
    assert len({row.code for row in rows.values()}) == 3
    assert stock(template) == 7
    told = Event.objects.filter(kind="coupon.issued").order_by("member_id")
    assert [(one.member_id, one.data["coupon"], one.data["source"]) for one in told] == [
        (pk, held[pk], "campaign:7:1") for pk in crowd
    ]


def test_the_same_source_again_gives_the_same_coupons_back_and_takes_nothing():
    template, crowd = make_template(stock=10), members(3)

    first = coupons.issue_many(template, crowd[:2], source="s", now=NOON)
    again = coupons.issue_many(template, crowd, source="s", now=NOON)

    assert {pk: again[pk] for pk in crowd[:2]} == first
    assert stock(template) == 7
    assert Event.objects.filter(kind="coupon.issued").count() == 3
    other = coupons.issue_many(template, crowd, source="t", now=NOON)
    assert not set(other.values()) & set(again.values())


def test_those_beyond_the_stock_are_missing_and_the_stock_ends_at_zero():
    template, crowd = make_template(stock=2), members(3)

    held = coupons.issue_many(template, crowd, source="s", now=NOON)

    assert sorted(held) == crowd[:2]
    assert stock(template) == 0
    assert coupons.issue_many(template, crowd, source="s", now=NOON) == held
    with pytest.raises(coupons.SoldOut):
        coupons.issue(template, make_member(), source="s", now=NOON)


def test_an_unknown_member_costs_no_coupon():
    template, crowd = make_template(stock=2), members(1)

    held = coupons.issue_many(template, [*crowd, 2_000_000_000], source="s", now=NOON)

    assert sorted(held) == crowd
    assert stock(template) == 1


def test_a_template_that_is_stopped_or_over_gives_nothing_new():
    crowd = members(1)
    for given in ({"is_live": False}, {"valid_until": date(2026, 3, 3)}):
        template = make_template(stock=5, **given)
        assert coupons.issue_many(template, crowd, source="s", now=NOON) == {}
        assert stock(template) == 5


def test_a_thousand_coupons_take_a_handful_of_statements(django_assert_max_num_queries):
    template, crowd = make_template(stock=5000), members(20)

    with django_assert_max_num_queries(8):
        assert len(coupons.issue_many(template, crowd, source="s", now=NOON)) == 20


@pytest.mark.parametrize(
    ("given", "starts", "expires"),
    [
        ({"valid_days": 30}, None, NOON + timedelta(days=30)),
        # the last day ends at midnight in Shanghai, 16:00 UTC
        ({"valid_days": 30, "valid_until": date(2026, 3, 10)}, None, datetime(2026, 3, 10, 16, tzinfo=UTC)),
        ({"valid_days": 3, "valid_until": date(2026, 3, 10)}, None, NOON + timedelta(days=3)),
        ({"valid_days": 30, "valid_from": date(2026, 3, 6)}, datetime(2026, 3, 5, 16, tzinfo=UTC),
         NOON + timedelta(days=30)),
        ({"valid_days": 30, "valid_from": date(2026, 3, 4)}, None, NOON + timedelta(days=30)),
    ],
)  # fmt: skip
def test_a_coupon_lives_within_the_days_of_its_template(given, starts, expires):
    template, crowd = make_template(**given), members(1)

    held = coupons.issue_many(template, crowd, source="s", now=NOON)

    coupon = Coupon.objects.get(pk=held[crowd[0]])
    assert (coupon.starts_at, coupon.expires_at) == (starts, expires)


def test_a_coupon_that_would_end_before_it_begins_is_not_given_out():
    template = make_template(valid_days=3, valid_from=date(2026, 4, 1))
    assert coupons.issue_many(template, members(1), source="s", now=NOON) == {}
