"""Every platform's notices through one inbox: what is taken, what is refused, and in which order it is dealt with."""

import json
import random
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection

from stores.connectors.douyin.signing import sign_webhook
from stores.connectors.ears import EARS
from stores.connectors.hearing import Arrival
from stores.connectors.wechat import crypto, signing
from stores.models import Channel, LogEntry, Notice, NoticeRefusal
from stores.rules.notices import MOST_TRIES
from stores.rules.platforms import BY_CODE
from stores.services import notices, platforms
from tests.factories import NOON, make_staff
from tests.fakes.voices import BY_PLATFORM, VOICES

AT = NOON.timestamp()
State = Notice.State
MINUTE = timedelta(minutes=1)


def connect(voice, code="c1"):
    channel = Channel.objects.create(
        code=code, name=code, kind="app", platform=voice.platform, settings=voice.settings, created_at=NOON
    )
    for name, value in voice.secrets.items():
        platforms.set_secret(channel, name, value, by=None, now=NOON)
    return channel


@pytest.fixture(params=VOICES, ids=lambda voice: voice.platform)
def voice(request):
    return request.param


def only(fits):
    chosen = [voice for voice in VOICES if fits(voice)]
    return pytest.mark.parametrize("voice", chosen, ids=[voice.platform for voice in chosen], indirect=True)


@pytest.fixture
def channel(voice):
    return connect(voice)


def hear(channel, arrival, *, now=NOON):
    return notices.receive(channel, arrival, now=now)


class Reader:
    """Handles what it is given and keeps it; raises what it is told to."""

    def __init__(self, *kinds, trouble=None):
        self.seen, self.trouble = [], trouble or (lambda opened: None)
        self.handlers = dict.fromkeys(kinds, self)

    def __call__(self, opened, *, now):
        self.trouble(opened)
        self.seen.append(opened)

    def read(self, now=NOON):
        return notices.deal_with(self.handlers, now=now)


def test_every_platform_that_tells_something_has_a_voice_in_these_tests():
    assert {voice.platform for voice in VOICES} == set(EARS) == {p.code for p in BY_CODE.values() if p.hears}


@pytest.mark.row("000-18", "000-38", "003-17")
def test_a_genuine_notice_is_stored_sealed_and_dealt_with_once(voice, channel):
    said = hear(channel, voice.tell(AT))
    assert 200 <= said.status < 300
    notice = Notice.objects.get()
    assert (notice.kind, notice.state, notice.happened_at) == (voice.says, State.NEW, NOON)
    assert b"reader-1" not in bytes(notice.body)
    assert "reader-1" not in notice.subject + notice.key
    assert Channel.objects.get().last_success_at == NOON
    reader = Reader(voice.says)
    assert reader.read() == 1
    assert reader.read() == 0
    assert "reader-1" in json.dumps(reader.seen[0].content)
    assert Notice.objects.get().state == State.DONE


@pytest.mark.row("000-38")
def test_a_wrong_signature_stores_nothing_and_is_counted(voice, channel):
    said = hear(channel, voice.tell(AT, forged=True))
    assert said.status == 401
    assert not Notice.objects.exists()
    assert list(NoticeRefusal.objects.values_list("word", "count")) == [("signature", 1)]
    hear(channel, voice.tell(AT, forged=True))
    assert NoticeRefusal.objects.get().count == 2
    assert Channel.objects.get().last_error == "signature"


def test_without_its_secrets_a_channel_believes_nobody(voice):
    bare = Channel.objects.create(
        code="bare", name="bare", kind="app", platform=voice.platform, settings=voice.settings, created_at=NOON
    )
    assert hear(bare, voice.tell(AT)).status in (400, 401)
    assert not Notice.objects.exists()


@only(lambda voice: voice.signs_time)  # for the others the names of notices guard alone
def test_a_stale_time_is_refused(voice, channel):
    for sent in (AT - voice.window - 1, AT + voice.window + 1):
        assert hear(channel, voice.tell(AT, sent=sent)).status == 401
    assert not Notice.objects.exists()
    assert NoticeRefusal.objects.get().word == "stale"
    assert hear(channel, voice.tell(AT, sent=AT - voice.window + 1)).status < 300


def test_a_replay_of_the_same_request_changes_nothing(voice, channel):
    arrival = voice.tell(AT)
    first, second = hear(channel, arrival), hear(channel, arrival)
    assert first == second
    assert Notice.objects.get().repeats == 1
    reader = Reader(voice.says)
    reader.read()
    hear(channel, arrival)
    assert reader.read() == 0
    assert len(reader.seen) == 1
    if voice.signs_time:
        assert hear(channel, arrival, now=NOON + timedelta(seconds=voice.window + 1)).status == 401
    assert Notice.objects.count() == 1


