"""Coupons for tests."""

from loyalty.models import Coupon, CouponTemplate
from loyalty.services import coupons, programs
from tests.factories import NOON, make_member, make_store


def make_template(brand=None, **given) -> CouponTemplate:
    program = programs.ensure(brand or make_store().brand, now=NOON)
    return CouponTemplate.objects.create(
        **{
            "program": program,
            "name": "满减券",
            "name_en": "Ten off",
            "kind": "amount",
            "value": 10,
            "created_at": NOON,
        }
        | given
    )


def make_coupon(template=None, member=None, *, source="test", now=NOON, **given) -> Coupon:
    """A coupon in a wallet; ``given`` overrides its columns."""
    template = template or make_template()
    held = coupons.issue_many(template, [(member or make_member()).pk], source=source, now=now)
    coupon = Coupon.objects.select_related("template__program__brand", "member").get(pk=next(iter(held.values())))
    for name, value in given.items():
        setattr(coupon, name, value)
    if given:
        coupon.save(update_fields=list(given))
    return coupon
