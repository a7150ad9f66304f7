"""One tap in a mini-program: WeChat's codes are traded, the terms agreed to, and one member made."""

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.core.cache import cache

from loyalty.models import Coupon
from loyalty.services import matching
from loyalty.services.matching import Shown
from members.models import Consent, Event, Identity, MatchCase, Member, StoreBinding
from members.services import identity
from members.services.prospects import Seen
from stores.models import Channel
from stores.services import platforms
from tests.factories import NOON, make_brand, make_channel, make_member, make_region, make_staff, make_store
from tests.fakes import wires
from tests.fakes.platforms import Wechat
from tests.fakes.server import Clock
from tests.fakes.voices import BY_PLATFORM
from tests.loyalty.coupons import make_template
from tests.loyalty.receipts import phone_of
from tests.web.h5.shoppers import make_code

PHONE = "16900001234"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    cache.clear()
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def wechat(monkeypatch):
    fake = Wechat(Clock(NOON.timestamp()), "mini_program")
    fake.people |= {f"code-{n}": {"openid": "reader-1", "unionid": "u-1"} for n in range(2, 9)}
    fake.phones |= {f"phone-{n}": PHONE for n in range(2, 9)}
    monkeypatch.setattr("stores.connectors.asking.ask", wires.to(fake))
    yield fake
    fake.server.server_close()


@pytest.fixture
def code():
    store = make_store()
    make_template(store.brand, is_welcome=True)
    return make_code(store, kind="associate", associate=make_staff(store))


@pytest.fixture
def channel(code):
    voice = BY_PLATFORM["mini_program"]
    made = Channel.objects.create(
        code="mini",
        name="小程序",
        kind="mini_program",
        platform="mini_program",
        settings=voice.settings,
        created_at=NOON,
    )
    for name, value in voice.secrets.items():
        platforms.set_secret(made, name, value, by=None, now=NOON)
    return made


def tap(client, code, number=1, channel="mini", **said):
    words = {"login_code": f"code-{number}", "phone_code": f"phone-{number}", "terms_version": 1} | said
    return client.post(
        f"/mini/{channel}/{code.public}/join",
        json.dumps(words),
        content_type="application/json",
        REMOTE_ADDR="203.0.113.9",
    )


@pytest.mark.row("000-35")
@pytest.mark.usefixtures("wechat", "channel")
def test_exactly_one_tap_leads_from_the_landing_page_to_a_member(client, code):
    page = client.get(f"/mini/mini/{code.public}").json()
    terms = page["terms"][0]
    assert (terms["purpose"], terms["version"], len(terms["sha256"])) == ("membership", 1, 64)
    assert page["gift"]

    joined = tap(client, code, terms_version=terms["version"])
    again, twice = tap(client, code), tap(client, code, 2)

    assert (joined.status_code, joined.json()["status"]) == (201, "joined")
    assert {(each.status_code, each.json()["status"], each.json()["member"]) for each in (again, twice)} == {
        (200, "known", joined.json()["member"])
    }, "a double tap, with the same codes or new ones, makes one member"
    member = Member.objects.get()
    assert (member.joined_code, member.home_store, member.associate) == (code, code.store, code.associate)
    assert set(Identity.objects.values_list("kind", "value", "is_verified", "member")) == {
        (Identity.Kind.PHONE, PHONE, True, member.pk), (Identity.Kind.OPENID, "wx1111111111111111:reader-1", True, member.pk),
        (Identity.Kind.UNIONID, "u-1", True, member.pk),
    }  # fmt: skip
    consent = Consent.objects.get()
    assert (consent.purpose, consent.is_given, consent.method, consent.at) == ("membership", True, "one_tap", NOON)
    assert (consent.text.version, consent.text.sha256, consent.address) == (1, terms["sha256"], "203.0.113.9")
    assert consent.evidence.endswith(" via mini")
    assert Event.objects.get(kind="consent.given").channel == Channel.objects.get()
    assert (Coupon.objects.count(), StoreBinding.objects.count()) == (1, 1)


@pytest.mark.row("002-25")
@pytest.mark.usefixtures("channel")
def test_a_fan_of_two_apps_under_one_unionid_is_one_person_and_rewarded_once(client, code, channel, wechat):
    fan = matching.meet(
        [Shown(Identity.Kind.OPENID, "wx0000000000000000:fan"), Shown(Identity.Kind.UNIONID, "u-1")], now=NOON,
        seen=Seen(NOON),
    ).member  # fmt: skip
    other = make_channel(platform="mini_program", settings={"app_id": "wx2222222222222222"}, code="other")
    for name, value in BY_PLATFORM["mini_program"].secrets.items():
        platforms.set_secret(other, name, value, by=None, now=NOON)

    first = tap(client, code)
    wechat.people["code-2"] = {"openid": "reader-2", "unionid": "u-1"}
    wechat.voice = replace(wechat.voice, settings=other.settings)
    second = tap(client, code, 2, channel="other")

    assert (first.status_code, second.status_code) == (201, 200), second.json()
    member = Member.objects.get()
    assert member == Member.everyone.get() == fan
    assert {first.json()["member"], second.json()["member"]} == {fan.number}
    openids = {"wx0000000000000000:fan", "wx1111111111111111:reader-1", "wx2222222222222222:reader-2"}
    assert set(member.identities.filter(kind=Identity.Kind.OPENID).values_list("value", flat=True)) == openids
    assert [first.json()["coupon"] is None, second.json()["coupon"]] == [False, None]
    assert Coupon.objects.count() == 1