def test_the_same_thing_signed_anew_is_one_notice(voice, channel):
    for wait in (0, 15, 30):
        sent = AT if voice.platform == "meituan" else AT + wait  # meituan's notices have no name but their time
        assert hear(channel, voice.tell(AT, sent=sent), now=NOON + timedelta(seconds=wait)).status < 300
    assert Notice.objects.get().repeats == 2


def test_notices_that_arrive_in_any_order_are_dealt_with_in_the_order_of_events(voice, channel):
    moments = [3, 1, 2, 0]
    for number in moments:
        at = AT - 60 * (3 - number)
        hear(channel, voice.tell(at, number, sent=at if voice.platform == "meituan" else AT))
    reader = Reader(voice.says)
    assert reader.read() == 4
    happened = [opened.happened_at for opened in reader.seen]
    assert happened == sorted(happened)
    assert len(set(happened)) == 4


def test_what_was_overtaken_is_said_to_be(voice, channel):
    reader = Reader(voice.says)
    for number, ago in ((2, 0), (1, 120)):
        at = AT - ago
        hear(channel, voice.tell(at, number, sent=at if voice.platform == "meituan" else AT))
        reader.read()
    hear(channel, voice.tell(AT - 90, 3, "other", sent=AT - 90 if voice.platform == "meituan" else AT))
    reader.read()
    assert [opened.is_overtaken for opened in reader.seen] == [False, True, False]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"<xml>", b"\xff\xfe\x00"], ids=repr)
def test_a_signed_body_that_makes_no_sense_is_refused_and_nothing_breaks(voice, channel, raw):
    assert hear(channel, voice.tell(AT, raw=raw)).status in ((400, 200) if raw == b"[]" else (400,))
    assert not Notice.objects.exists()


def test_fields_that_nobody_knows_are_kept_and_hurt_nobody(voice, channel):
    assert hear(channel, voice.tell(AT, extra={"BrandNew": "2027"})).status < 300
    reader = Reader(voice.says)
    reader.read()
    assert "BrandNew" in json.dumps(reader.seen[0].content)


@only(lambda voice: voice.has_kinds)
def test_a_kind_that_nobody_knows_is_kept_for_a_replay_and_holds_up_nothing(voice, channel):
    hear(channel, voice.tell(AT - 60, 1, "other", kind="brand_new", sent=AT))
    hear(channel, voice.tell(AT, 2))
    reader = Reader(voice.says)
    assert reader.read() == 2
    strange = Notice.objects.exclude(kind=voice.says).get()
    assert (strange.state, len(reader.seen)) == (State.REFUSED, 1)
    assert strange.reason
    assert notices.replay(strange, by=make_staff(), now=NOON)
    late = Reader(strange.kind)
    assert late.read() == 1
    assert LogEntry.objects.filter(action="notice.replayed").exists()


def test_the_former_secret_is_taken_for_a_week_and_the_one_before_it_never(voice, channel):
    name = {"wechat_pay": "platform_keys", "alipay": "alipay_key"}.get(voice.platform) or next(
        each for each in ("token", "client_secret", "app_secret", "address_word", "secret") if each in voice.secrets
    )
    platforms.set_secret(channel, name, "z" * 32, by=None, now=NOON)
    assert hear(channel, voice.tell(AT)).status < 300
    platforms.set_secret(channel, name, "y" * 32, by=None, now=NOON)
    assert hear(channel, voice.tell(AT, 2)).status == 401
    assert Notice.objects.count() == 1


@only(lambda voice: voice.signs_time)
def test_a_secret_that_ended_is_taken_no_more(voice, channel):
    name = {"wechat_pay": "platform_keys", "alipay": "alipay_key"}.get(voice.platform) or next(
        each for each in ("token", "app_secret", "secret") if each in voice.secrets and each != "aes_key"
    )
    platforms.set_secret(channel, name, "z" * 32, by=None, now=NOON)
    later = NOON + platforms.OVERLAP
    at = later.timestamp()
    assert hear(channel, voice.tell(at), now=later).status == 401


@pytest.mark.row("000-38")
def test_many_notices_in_any_order_end_as_if_told_once_and_in_order(voice, channel):
    """Three times each, shuffled, some forged and some stale."""
    calls = [("good", number) for number in range(40) for _ in range(3)] + [("forged", 90), ("stale", 91)]
    random.Random(7).shuffle(calls)
    for word, number in calls:
        at = AT - number
        arrival = voice.tell(at, number, f"o{number % 3}", sent=at, forged=word == "forged")
        late = NOON + timedelta(seconds=voice.window + 1) if word == "stale" and voice.signs_time else NOON
        if word != "stale" or voice.signs_time:
            assert (hear(channel, arrival, now=late).status == 401) is (word != "good")
    reader = Reader(voice.says)
    assert reader.read() == 40
    assert [opened.happened_at.timestamp() for opened in reader.seen] == [AT - n for n in reversed(range(40))]


