"""What followed a campaign's message, person by person, in the portal."""

from datetime import timedelta

import pytest

from campaigns.models import Feedback
from stores.access import Role
from tests import factories
from tests.campaigns.makers import make_campaign
from tests.factories import NOON, make_brand, make_member, make_staff, make_store
from tests.loyalty.coupons import make_template as make_coupon_template
from tests.web.portal.test_campaigns import make_delivery, read, use_coupon


@pytest.fixture
def brand():
    return make_brand()


@pytest.fixture
def marketer(client):
    client.force_login(make_staff(role=Role.MARKETER))
    client.cookies["django_language"] = "en"


def test_a_persons_chain_shows_its_links_with_times_and_a_masked_name(client, marketer, brand):
    store = make_store(name="西湖店", name_en="West Lake")
    member = make_member(name="王小明", home_store=store)
    campaign = make_campaign(brand=brand, status="finished", coupon_template=make_coupon_template(brand))
    row = make_delivery(campaign, member)
    use_coupon(campaign, member)
    factories.make_order(store, member=member, paid_at=NOON + timedelta(days=1))
    Feedback.objects.create(delivery=row, score=5, words="很好", at=NOON + timedelta(days=2))

    listed = read(client, f"/campaigns/{campaign.pk}/messages/")
    page = read(client, f"/campaigns/{campaign.pk}/messages/{row.pk}/")

    assert f"/campaigns/{campaign.pk}/messages/{row.pk}/" in listed
    links = client.get(f"/campaigns/{campaign.pk}/messages/{row.pk}/").context["links"]
    assert [(link.label, link.at) for link in links] == [
        ("Content", NOON), ("Coupon", NOON), ("Visit", NOON + timedelta(days=1)), ("Second visit", None),
        ("Feedback", NOON + timedelta(days=2)),
    ]  # fmt: skip
    assert "5/5 很好" in page
    assert "West Lake" in page
    assert "王小明" not in page
    sums = client.get(f"/campaigns/{campaign.pk}/chain/", headers={"HX-Request": "true"})
    assert [vars(sums.context["sums"])[name] for name in ("told", "given", "visited", "again", "answered")] == [
        1, 1, 1, 0, 1,
    ]  # fmt: skip
    assert client.get(f"/campaigns/{campaign.pk}/chain/").status_code == 302


def test_whoever_got_none_has_a_reason_instead_of_a_chain(client, marketer, brand):
    campaign = make_campaign(brand=brand, status="finished")
    row = make_delivery(campaign, make_member(), status=5, reason="no_consent")
    assert "This member got no message: No consent" in read(client, f"/campaigns/{campaign.pk}/messages/{row.pk}/")


def test_a_message_of_another_campaign_or_to_a_stranger_is_not_found(client, marketer, brand):
    campaign, other = make_campaign(brand=brand), make_campaign(brand=brand)
    row = make_delivery(campaign, make_member())
    assert client.get(f"/campaigns/{other.pk}/messages/{row.pk}/").status_code == 404
    client.force_login(make_staff(make_brand(), role=Role.MARKETER))
    assert client.get(f"/campaigns/{campaign.pk}/messages/{row.pk}/").status_code == 404
