"""The pages about people who have not joined."""

from decimal import Decimal

import pytest
from django.test import Client

from loyalty.services import matching, orders
from loyalty.services.matching import Shown
from members.models import Identity, Member
from members.rules.receipts import MemberRef
from members.services import identity, match_cases, profiles
from members.services.prospects import Seen
from tests.factories import NOON, make_channel, make_member, make_staff, make_store


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def mall():
    return make_channel(name="天猫店", name_en="Tmall shop")


def buyer(store, mall, number="T1", openid="o-1234567890"):
    new = orders.NewOrder(mall, store.code, number, MemberRef.openid(openid), Decimal("88.00"), NOON)
    orders.settle(new, now=NOON)
    return Member.people.get(identities__value=openid)


def browser(*nodes, **given):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_staff(*nodes, language="en", **given))
    return client


def test_the_list_shows_prospects_only_and_the_members_list_shows_none(store, mall):
    prospect, member = buyer(store, mall), make_member(home_store=store)
    head = browser()

    page, members = head.get("/prospects/").content.decode(), head.get("/members/").content.decode()

    assert prospect.number in page
    assert member.number not in page
    assert member.number in members
    assert prospect.number not in members


def test_the_page_shows_what_happened_and_masks_who_it_is(store, mall):
    prospect = buyer(store, mall)

    page = browser().get(f"/prospects/{prospect.number}/").content.decode()

    assert "Has not joined" in page
    assert "Seen for the first time" in page
    assert "T1" in page
    assert "Tmall shop" in page
    assert "****7890" in page
    assert "o-1234567890" not in page


def test_a_store_sees_its_own_buyers_and_nobody_elses(store, mall):
    mine, other = buyer(store, mall), buyer(make_store(), mall, "T2", "o-2222222222")
    clerk = browser(store)

    assert clerk.get(f"/prospects/{mine.number}/").status_code == 200
    assert clerk.get(f"/prospects/{other.number}/").status_code == 404


def test_who_has_joined_is_found_on_the_members_page(store, mall):
    prospect = buyer(store, mall)
    profiles.join(person=prospect, store=store, now=NOON)
    head = browser()

    assert head.get(f"/prospects/{prospect.number}/")["Location"] == f"/members/{prospect.number}/"
    assert prospect.number not in head.get("/prospects/").content.decode()


def test_a_filter_finds_by_store_and_channel(store, mall):
    prospect = buyer(store, mall)
    head = browser()

    assert prospect.number in head.get(f"/prospects/?channel={mall.pk}").content.decode()
    assert prospect.number not in head.get(f"/prospects/?channel={make_channel().pk}").content.decode()
    assert prospect.number in head.get(f"/prospects/?q={prospect.number}").content.decode()


def test_the_list_asks_as_often_for_three_as_for_one(store, mall, django_assert_max_num_queries):
    head = browser()
    head.get("/prospects/")
    counts = []
    for each in range(3):
        buyer(store, mall, f"T{each}", f"o-{each}")
        if each in (0, 2):
            with django_assert_max_num_queries(60) as asked:
                head.get("/prospects/")
            counts.append(len(asked))

    assert counts[0] == counts[1]


def test_a_pair_of_a_prospect_and_a_member_is_shown_and_the_member_stays(store, mall):
    prospect, member = buyer(store, mall), make_member(home_store=store)
    case = match_cases.open_case(
        prospect.pk, member.pk, outcome="conflict", rule="phone", agrees=["phone"], differs=["openid"], now=NOON
    )
    by = browser()
    assert by.get(f"/pairs/{case.pk}/").status_code == 200

    matching.decide(case, is_same=True, reason="asked", by=make_staff(), now=NOON)

    assert Member.people.get() == member
    identity.attach(member, Identity.Kind.UNIONID, "u1", now=NOON)
    assert matching.meet([Shown(Identity.Kind.UNIONID, "u1")], now=NOON, seen=Seen(NOON)).member == member
