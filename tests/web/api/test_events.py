"""Partners tell what members did: once, by its own time, each event judged by itself."""

import json
from datetime import timedelta

import pytest
import time_machine

from members.models import Event
from members.rules import event_schemas
from stores.models import Channel
from tests.factories import NOON, make_channel, make_member, make_store
from tests.loyalty.receipts import make_shop, phone_of
from tests.web.api.test_members import Partner


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def shop(db):
    return make_shop()


@pytest.fixture
def member():
    return make_member()


@pytest.fixture
def app(client, shop):
    return Partner(client, make_channel(kind=Channel.Kind.APP, brand=shop[0].brand))


def event(member, **given):
    body = {
        "id": "e-1", "type": "product.viewed", "at": NOON.isoformat(), "member": {"phone": phone_of(member)},
        "data": {"sku": "TEA-250"},
    }  # fmt: skip
    return body | given


def test_a_batch_is_written_once_and_placed_by_its_own_time(app, shop, member):
    late = (NOON - timedelta(days=40)).isoformat()
    batch = [
        event(member), event(member, id="e-2", type="store.entered", at=late, store=shop[0].code, data={"by": "wifi"}),
        event(member),
    ]  # fmt: skip

    status, told = app.post("/events", {"events": batch})
    _status, again = app.post("/events", {"events": batch[::-1]})

    assert (status, [each["status"] for each in told["items"]]) == (200, ["created", "created", "duplicate"])
    assert (again["created"], again["duplicate"]) == (0, 3)
    stored = Event.objects.filter(member=member).order_by("at")
    assert [(each.kind, each.at, each.store) for each in stored] == [
        ("store.entered", NOON - timedelta(days=40), shop[0]), ("product.viewed", NOON, None)
    ]  # fmt: skip
    assert stored[0].data == {"by": "wifi", "version": 1}


@pytest.mark.parametrize(
    ("changed", "reason", "about"),
    [
        ({"type": "order.paid"}, "unknown_event", "type"), ({"version": 9}, "unknown_event", "type"),
        ({"at": (NOON + timedelta(hours=1)).isoformat()}, "bad_time", "at"),
        ({"store": "nowhere"}, "unknown_store", "store"), ({"type": "store.checked_in", "data": {}}, "unknown_store", "store"),
        ({"member": {"card": "x"}}, "unknown_member", "member"), ({"data": {}}, "missing_field", "sku"),
        ({"data": {"sku": "A", "colour": "red"}}, "unknown_field", "colour"),
        ({"data": {"sku": 5}}, "bad_field", "sku"), ({"data": {"sku": "A", "seconds": -1}}, "bad_field", "seconds"),
        ({"data": {"sku": "A\u0000"}}, "bad_field", "sku"), ({"id": "a b"}, "malformed", "id"),
        ({"member": {}}, "malformed", "member"), ({"at": "2026-03-04T12:00:00"}, "malformed", "at"),
    ],
)  # fmt: skip
def test_a_bad_event_answers_for_itself_and_keeps_nobody_out(app, member, changed, reason, about):
    _status, told = app.post("/events", {"events": [event(member) | changed, event(member, id="good")]})

    assert [(each["status"], each["reason"]) for each in told["items"]] == [("rejected", reason), ("created", "")]
    assert about in told["items"][0]["detail"]
    assert Event.objects.filter(member=member).count() == 1


def test_a_refused_event_may_be_mended_and_sent_under_its_number(app, member):
    app.post("/events", {"events": [event(member, data={})]})

    assert app.post("/events", {"events": [event(member)]})[1]["created"] == 1


def test_another_channels_number_is_its_own(client, app, shop, member):
    other = Partner(client, make_channel(brand=shop[0].brand))

    assert [each.post("/events", {"events": [event(member)]})[1]["created"] for each in (app, other)] == [1, 1]


def test_the_list_of_events_is_what_may_be_told(app, shop, member):
    types = app.get("/event-types")[1]["items"]

    sent = [
        event(member, id=f"t-{n}", type=each["type"], version=each["version"], data=each["sample"], store=shop[0].code)
        for n, each in enumerate(types)
    ]
    told = app.post("/events", {"events": sent})[1]

    assert told["created"] == len(types) == len(event_schemas.SCHEMAS)
    assert {each["fact"] for each in types} == set(event_schemas.Fact.values)


def test_no_two_events_mean_the_same_and_none_is_one_of_ours():
    names = [(each.name, each.version) for each in event_schemas.SCHEMAS]
    shapes = [(each.fact, str(each.label)) for each in event_schemas.SCHEMAS]

    assert len(set(names)) == len(names) == len(set(shapes))
    assert not {name.split(".")[0] for name, _version in names} & {
        "order",
        "member",
        "coupon",
        "points",
        "tier",
        "consent",
    }


@pytest.mark.parametrize(("count", "status"), [(1, 200), (1000, 200), (0, 422), (1001, 422)])
def test_a_batch_has_1_to_1000_events_in_as_many_questions(app, member, django_assert_max_num_queries, count, status):
    one = event(member)
    with django_assert_max_num_queries(25):
        got, told = app.post("/events", {"events": [one | {"id": f"n-{n}"} for n in range(count)]})

    assert got == status
    assert json.dumps(told).count('"created"') == (count + 1 if status == 200 else 0)


def test_a_store_of_others_is_unknown(app, member):
    other = make_store()

    told = app.post("/events", {"events": [event(member, store=other.code)]})[1]

    assert told["items"][0]["reason"] == "unknown_store"
