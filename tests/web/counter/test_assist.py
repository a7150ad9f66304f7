"""An associate helps somebody to join: the customer types on their own phone, the link counts once."""

from datetime import timedelta

import pytest
from django.test import Client

from members.models import Assist, Member
from stores.models import LogEntry
from stores.services import codes
from tests.factories import NOON, make_staff, make_store
from tests.loyalty.coupons import make_template
from tests.web.h5.shoppers import join

PHONE = "16900001234"


@pytest.fixture(autouse=True)
def _clock(time_machine, settings):
    settings.DEMO = True
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def store():
    made = make_store()
    make_template(made.brand, is_welcome=True)
    return made


@pytest.fixture
def clerk(store):
    person = make_staff(store, role="associate", name="小陈", language="en")
    codes.issue(store, kind="associate", associate=person, by=person, now=NOON)
    return person


@pytest.fixture
def counter(clerk):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(clerk)
    return client


def started(counter):
    answer = counter.post("/s/assist/start")
    return Assist.objects.latest("pk"), answer["Location"]


def state(counter, assist):
    return counter.get(f"/s/assist/{assist.pk}/state").json()["text"]


def test_the_customer_joins_on_their_own_phone_and_the_associate_sees_it(counter, clerk, store):
    assist, page = started(counter)
    shown = counter.get(page).content.decode()
    assert f"/j/{assist.token}" in shown
    assert "<svg" in shown
    assert state(counter, assist) == "Waiting for the scan"

    phone = Client()
    assert phone.get(f"/j/{assist.token}")["Location"] == f"/c/{assist.code.public}"
    assert state(counter, assist) == "Opened on their phone"
    join(phone, assist.code, PHONE)

    member = Member.objects.get()
    assert (member.associate, member.home_store, member.joined_code) == (clerk, store, assist.code)
    assist.refresh_from_db()
    assert (assist.member, assist.done_at) == (member, NOON)
    assert state(counter, assist) == "Joined"
    assert "Joined" in counter.get("/s/assist").content.decode()
    assert LogEntry.objects.filter(action="assist.started", actor_id=clerk.pk).exists()


def test_the_link_counts_once_and_runs_out(counter, time_machine):
    used, _page = started(counter)
    phone = Client()
    phone.get(f"/j/{used.token}")
    join(phone, used.code, PHONE)
    late, _page = started(counter)
    time_machine.move_to(NOON + timedelta(minutes=31), tick=False)

    assert Client().get(f"/j/{used.token}").status_code == 410
    assert Client().get(f"/j/{late.token}").status_code == 410
    assert Client().get("/j/made-up-token-of-nobody").status_code == 410
    assert state(counter, late) == "Ran out"


def test_two_who_share_one_link_are_two_members_and_the_link_is_the_first_ones(counter):
    assist, _page = started(counter)
    first, second = Client(), Client()
    for phone in (first, second):
        phone.get(f"/j/{assist.token}")
    join(first, assist.code, PHONE)
    join(second, assist.code, "16900005678")

    assist.refresh_from_db()
    assert Member.objects.count() == 2
    assert assist.member == Member.objects.get(identities__value=PHONE)


def test_without_a_code_of_ones_own_the_page_says_what_to_do(store):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_staff(store, role="associate", language="en"))

    assert "Make your own code first" in client.get("/s/assist").content.decode()
    assert client.post("/s/assist/start")["Location"] == "/s/assist"
    assert not Assist.objects.exists()


def test_another_store_sees_nothing_of_it(counter):
    assist, _page = started(counter)
    stranger = Client()
    stranger.force_login(make_staff(make_store(), role="associate"))

    assert stranger.get(f"/s/assist/{assist.pk}").status_code == 404
    assert stranger.get(f"/s/assist/{assist.pk}/state").status_code == 404
