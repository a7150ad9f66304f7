"""What a coupon promises is made once, and kept once somebody holds it."""

from decimal import Decimal

import pytest

from loyalty.models import CouponTemplate
from loyalty.services import coupon_templates as services
from loyalty.services import coupons, programs
from loyalty.services.coupon_templates import BadTemplate
from stores.models import LogEntry
from tests.factories import NOON, make_member, make_region, make_staff, make_store
from tests.loyalty.coupons import make_template

pytestmark = pytest.mark.django_db
WORDS = {"name": "券", "kind": "amount", "value": Decimal(10), "threshold": Decimal(50)}


@pytest.fixture
def head():
    return make_staff()


@pytest.fixture
def shop():
    return make_store()


def create(shop, head, **given):
    return services.create(programs.ensure(shop.brand, now=NOON), by=head, now=NOON, **WORDS | given)


def edit(template, head, *, stock_seen=None, stores=(), **given):
    return services.edit(template, stores=stores, stock_seen=stock_seen, by=head, now=NOON, **given)


def test_a_template_is_made_and_noted(shop, head):
    made = create(shop, head, stores=[shop], stock=100)

    assert list(made.stores.all()) == [shop]
    line = LogEntry.objects.get(action="coupontemplate.created")
    assert (line.after["value"], line.after["stock"], line.object_id) == ("10", 100, made.pk)


@pytest.mark.parametrize(
    "given",
    [{"value": Decimal(0)}, {"kind": "percent", "value": Decimal(100)}, {"value": Decimal(60)},
     {"valid_from": NOON.date(), "valid_until": NOON.date().replace(day=1)}],
)  # fmt: skip
def test_nonsense_is_refused(shop, head, given):
    with pytest.raises(BadTemplate):
        create(shop, head, **given)
    assert not CouponTemplate.objects.exists()


def test_a_store_of_another_brand_is_refused(shop, head):
    with pytest.raises(BadTemplate):
        create(shop, head, stores=[make_store(make_region())])


def test_one_coupon_at_a_time_is_given_on_joining(shop, head):
    first, second = create(shop, head, is_welcome=True), create(shop, head)

    with pytest.raises(BadTemplate):
        create(shop, head, is_welcome=True)
    with pytest.raises(BadTemplate):
        edit(second, head, is_welcome=True)
    edit(first, head, is_live=False)
    assert edit(second, head, is_welcome=True).is_welcome


def test_the_value_changes_until_the_first_coupon_and_never_after(shop, head):
    template = create(shop, head)
    edit(template, head, value=Decimal(20))
    coupons.issue_many(template, [make_member().pk], source="s", now=NOON)

    for change in ({"value": Decimal(5)}, {"threshold": Decimal(100)}, {"kind": "percent"}, {"place": "online"}):
        with pytest.raises(BadTemplate):
            edit(template, head, **change)
    renamed = edit(template, head, name="新名", value=Decimal(20))

    assert (renamed.name, renamed.value) == ("新名", 20)
    assert LogEntry.objects.filter(action="coupontemplate.edited").count() == 2


@pytest.mark.parametrize(
    ("now", "seen", "asked", "kept"),
    [(100, 100, 150, 150), (60, 100, 150, 110), (0, 100, 50, 0), (None, None, 30, 30), (60, 100, None, None)],
)
def test_what_was_given_out_while_somebody_edits_stays_given_out(shop, head, now, seen, asked, kept):
    template = make_template(shop.brand, stock=now)

    assert edit(template, head, stock_seen=seen, stock=asked).stock == kept
