"""What a channel may not share does not leave through its keys."""

import pytest

from loyalty.services import programs
from members.models import Identity
from members.services import identity
from stores.models import Channel
from stores.rules.platforms import SHARED
from tests.factories import NOON, make_channel, make_member, make_store
from tests.loyalty.coupons import make_template
from tests.loyalty.receipts import phone_of
from tests.web.api.test_members import Partner


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def member(store):
    member = make_member(home_store=store, name="王小明")
    programs.enrol_many([member.pk], programs.ensure(store.brand, now=NOON), at=NOON)
    for kind, value in (
        (Identity.Kind.OPENID, "wx1:o-1"),
        (Identity.Kind.EMAIL, "a@example.com"),
        (Identity.Kind.CARD, "b:C1"),
    ):
        identity.attach(member, kind, value, now=NOON)
    return member


def partner(client, store, *shares):
    return Partner(client, make_channel(brand=store.brand, shares=list(shares)))


def looked_up(partner, member):
    return partner.post("/members/lookup", {"phone": phone_of(member)})[1]


def test_a_new_channel_shares_what_a_till_needs_and_nothing_else(client, store, member):
    told = looked_up(Partner(client, make_channel(brand=store.brand)), member)

    assert (told["name"], told["phone"][-4:]) == ("王*", phone_of(member)[-4:])
    assert told["holdings"][0]["points"] == 0
    assert set(Channel().shares) < set(SHARED)
    assert "openid" not in Channel().shares


def test_what_is_not_shared_is_empty_in_every_answer(client, store, member):
    silent = partner(client, store)
    told = looked_up(silent, member)

    assert (told["number"], told["name"], told["phone"]) == (member.number, "", "")
    assert told["holdings"] == [
        {"brand": store.brand.code, "tier": "", "points": None, "growth": None, "debt": None, "to_next_tier": None}
    ]
    again = silent.get(f"/members/{member.number}")[1]
    assert again == told
    kinds = [each["kind"] for each in silent.get(f"/members/{member.number}/identities")[1]["items"]]
    assert kinds == ["card"]


@pytest.mark.parametrize(("field", "kinds"), [("phone", {"phone"}), ("openid", {"openid"}), ("email", {"email"})])
def test_each_kind_of_identity_leaves_only_where_it_may(field, kinds, client, store, member):
    one = partner(client, store, field)
    told = {each["kind"] for each in one.get(f"/members/{member.number}/identities")[1]["items"]}

    assert told == kinds | {"card"}


@pytest.mark.parametrize("path", ["points", "ledger"])
def test_points_are_refused_with_the_reason(path, client, store, member):
    status, told = partner(client, store, "name").get(f"/members/{member.number}/{path}")

    assert (status, told["code"]) == (403, "not_shared")
    assert partner(client, store, "points").get(f"/members/{member.number}/{path}")[0] == 200


def test_coupons_are_not_looked_at_where_they_may_not_be_shared(client, store):
    make_template(store.brand)
    body = {"code": "AAAA-BBBB-CCCC", "store": store.code}

    status, told = partner(client, store, "name").post("/coupons/check", body)

    assert (status, told["code"]) == (403, "not_shared")


def test_a_tills_balance_stays_empty_too(client, store, member):
    sale = {
        "event": "sale", "store": store.code, "receipt_no": "R1", "paid": "10.00", "seq": 1,
        "occurred_at": NOON.isoformat(), "member": {"phone": phone_of(member)},
    }  # fmt: skip
    told = partner(client, store).post("/pos/events", sale)[1]

    assert (told["status"], told["balance"], told["messages"]) == ("created", None, [])
