"""The data health board: silent sources turn red in time, and every figure is a count of rows that one can open."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from members.models import Identity
from stores.access import Role
from tests.factories import NOON, make_channel, make_member, make_order, make_staff, make_store
from tests.web.portal.test_members import questions

BOARD = "/data-health/"
FIGURES = "/data-health/?part=figures"


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    client.get("/ui/")
    return staff


@pytest.mark.row("000-17")
def test_a_source_whose_feed_ends_turns_red_within_its_limit_and_the_figures_reconcile(client, admin, time_machine):
    now = timezone.now()
    store = make_store()
    feed = make_channel(name="线上店", fresh_minutes=60, last_success_at=now)
    make_channel(name="安静", last_success_at=now - timedelta(days=9))
    known = make_member(home_store=store, birthday=NOON.date())
    Identity.objects.create(kind=Identity.Kind.EMAIL, value="a@example.com", member=known, added_at=NOON)
    make_member(name="")
    make_order(store, member=known, channel=feed, paid_at=now)
    for _n in range(3):
        make_order(store, channel=feed, paid_at=now)
    make_order(store, channel=feed, paid_at=now - timedelta(days=40))

    figures = client.get(FIGURES).context["figures"]
    assert [(share.label.pk, share.count, share.total) for share in figures.identified] == [(feed.pk, 1, 4)]
    shares = {share.url.rpartition("=")[2]: (share.count, share.total) for share in figures.complete}
    assert shares["birthday"] == shares["home_store"] == shares["name"] == shares["email"] == (1, 2)
    assert (shares["phone"], shares["wechat"], shares["gender"]) == ((2, 2), (0, 2), (0, 2))
    assert {share.count for share in figures.reach} == {0}
    for share in [*figures.identified, *figures.complete]:
        assert len(client.get(share.url).context["page"]) == share.missing, share

    def board():
        browser = Client()  # a session does not outlast the hour without being used
        browser.force_login(admin)
        return browser.get(BOARD)

    def state():
        return {one.channel.name: one.health.is_stale for one in board().context["sources"]}

    assert state() == {"线上店": False, "安静": None}
    assert b"is-bad" not in board().content
    time_machine.move_to(now + timedelta(minutes=59))
    assert state()["线上店"] is False
    time_machine.move_to(now + timedelta(minutes=61))
    assert state() == {"线上店": True, "安静": None}
    assert board().context["sources"][0].channel == feed, "silent ones come first"
    assert b"is-bad" in board().content


def test_the_board_asks_as_many_questions_for_three_sources_as_for_one(client, admin):
    make_order(channel=make_channel(), paid_at=timezone.now())
    one, _answer = questions(client, BOARD)
    whole, _answer = questions(client, FIGURES)
    cache.clear()
    for _n in range(2):
        make_order(channel=make_channel(), paid_at=timezone.now())
    assert questions(client, BOARD)[0] == one
    assert questions(client, FIGURES)[0] == whole <= 40


def test_a_brands_marketer_counts_that_brands_members_alone(client):
    mine = make_store()
    make_member(home_store=mine)
    make_member(home_store=make_store())
    make_channel(brand=make_store().brand, name="别家")
    client.force_login(make_staff(mine.brand, role=Role.MARKETER))
    answer = client.get(FIGURES)
    assert answer.context["figures"].total == 1
    assert answer.context["sources"] == []


def test_the_figures_arrive_alone_when_asked_for(client, admin):
    part = client.get(FIGURES, headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b"m-figures" in part.content