def sealed(channel, **told):
    """The button's older payload, sealed with the session's key as WeChat does it."""
    mark = {"appid": channel.settings["app_id"], "timestamp": int(NOON.timestamp())} | told
    plain = json.dumps({"purePhoneNumber": PHONE, "countryCode": "86", "watermark": mark}).encode()
    plain += bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
    writer = Cipher(algorithms.AES(told.pop("key", b"k" * 16)), modes.CBC(b"i" * 16)).encryptor()
    box = writer.update(plain) + writer.finalize()
    return {
        "phone_code": "",
        "encrypted_data": base64.b64encode(box).decode(),
        "iv": base64.b64encode(b"i" * 16).decode(),
    }


@pytest.mark.usefixtures("wechat")
def test_the_older_sealed_payload_joins_as_well(client, code, channel):
    assert tap(client, code, **sealed(channel)).status_code == 201
    assert Identity.objects.filter(kind=Identity.Kind.PHONE, value=PHONE, is_verified=True).exists()


@pytest.mark.row("000-35")
@pytest.mark.usefixtures("wechat")
@pytest.mark.parametrize("wrong", ["code", "used", "cut", "old", "other program"])
def test_a_forged_or_expired_payload_is_refused(client, code, channel, wrong):
    said = {
        "code": lambda: {"phone_code": "made-up"},
        "used": lambda: {"login_code": "never-given"},
        "cut": lambda: sealed(channel) | {"encrypted_data": base64.b64encode(b"x" * 64).decode()},
        "old": lambda: sealed(channel, timestamp=int(NOON.timestamp()) - 3600),
        "other program": lambda: sealed(channel, appid="wxother"),
    }[wrong]()

    answer = tap(client, code, **said)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_proven")
    assert not Member.everyone.exists()
    assert not Consent.objects.exists()


@pytest.mark.usefixtures("wechat", "channel")
def test_old_terms_another_scene_and_nonsense_join_nobody(client, code):
    elsewhere = make_code(make_store(make_region(make_brand())))
    Channel.objects.update(brand=code.store.brand)
    assert tap(client, code, terms_version=0).status_code == 409
    assert tap(client, elsewhere).status_code == 404
    assert tap(client, code, login_code=7).status_code == 422
    assert tap(client, code, wants_offers="yes").status_code == 422
    assert client.post(f"/mini/mini/{code.public}/join", "[]", content_type="application/json").status_code == 422
    assert client.get("/mini/nobody/" + code.public).status_code == 404
    assert not Member.everyone.exists()


@pytest.mark.usefixtures("wechat", "channel")
def test_an_answer_about_offers_is_kept_and_none_is_inferred(client, code):
    tap(client, code, wants_offers=False)
    assert set(Consent.objects.values_list("purpose", "is_given")) == {("membership", True), ("marketing", False)}


def test_when_wechat_is_gone_nobody_joins_and_the_channel_remembers(client, code, channel, monkeypatch):
    def gone(call):
        raise platforms.SendFailed("connect: timeout")

    monkeypatch.setattr("stores.connectors.asking.ask", gone)
    assert tap(client, code).status_code == 503
    channel.refresh_from_db()
    assert channel.last_error == "connect: timeout"


@pytest.mark.usefixtures("wechat", "channel")
def test_who_tries_codes_is_told_to_wait(client, code):
    answers = [tap(client, code, phone_code="made-up", login_code=f"x{n}").status_code for n in range(12)]
    assert (answers[0], answers[-1]) == (403, 429)


@pytest.mark.usefixtures("wechat", "channel")
def test_the_wechat_of_somebody_else_with_a_members_phone_is_no_second_owner_of_it(client, code):
    mother = make_member(phone=PHONE)
    identity.attach(mother, Identity.Kind.OPENID, "wx1111111111111111:mothers", now=NOON, verified=True)

    answer = tap(client, code)

    assert answer.status_code == 201
    assert answer.json()["member"] != mother.number
    assert phone_of(mother) == PHONE
    assert MatchCase.objects.get().outcome == "conflict"
