"""Each kind of channel posts one event and one order; all of it stands on one member's timeline."""

import json

import pytest

from campaigns.services import hearing
from members.models import Event, Identity, Order
from stores.models import Channel, Notice
from stores.services import keys, notices, platforms
from tests.factories import NOON, make_member
from tests.fakes.voices import BY_PLATFORM
from tests.loyalty.receipts import make_shop, phone_of

VOICE = BY_PLATFORM["signed"]
BUILT_IN = ["app", "mall", "mini_program", "marketplace", "store", "pos"]


def open_channel(kind, brand):
    channel = Channel.objects.create(
        code=f"c-{kind}", name=kind, kind=kind, brand=brand, platform="signed", created_at=NOON
    )
    platforms.set_secret(channel, "secret", VOICE.secrets["secret"], by=None, now=NOON)
    return channel, keys.issue(channel, name="k", stores=[], by=None, now=NOON)[1]


@pytest.mark.row("000-02", "004-10")
def test_an_event_and_an_order_of_every_kind_of_channel_stand_on_one_timeline(client):
    store, _ = make_shop()
    member = make_member()
    Identity.objects.create(kind=Identity.Kind.OPENID, value="reader-1", member=member, added_at=NOON)
    kinds = [kind for kind, _label in Channel.Kind.choices]
    assert kinds[:6] == BUILT_IN
    assert {"official_account", "member_system", "event_system", "mall", "marketplace"} <= set(kinds)
    for number, kind in enumerate(kinds):
        channel, token = open_channel(kind, store.brand)
        arrival = VOICE.tell(
            NOON.timestamp(), number, kind="campaign.joined", extra={"openid": "reader-1", "store": store.code}
        )
        assert notices.receive(channel, arrival, now=NOON).status == 202
        body = {"number": f"N-{kind}", "store": store.code, "amount": "8.80", "paid_at": NOON.isoformat(),
                "member": {"phone": phone_of(member)}}  # fmt: skip
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.post("/api/v1/orders", json.dumps(body), content_type="application/json", headers=headers)
        assert answer.status_code == 201, answer.content
    hearing.read_notices(now=NOON)
    joined = Event.objects.filter(member=member, kind="campaign.entered").values_list("channel__kind", flat=True)
    paid = Order.objects.filter(member=member).values_list("channel__kind", flat=True)
    assert sorted(joined) == sorted(paid) == sorted(kinds)


@pytest.mark.row("000-02")
def test_a_record_without_a_channel_is_refused(client):
    body = VOICE.tell(NOON.timestamp())
    assert client.post("/notices/", body.body, content_type="application/json").status_code == 404
    assert client.post("/notices/nobody/", body.body, content_type="application/json").status_code == 404
    assert client.post("/api/v1/orders", "{}", content_type="application/json").status_code == 401
    assert not Notice.objects.exists()
    assert not Order._meta.get_field("channel").null
    assert not Notice._meta.get_field("channel").null