# --- the inbox itself ----------------------------------------------------------------------------------
@pytest.fixture
def wifi():
    return connect(BY_PLATFORM["signed"])


def tell(channel, number, *, ago=0, subject="o1", kind="wifi.arrived"):
    hear(channel, BY_PLATFORM["signed"].tell(AT - ago, number, subject, sent=AT, kind=kind))


def test_a_failing_notice_waits_longer_each_time_and_then_stays_failed(wifi):
    tell(wifi, 1)

    def trouble(opened):
        raise ConnectionError("not now")

    reader = Reader("wifi.arrived", trouble=trouble)
    now, waits = NOON, []
    for _ in range(MOST_TRIES):
        assert reader.read(now) == 1
        notice = Notice.objects.get()
        waits.append(notice.due_at and notice.due_at - now)
        now = notice.due_at or now
    assert waits[:-1] == sorted(waits[:-1])
    assert waits[-1] is None
    assert (notice.state, notice.tries) == (State.FAILED, MOST_TRIES)
    assert "ConnectionError" in notice.reason
    reader.trouble = lambda opened: None
    notices.replay(notice, by=make_staff(), now=now)
    assert reader.read(now) == 1
    assert Notice.objects.get().state == State.DONE


def test_what_a_failing_handler_wrote_is_undone(wifi):
    tell(wifi, 1)

    def trouble(opened):
        Channel.objects.update(name="changed")
        raise ValueError

    Reader("wifi.arrived", trouble=trouble).read()
    assert Channel.objects.get().name == "c1"


def test_a_later_notice_waits_for_an_earlier_one_about_the_same_subject_only(wifi):
    tell(wifi, 1, ago=120)
    tell(wifi, 2, ago=60)
    tell(wifi, 3, ago=30, subject="o2")

    def trouble(opened):
        if opened.key == "w1" and len(reader.seen) < 1:
            raise ConnectionError

    reader = Reader("wifi.arrived", trouble=trouble)
    reader.read()
    assert [opened.key for opened in reader.seen] == ["w3"]
    reader.read(NOON + MINUTE)
    assert [opened.key for opened in reader.seen] == ["w3", "w1", "w2"]


def test_the_twin_without_the_guard_of_order_lets_a_later_notice_overtake(wifi, monkeypatch):
    tell(wifi, 1, ago=120)
    tell(wifi, 2, ago=60)

    def unguarded(now):
        return Notice.objects.filter(state=State.NEW, due_at__lte=now).order_by("happened_at", "pk")

    monkeypatch.setattr(notices, "waiting", unguarded)

    def trouble(opened):
        if opened.key == "w1" and not reader.seen:
            raise ConnectionError

    reader = Reader("wifi.arrived", trouble=trouble)
    reader.read()
    assert [opened.key for opened in reader.seen] == ["w2"]


