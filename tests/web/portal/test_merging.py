"""Merging on the member's page: find, compare, merge with a reason, see what changed, take it back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from loyalty.services import merging, orders
from members.models import Merge
from members.services import match_cases
from stores.access import Role
from stores.models import LogEntry
from tests.factories import NOON, make_member, make_staff
from tests.loyalty.receipts import LATER, make_shop, new_order, phone_of


@pytest.fixture
def scene(client):
    store, till = make_shop()
    stays = make_member(home_store=store, name="李雷")
    goes = make_member(home_store=store, name="李小雷")
    orders.settle(new_order(store, till, goes, amount="1200"), now=LATER)
    client.force_login(make_staff())
    return client, store, stays, goes


def page(name, *numbers):
    return reverse(name, args=numbers)


def test_from_the_member_to_one_member_and_back(scene):
    client, _store, stays, goes = scene
    found = client.post(page("member-merge", stays.number), {"q": phone_of(goes)})
    two = page("member-merge-two", stays.number, goes.number)
    assert found["Location"] == two, "the phone is typed and never in an address"
    compared = client.get(two).content.decode()
    assert stays.number in compared
    assert goes.number in compared
    assert phone_of(goes) not in compared

    assert client.post(two, {"reason": ""}).status_code == 422
    done = client.post(two, {"reason": "同一张会员卡"})

    assert done["Location"] == page("member-detail", stays.number)
    [merge] = Merge.objects.all()
    shown = client.get(done["Location"]).content.decode()
    assert "同一张会员卡" in shown
    assert "1,200" in shown
    assert client.get(page("member-detail", goes.number))["Location"] == done["Location"], "the old number leads on"
    listed = client.get(page("member-list")).content.decode()
    assert goes.number not in listed

    undo = page("member-unmerge", stays.number, merge.pk)
    assert client.post(undo, {"reason": "其实是姐妹"})["Location"] == done["Location"]

    assert client.get(page("member-detail", goes.number)).status_code == 200
    assert "其实是姐妹" in client.get(done["Location"]).content.decode()
    lines = LogEntry.objects.filter(action__in=["member.merged", "member.unmerged"]).values_list("action", "reason")
    assert set(lines) == {("member.merged", "同一张会员卡"), ("member.unmerged", "其实是姐妹")}


def test_only_headquarters_may_merge(scene):
    client, store, stays, goes = scene
    for role in (Role.STORE_MANAGER, Role.ASSOCIATE):
        client.force_login(make_staff(store, role=role))
        assert client.get(page("member-merge", stays.number)).status_code == 403
        assert client.post(page("member-merge-two", stays.number, goes.number), {"reason": "so"}).status_code == 403
    assert not Merge.objects.exists()


def test_somebody_unknown_or_oneself_is_not_found(scene):
    client, _store, stays, _goes = scene
    for typed in ("no such number", stays.number, phone_of(stays)):
        assert client.post(page("member-merge", stays.number), {"q": typed}).status_code == 422


def test_the_search_finds_the_member_by_the_number_of_the_merged_record(scene):
    client, _store, stays, goes = scene
    merging.merge(stays, goes, reason="one", by=make_staff(), now=NOON + timedelta(days=3))

    found = client.post(page("member-list"), {"q": goes.number, "go": "1"})

    assert found["Location"] == page("member-detail", stays.number)


def test_a_pair_that_waits_is_shown_side_by_side_and_decided(scene):
    client, _store, stays, goes = scene
    case = match_cases.open_case(
        stays.pk, goes.pk, outcome="conflict", rule="phone", agrees=["phone"], differs=["unionid"], now=NOON
    )
    assert page("pair-detail", case.pk) in client.get(page("pair-list")).content.decode()
    shown = client.get(page("pair-detail", case.pk)).content.decode()
    assert stays.number in shown
    assert goes.number in shown
    assert "UnionID" in shown

    done = client.post(page("pair-detail", case.pk), {"decision": "same", "reason": "本人确认"})

    assert done["Location"] == page("pair-list")
    assert Merge.objects.get().reason == "本人确认"
    assert client.get(page("pair-detail", case.pk)).status_code == 404


def test_only_headquarters_sees_pairs(scene):
    client, store, *_people = scene
    client.force_login(make_staff(store, role=Role.STORE_MANAGER))
    assert client.get(page("pair-list")).status_code == 403
