"""What the steps of a campaign offer, and in whose words; the used coupons of a list."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import Coupon
from loyalty.services import coupons
from tests.campaigns.makers import make_campaign, make_members
from tests.factories import NOON, make_brand, make_store
from tests.loyalty.coupons import make_template as make_coupon_template
from tests.web.portal.test_campaigns import audience, brand, draft, marketer, read, write

__all__ = ["audience", "brand", "marketer"]  # fixtures
pytestmark = pytest.mark.django_db


def test_used_coupons_of_all_rows_are_counted_in_one_question(client, marketer, brand):
    people, coupon = make_members(3), make_coupon_template(brand)
    first, twin = (make_campaign(people, brand=brand, coupon_template=coupon) for _ in range(2))
    welcome = make_campaign(kind="triggered", trigger="member.joined", brand=brand, coupon_template=coupon)
    bare = make_campaign(people, brand=brand, coupon_template=None)
    for source, used in ((f"campaign:{first.pk}:1", 2), (f"campaign:{welcome.pk}:71", 1),
                         (f"campaign:{welcome.pk}:72", 1), ("welcome", 3)):  # fmt: skip
        held = coupons.issue_many(coupon, [each.pk for each in people], source=source, now=NOON)
        spent = Coupon.objects.filter(pk__in=sorted(held.values())[:used])
        spent.update(redeemed_at=NOON, discount=1)

    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/campaigns/")

    shown = {row.pk: row.redeemed for row in answer.context["page"]}
    assert shown == {first.pk: 2, twin.pk: 0, welcome.pk: 2, bare.pk: 0}
    assert len([query for query in asked if "redeemed_at" in query["sql"]]) == 1
    export = b"".join(client.get("/campaigns/?export=csv").streaming_content).decode("utf-8-sig")
    assert {line.split(",")[-1].strip() for line in export.splitlines()[1:]} == {"0", "2"}


def test_neither_a_stores_own_coupon_nor_one_that_is_used_up_is_offered(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    whole, empty, own = (make_coupon_template(brand, name_en=name, **given) for name, given in (
        ("Whole", {}), ("Empty", {"stock": 0}), ("Next door", {"stock": 9})))  # fmt: skip
    make_campaign(kind="local", store=make_store(), brand=brand, coupon_template=own)

    page = read(client, f"/campaigns/{campaign.pk}/coupon/")
    assert [name in page for name in ("Whole", "Empty", "Next door")] == [True, False, False]
    for other in (empty, own):
        assert write(client, campaign, "coupon", {"coupon_template": other.pk}).status_code == 422
    write(client, campaign, "coupon", {"coupon_template": whole.pk})
    type(whole).objects.update(stock=0)
    assert "Whole" in read(client, f"/campaigns/{campaign.pk}/coupon/")
    assert "Next door" not in read(client, "/templates/new/")


def test_what_can_be_chosen_is_named_in_the_readers_language(client, marketer, brand, audience):
    make_brand()  # of one brand alone there is nothing to choose
    make_coupon_template(brand, name="满减券", name_en="Ten off")
    campaign = draft(client, brand, audience)
    for page, english, chinese in ((f"/campaigns/{campaign.pk}/audience/", "Qinghe Mart", "青禾便利"),
                                   ("/templates/new/", "Ten off", "满减券"), ("/campaigns/", "Qinghe Mart", "青禾便利"),
                                   ("/coupons/new/", "Qinghe Mart", "青禾便利")):  # fmt: skip
        options = "".join(re.findall(r"<option.*?</option>", read(client, page), re.S))
        assert english in options, page
        assert chinese not in options, page
    assert "青禾便利" not in read(client, f"/campaigns/?brand={brand.pk}")
