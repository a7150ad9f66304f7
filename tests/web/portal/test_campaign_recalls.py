"""The first minute after a launch, on the page: the seconds, the way back, and what is told once it is over."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as configured

from campaigns.models import Campaign, Delivery
from campaigns.services import fanout
from segments.services import segments
from stores.access import Role
from tests.campaigns.makers import make_campaign, make_members, make_sender
from tests.factories import NOON, make_brand, make_staff

ASKED = {"HX-Request": "true"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def marketer(client):
    staff = make_staff(role=Role.MARKETER)
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as held:
        yield held


@pytest.fixture
def campaign(clock, marketer):
    make_members(2, gender="f")
    rule = {"all": [{"attr": "gender", "op": "in", "value": ["f"]}]}
    audience = segments.save(None, name="女会员", description="", rule=rule, by=marketer, now=NOON)
    return make_campaign(status="draft", starts_at=None, segment=audience, sender=make_sender(), brand=make_brand())


def launch(client, campaign) -> str:
    return client.post(f"/campaigns/{campaign.pk}/launch/", follow=True).content.decode()


def test_a_launch_gives_a_minute_to_take_it_back(client, campaign, clock):
    assert configured.UNDO_SECONDS == 60
    assert "Nothing is sent in the first 60 seconds" in client.get(f"/campaigns/{campaign.pk}/review/").content.decode()
    page = launch(client, campaign)
    assert "Sending begins in 60 seconds" in page
    assert f"/campaigns/{campaign.pk}/take-back/" in page

    clock.shift(59 * SECOND)
    fanout.start_due(now=NOON + 59 * SECOND)
    assert "Sending begins in 1 second<" in client.get(f"/campaigns/{campaign.pk}/").content.decode().replace("\n", "<")
    answer = client.post(f"/campaigns/{campaign.pk}/take-back/", follow=True)
    assert answer.redirect_chain[-1][0] == f"/campaigns/{campaign.pk}/review/"
    assert "Taken back. It is a draft again, and nothing was sent." in answer.content.decode()
    assert (Campaign.objects.get().starts_at, Delivery.objects.count()) == (None, 0)


def test_when_it_has_begun_the_page_comes_anew_and_the_way_back_is_closed(client, campaign, clock):
    launch(client, campaign)
    part = f"/campaigns/{campaign.pk}/run/?untouched"
    assert "HX-Refresh" not in client.get(part, headers=ASKED)
    clock.shift(60 * SECOND)
    assert "Sending begins in a moment" in client.get(part, headers=ASKED).content.decode()
    fanout.start_due(now=NOON + 60 * SECOND)
    assert client.get(part, headers=ASKED)["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(f"/campaigns/{campaign.pk}/run/", headers=ASKED)

    answer = client.post(f"/campaigns/{campaign.pk}/take-back/", follow=True).content.decode()
    assert "Sending has begun, so it can no longer be taken back." in answer
    assert "take-back" not in answer
    assert Campaign.objects.get().status == "running"


def test_one_for_later_says_when_it_starts_and_may_be_taken_back(client, campaign):
    Campaign.objects.update(starts_at=NOON + timedelta(days=1))
    page = launch(client, campaign)
    assert "Launched. You can pause or stop it here at any time." in page
    assert "Sending begins in" not in page
    assert "take-back" in page


def test_who_may_not_launch_may_not_take_back(client, campaign):
    launch(client, campaign)
    client.force_login(make_staff(role=Role.ANALYST))
    assert "take-back" not in client.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert client.post(f"/campaigns/{campaign.pk}/take-back/").status_code == 403