def test_the_twin_without_the_key_stores_a_notice_three_times(wifi, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stores_notice DROP CONSTRAINT notice_once")
    monkeypatch.setattr(notices, "STORE", notices.STORE.split("ON CONFLICT")[0])
    for _ in range(3):
        tell(wifi, 1)
    assert Notice.objects.count() == 3


def test_a_handler_may_refuse_for_good(wifi):
    tell(wifi, 1)

    def trouble(opened):
        raise notices.NotTaken("Not for us.")

    assert Reader("wifi.arrived", trouble=trouble).read() == 1
    assert (Notice.objects.get().state, Notice.objects.get().reason) == (State.REFUSED, "Not for us.")


def test_content_is_emptied_after_a_month_and_forgotten_after_half_a_year(wifi):
    tell(wifi, 1)
    Reader("wifi.arrived").read()
    tell(wifi, 2)
    later = NOON + timedelta(days=31)
    assert notices.sweep(now=later) == 1
    first, second = Notice.objects.order_by("pk")
    assert not first.body
    assert second.body
    assert not notices.replay(first, by=make_staff(), now=later)
    notices.sweep(now=NOON + timedelta(days=181))
    assert Notice.objects.get() == second


def test_a_stopped_channel_and_one_without_a_platform_hear_nothing(wifi):
    wifi.is_active = False
    assert hear(wifi, BY_PLATFORM["signed"].tell(AT)).status == 404
    bare = Channel.objects.create(code="bare", name="bare", kind="pos", created_at=NOON)
    assert hear(bare, BY_PLATFORM["signed"].tell(AT)).status == 404
    assert not Notice.objects.exists()


# --- what is special about some ------------------------------------------------------------------------
def test_wechats_greeting_is_answered_with_its_own_words():
    voice = BY_PLATFORM["wechat"]
    channel = connect(voice)
    good = f"signature={signing.sign('demo_token', str(int(AT)), 'n')}&timestamp={int(AT)}&nonce=n&echostr=hello"
    assert hear(channel, Arrival("GET", "/", good)).body == b"hello"
    assert hear(channel, Arrival("GET", "/", good.replace("nonce=n", "nonce=m"))).status == 401


def test_wecoms_greeting_is_sealed():
    voice = BY_PLATFORM["wecom"]
    channel = connect(voice)
    sealed = crypto.encrypt(b"12345", voice.secrets["aes_key"], "ww0000000000000000", random=b"0123456789abcdef")
    made = signing.sign("demo_token", str(int(AT)), "n", sealed)
    query = f"msg_signature={made}&timestamp={int(AT)}&nonce=n&echostr="
    assert hear(channel, Arrival("GET", "/", query + quote(sealed, safe=""))).body == b"12345"


@pytest.mark.parametrize("body", [
    b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Encrypt>&a;</Encrypt></xml>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>',
])  # fmt: skip
def test_xml_with_entities_is_refused(body):
    channel = connect(BY_PLATFORM["wechat"])
    good = BY_PLATFORM["wechat"].tell(AT)
    assert hear(channel, Arrival("POST", "/", good.query, {}, body)).status == 400


def test_a_message_for_another_account_is_refused():
    voice = BY_PLATFORM["wechat"]
    channel = connect(voice)
    Channel.objects.update(settings={"app_id": "wx-another"})
    channel.refresh_from_db()
    assert hear(channel, voice.tell(AT)).status == 400


def test_wechat_pays_probes_are_refused_although_their_body_is_good():
    voice = BY_PLATFORM["wechat_pay"]
    channel = connect(voice)
    good = voice.tell(AT)
    made = "WECHATPAY/SIGNTEST/" + good.headers["wechatpay-signature"]
    said = hear(channel, Arrival("POST", "/", "", good.headers | {"wechatpay-signature": made}, good.body))
    assert said.status == 401
    assert json.loads(said.body)["code"] == "FAIL"
    assert NoticeRefusal.objects.get().word == "probe"


def test_alipays_notices_for_another_app_or_seller_are_refused():
    voice = BY_PLATFORM["alipay"]
    channel = connect(voice)
    for extra in ({"app_id": "9"}, {"seller_id": "9"}):
        assert hear(channel, voice.tell(AT, extra=extra)).status == 403
    assert hear(channel, voice.tell(AT)).body == b"success"


def test_douyins_joins_are_answered_in_its_own_codes():
    voice = BY_PLATFORM["douyin"]
    channel = connect(voice)
    said = hear(channel, voice.spi(AT, "o1"))
    assert json.loads(said.body)["data"]["error_code"] == 0
    hear(channel, voice.spi(AT, "o1"))
    hear(channel, voice.spi(AT + 1, "o1", word="leave"))
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["douyin.join", "douyin.leave"]
    assert hear(channel, voice.spi(AT, "o2", forged=True)).status == 401
    assert hear(channel, voice.spi(AT, "o2", sent=AT - 301)).status == 401
    assert json.loads(hear(channel, voice.spi(AT, "o2", raw=b"[]")).body)["data"]["error_code"] == 200
    body = b'{"event":"verify_webhook","client_key":"xxxxxx","content":{"challenge":12345}}'
    greeted = hear(channel, Arrival("POST", "/", "", {"x-douyin-signature": sign_webhook("yyyyyy", body)}, body))
    assert greeted.body == b'{"challenge":12345}'


@pytest.mark.parametrize("field", ["face_id", "faceId", "FacialFeatures", "fingerprint", "featureVector"])
def test_what_speaks_of_a_body_is_refused_and_counted(wifi, field):
    good = BY_PLATFORM["signed"].tell(AT, extra={"camera": {"list": [{field: "x"}]}})
    assert hear(wifi, good).status == 422
    assert not Notice.objects.exists()
    assert NoticeRefusal.objects.get().word == "biometric"
    assert (
        hear(wifi, BY_PLATFORM["signed"].tell(AT, extra={"surface": 5, "interface": "w", "facebook": "x"})).status
        == 202
    )


def test_a_batch_of_machines_facts_is_one_call():
    voice = BY_PLATFORM["signed"]
    channel = connect(voice)
    many = {"events": [{"type": "rfid.picked", "id": f"r{n}"} for n in range(500)]}
    assert hear(channel, voice.tell(AT, raw=json.dumps(many).encode())).status == 202
    assert Notice.objects.count() == 500
    many["events"].append({"type": "rfid.picked"})
    assert hear(channel, voice.tell(AT, 2, raw=json.dumps(many).encode())).status == 400
