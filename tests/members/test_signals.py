"""What platforms and machines tell, on the timeline of whom it is about."""

from datetime import timedelta

import pytest
from django.utils import translation

from campaigns.services import hearing
from members.models import Consent, Event, Identity
from members.models.consent import Purpose
from members.rules import event_schemas, identities
from members.services import consent, signals
from stores.models import Channel, Notice
from stores.services import notices, platforms
from tests.factories import NOON, make_member, make_staff, make_store
from tests.fakes.voices import BY_PLATFORM
from tests.web.h5.shoppers import make_code
from web.portal.members import timeline

AT = NOON.timestamp()


def connect(voice):
    channel = Channel.objects.create(
        code=f"c-{voice.platform}",
        name="c",
        kind="app",
        platform=voice.platform,
        settings=voice.settings,
        created_at=NOON,
    )
    for name, value in voice.secrets.items():
        platforms.set_secret(channel, name, value, by=None, now=NOON)
    return channel


def tell(platform, *args, **given):
    voice = BY_PLATFORM[platform]
    channel = Channel.objects.filter(platform=platform).first() or connect(voice)
    assert notices.receive(channel, voice.tell(*args, **given), now=NOON).status < 300
    return channel


def follower():
    member = make_member()
    Identity.objects.create(kind=Identity.Kind.OPENID, value="reader-1", member=member, added_at=NOON)
    return member


def test_a_follow_is_on_the_followers_timeline_by_when_it_happened():
    member = follower()
    channel = tell("wechat", AT - 120)
    hearing.read_notices(now=NOON)
    event = Event.objects.get(kind="wechat.followed")
    assert (event.member, event.channel, event.at) == (member, channel, NOON - timedelta(minutes=2))
    assert "reader-1" not in str(event.data)
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("rfid.picked", "shelf.touched"), ("rfid.put_back", "shelf.put_back"),
        ("vending.sold", "vending.bought"), ("payment.made", "payment.made"), ("scan.joined", "code.scanned"),
    ],
)  # fmt: skip
def test_a_machines_signal_is_a_fact_with_its_store(kind, event):
    store = make_store(code="S00001")
    member = follower()
    channel = tell("signed", AT, 1, kind=kind, extra={"openid": "reader-1", "sku": "P1", "phone": "16900001234"})
    assert hearing.read_notices(now=NOON) == 1
    found = Event.objects.get(kind=event)
    assert (found.member, found.store, found.channel) == (member, store, channel)
    assert found.data == {"told": {"sku": "P1"}, "notice": "w1"}


def test_somebody_whom_we_do_not_know_is_counted_without_a_name():
    make_store(code="S00001")
    tell("signed", AT)
    hearing.read_notices(now=NOON)
    event = Event.objects.get(kind="store.entered")
    assert event.member is None
    assert "reader-1" not in str(event.data)


def test_a_replay_by_hand_is_written_once():
    follower()
    tell("wechat", AT)
    tell("wechat", AT)
    hearing.read_notices(now=NOON)
    notices.replay(Notice.objects.get(), by=make_staff(), now=NOON)
    assert hearing.read_notices(now=NOON) == 1
    assert Event.objects.filter(kind="wechat.followed").count() == 1
    assert Notice.objects.get().repeats == 1


def test_a_follower_who_scanned_a_stores_code_is_noted_at_that_store():
    code = make_code(make_store(code="S00009"))
    member = follower()
    channel = connect(BY_PLATFORM["wechat"])
    arrival = BY_PLATFORM["wechat"].tell(AT, extra={"EventKey": f"qrscene_{code.public}"})
    assert notices.receive(channel, arrival, now=NOON).status == 200
    tell("wechat", AT + 1, 2, "stranger", extra={"EventKey": "qrscene_nonsense"})
    hearing.read_notices(now=NOON + timedelta(seconds=2))
    here, nowhere = Event.objects.filter(kind="wechat.followed").order_by("at")
    assert (here.member, here.store) == (member, code.store)
    assert (nowhere.member.is_prospect, nowhere.store) == (True, None)


def test_five_copies_of_a_payment_notice_are_one_fact_of_its_payer():
    member = make_member()
    Identity.objects.create(kind=Identity.Kind.OPENID, value="o-T1", member=member, added_at=NOON)
    for _ in range(5):
        tell("wechat_pay", AT, 1, "T1")
    assert hearing.read_notices(now=NOON) == 1
    paid = Event.objects.get(kind="payment.made")
    assert (paid.member, paid.data["told"]["amount_total"], paid.data["told"]["trade_state"]) == (
        member,
        990,
        "SUCCESS",
    )
    assert "o-T1" not in str(paid.data)
    assert not Consent.objects.exists()


def test_every_fact_has_words_on_the_timeline_and_foreign_names_mean_nothing_of_ours():
    assert set(signals.KNOWN.values()) <= set(timeline.KINDS) | set(event_schemas.NEWEST)
    follower()
    tell("signed", AT, kind="rfid.picked", extra={"openid": "reader-1", "order": "x/../y", "amount": "many"})
    hearing.read_notices(now=NOON)
    with translation.override("en"):
        shown = timeline.moment(Event.objects.get(kind="shelf.touched"), {})
        assert str(shown.label) == "Took something from a shelf"
    assert (shown.url, shown.detail) == ("", "")


@pytest.mark.parametrize("agreed", [None, False, True])
def test_wifi_names_only_those_who_agreed_to_offers(agreed):
    make_store(code="S00001")
    member = make_member()
    device = identities.canonical("device", "reader-1")
    Identity.objects.create(kind=Identity.Kind.DEVICE, value=device, member=member, added_at=NOON)
    if agreed is not None:
        consent.give(member, Purpose.MARKETING, is_given=agreed, language="en", method="test", now=NOON)
    tell("signed", AT)
    hearing.read_notices(now=NOON)
    assert Event.objects.get(kind="store.entered").member == (member if agreed else None)


@pytest.mark.parametrize(
    ("platform", "kind", "word", "value", "scope"),
    [
        ("wechat", 3, "openid", "reader-1", "wx0000000000000000"), ("wecom", 6, "wecom", "reader-1", ""),
        ("wechat_pay", 3, "openid", "o-reader-1", "wx9"), ("alipay", 7, "alipay", "2088x", ""),
        ("signed", 1, "phone", "16900001234", ""),
    ],
)  # fmt: skip
def test_each_platforms_name_for_a_person_finds_the_member(platform, kind, word, value, scope):
    member = make_member()
    Identity.objects.create(
        kind=kind, value=identities.canonical(word, value, scope=scope), member=member, added_at=NOON, is_verified=True
    )
    extra = {"alipay": {"buyer_id": "2088x"}, "wechat_pay": {"appid": "wx9"}, "signed": {"phone": "169 0000 1234"}}
    given = {"kind": "scan.joined"} if platform == "signed" else {}
    tell(platform, AT, extra=extra.get(platform), **given)
    hearing.read_notices(now=NOON)
    assert Event.objects.get().member == member


def test_events_of_our_list_keep_the_fields_of_their_schema_and_no_others():
    follower()
    good = {"openid": "reader-1", "sku": "P1", "quantity": 2, "colour": "red"}
    tell("signed", AT, 1, kind="cart.added", extra=good)
    tell("signed", AT, 2, kind="cart.added", extra={"openid": "reader-1"})
    hearing.read_notices(now=NOON)
    event = Event.objects.get(kind="cart.added")
    assert event.data == {"sku": "P1", "quantity": 2, "version": 1, "notice": "w1"}
    assert Notice.objects.get(key="w2").reason == "missing_field: sku"
