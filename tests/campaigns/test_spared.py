"""Whom no message reaches whatever they agreed to: who asked us to stop, and children."""

from datetime import date, timedelta

import pytest

from campaigns.models import Delivery
from campaigns.queries import review
from members.models import Member
from tests.campaigns.makers import agree, make_campaign, make_members, run, tally
from tests.factories import NOON, make_store

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def test_who_asked_us_to_stop_gets_nothing_and_the_review_says_so():
    told, spared = make_members(2)
    Member.objects.filter(pk=spared.pk).update(restricted_at=NOON)
    campaign = make_campaign([told, spared])
    excluded = {each.reason: each.count for each in review.of(campaign, now=NOON).excluded}

    run()

    assert tally(campaign) == {("SENT", ""): 1, ("SUPPRESSED", "restricted"): 1}
    assert excluded == {"restricted": 1}


@pytest.mark.parametrize(("born", "zone", "reason"), [
    (date(2012, 3, 5), "Asia/Shanghai", "minor"), (date(2012, 3, 4), "Asia/Shanghai", ""),
    (date(2012, 3, 4), "America/New_York", "minor"), (date(2012, 3, 3), "America/New_York", ""),
])  # fmt: skip
def test_below_fourteen_there_are_no_offers_by_the_day_of_the_own_store(born, zone, reason):
    """NOON is 4 March in Shanghai and still 3 March in New York."""
    (child,) = make_members(1, home_store=make_store(time_zone=zone), birthday=born)
    campaign = make_campaign([child])

    run()

    got = Delivery.objects.get(campaign=campaign)
    held = got.status == Delivery.Status.PENDING  # quiet hours, which come after every reason to send nothing
    assert got.reason == reason
    assert held or (got.status == Delivery.Status.SUPPRESSED) == bool(reason)


def test_what_the_membership_needs_is_said_to_children_too():
    (child,) = make_members(1, birthday=NOON.date() - 3650 * DAY)
    campaign = make_campaign([child], purpose="membership")
    agree(child, purpose="membership")

    run()

    assert tally(campaign) == {("SENT", ""): 1}
