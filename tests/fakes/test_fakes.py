"""Our side against the fakes over the wire: tokens, quotas, lost replies, and callbacks that come late and twice."""

import json
import secrets
from datetime import UTC, datetime

import pytest

from stores.connectors.alipay import client as alipay
from stores.connectors.aliyun_sms import client as aliyun
from stores.connectors.asking import ask
from stores.connectors.base import Outgoing, SendFailed
from stores.connectors.calling import Keys
from stores.connectors.jd import client as jd
from stores.connectors.meituan import client as meituan
from stores.connectors.mini_program import client as mini
from stores.connectors.probing import PROBES, probe
from stores.connectors.tencent_sms import client as tencent
from stores.connectors.web_push import client as web_push
from stores.connectors.web_push import sealing
from stores.connectors.wechat import client as wechat
from stores.connectors.wechat_pay import client as pay
from stores.connectors.wecom import client as wecom
from tests.fakes.platforms import everyone
from tests.fakes.server import Clock
from tests.fakes.voices import BY_PLATFORM

AT = 1_772_596_800.0  # the clock of the fakes stands here
TEXT = "您的验证码是123456"


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.SENDERS_MAY_STAY_INSIDE = True


@pytest.fixture
def clock():
    return Clock(AT)


@pytest.fixture
def fakes(clock):
    running = everyone(clock)
    for fake in running.values():
        fake.__enter__()
    yield running
    for fake in running.values():
        fake.__exit__()


def keys_for(fake, platform=None):
    voice = BY_PLATFORM.get(platform or fake.name)
    base = {"top": "/router/rest", "jd": "/routerjson", "alipay": "/gateway.do"}.get(fake.name, "")
    settings = {
        "gateway": fake.url + base,
        "templates": "SMS_1 您的验证码是{1}",
        "app_key": "k1",
    }
    given = {"app_secret": getattr(fake, "secret", "")} if voice is None else voice.secrets
    return Keys((voice.settings if voice else {}) | settings, {name: (value,) for name, value in given.items()})


def test_every_platform_that_can_be_tried_is_well(fakes):
    for platform in PROBES:
        assert probe(platform, keys_for(fakes[platform], platform), ask, now=AT)
        wrong = Keys(keys_for(fakes[platform], platform).settings, {})
        with pytest.raises(SendFailed):
            probe(platform, wrong, ask, now=AT)


def test_a_token_ends_and_the_next_one_is_fetched(fakes, clock):
    keys = keys_for(fakes["wechat"])
    token = wechat.fetch_token(keys, ask)
    assert wechat.fetch_token(keys, ask).value == token.value
    wechat.send_template(keys, token.value, "reader-1", "T", {"a": "b"}, ask, key="d1")
    with pytest.raises(SendFailed, match="43004"):
        wechat.send_template(keys, token.value, "stranger", "T", {"a": "b"}, ask, key="d1")
    clock.move(7201)
    with pytest.raises(wechat.TokenExpired):
        wechat.make_scene(keys, token.value, "S1", ask)
    fresh = wechat.fetch_token(keys, ask)
    assert fresh.value != token.value
    wechat.fetch_token(keys, ask, force=True)
    with pytest.raises(SendFailed) as failure:
        wechat.fetch_token(keys, ask, force=True)
    assert failure.value.wait == 60


def test_permanent_codes_run_out(fakes):
    fakes["wechat"].most_codes = 1
    keys = keys_for(fakes["wechat"])
    token = wechat.fetch_token(keys, ask).value
    wechat.make_scene(keys, token, "S1", ask)
    with pytest.raises(SendFailed, match="45029"):
        wechat.make_scene(keys, token, "S2", ask)
    assert wechat.make_scene(keys, token, "S3", ask, seconds=60).ticket


def test_codes_of_the_mini_program_count_once(fakes, clock):
    keys = keys_for(fakes["mini_program"], "mini_program")
    token = wechat.fetch_token(keys, ask).value
    assert mini.fetch_session(keys, "code-1", ask).unionid == "u-1"
    with pytest.raises(SendFailed, match="40163"):
        mini.fetch_session(keys, "code-1", ask)
    assert mini.fetch_phone(keys, token, "phone-1", ask, now=AT).number == "16900001234"
    with pytest.raises(SendFailed, match="40029"):
        mini.fetch_phone(keys, token, "phone-1", ask, now=AT)
    assert mini.fetch_code(keys, token, "S7K2M9Q4", ask).startswith(b"\xff\xd8")


def test_a_welcome_counts_once_and_within_twenty_seconds(fakes, clock):
    fake = fakes["wecom"]
    keys = keys_for(fake, "wecom")
    token = wecom.fetch_token(keys, ask).value
    fake.welcome = {"w1": AT, "w2": AT}
    assert wecom.welcome(keys, token, "w1", "你好", ask)
    assert not wecom.welcome(keys, token, "w1", "你好", ask)
    clock.move(21)
    with pytest.raises(SendFailed, match="41050"):
        wecom.welcome(keys, token, "w2", "你好", ask)


def test_wechat_pay_is_asked_what_became_of_an_order(fakes, clock):
    fake = fakes["wechat_pay"]
    keys = keys_for(fake)
    fake.paid["T1"] = {
        "out_trade_no": "T1",
        "trade_state": "SUCCESS",
        "amount": {"total": 990},
        "payer": {"openid": "o"},
    }
    assert pay.find_payment(keys, "T1", ask, at=int(AT), nonce="a1").cents == 990
    with pytest.raises(SendFailed, match="ORDER_NOT_EXIST"):
        pay.find_payment(keys, "T2", ask, at=int(AT), nonce="a2")
    with pytest.raises(SendFailed, match="SIGN_ERROR"):
        pay.find_payment(keys, "T1", ask, at=int(AT), nonce="a2")  # the same nonce again
    with pytest.raises(SendFailed, match="SIGN_ERROR"):
        pay.find_payment(keys, "T1", ask, at=int(AT) - 301, nonce="a3")
    given = {"card": "c", "openid": "o", "code": "6900", "points": 7, "ask": ask, "at": int(AT)}
    for number in range(10):
        pay.show_points(keys, request=f"r{number}", nonce=f"p{number}", **given)
    with pytest.raises(SendFailed) as failure:
        pay.show_points(keys, request="r11", nonce="p11", **given)
    assert not failure.value.permanent
    assert fake.points == {"6900": 7}


def test_alipays_answer_is_believed_by_its_letters_only(fakes):
    fake = fakes["alipay"]
    fake.paid["T1"] = {"code": "10000", "out_trade_no": "T1", "trade_status": "TRADE_SUCCESS", "subject": "奶茶 {大}"}
    assert alipay.find_payment(keys_for(fake), "T1", ask, at=AT)["subject"] == "奶茶 {大}"
    assert alipay.fetch_visitor(keys_for(fake), "c", ask, at=AT).open_id == "reader-1"
    fake.moods.extend(["garbled", "broken", "drop"])
    for _ in range(3):
        with pytest.raises(SendFailed) as failure:
            alipay.find_payment(keys_for(fake), "T1", ask, at=AT)
        assert failure.value.is_unknown


def send_aliyun(fake, key="d1", phone="16900001234"):
    message = Outgoing(address=phone, text=TEXT, key=key)
    at = datetime.fromtimestamp(fake.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return aliyun.read_answer(ask(aliyun.call_for(keys_for(fake), message, at=at, nonce=secrets.token_hex(8))))


def test_aliyun_caps_a_phone_by_the_minute(fakes, clock):
    fake = fakes["aliyun_sms"]
    assert send_aliyun(fake).reference == "B1"
    assert json.loads(fake.sent[0]["TemplateParam"]) == {"1": "123456"}
    with pytest.raises(SendFailed, match="BUSINESS_LIMIT") as failure:
        send_aliyun(fake, "d2")
    assert failure.value.permanent
    clock.move(61)
    assert send_aliyun(fake, "d3").reference == "B2"
    clock.move(-2000)
    with pytest.raises(SendFailed, match="ILLEGAL"):
        send_aliyun(fake, "d4", "123")


def test_a_reply_of_aliyun_that_was_lost_is_of_unknown_fate(fakes):
    fake = fakes["aliyun_sms"]
    fake.moods.append("drop")
    with pytest.raises(SendFailed) as failure:
        send_aliyun(fake)
    assert failure.value.is_unknown
    assert len(fake.sent) == 1


def test_tencent_takes_a_text_message(fakes):
    fake = fakes["tencent_sms"]
    call = tencent.call_for(keys_for(fake), Outgoing(address="16900001234", text=TEXT, key="d1"), at=int(AT))
    assert tencent.read_answer(ask(call)).reference == "S1"
    assert fake.sent[0]["SessionContext"] == "d1"
    late = tencent.call_for(keys_for(fake), Outgoing(address="16900001234", text=TEXT), at=int(AT) - 301)
    with pytest.raises(SendFailed, match="SignatureExpire"):
        tencent.read_answer(ask(late))


def test_jd_and_meituan_check_what_they_publish(fakes):
    assert jd.ask_jd(keys_for(fakes["jd"]), "jingdong.x", {}, ask, at=AT) == {"code": "0"}
    assert meituan.ask_meituan(keys_for(fakes["meituan"]), "order/status/query", {}, ask, at=int(AT)) == {"status": 0}
    with pytest.raises(SendFailed, match="2 timestamp"):
        meituan.ask_meituan(keys_for(fakes["meituan"]), "order/status/query", {}, ask, at=int(AT) - 601)


def test_a_browser_that_left_is_gone(fakes):
    fake = fakes["web_push"]
    secret = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    point = sealing.text64(sealing.point(sealing.private_key(secret)))
    reader = web_push.Subscription(f"{fake.url}/b1", point, "BTBZMqHH6r4Tts7J_aSIgg")
    keys = Keys({"contact": "mailto:it@example.com"}, {"private_key": (secret,)})
    web_push.push(keys, reader, "你好".encode(), ask, at=int(AT))
    assert len(fake.taken) == 1
    fake.gone.add("/b1")
    with pytest.raises(web_push.Gone):
        web_push.push(keys, reader, b"hi", ask, at=int(AT))


def test_a_fake_tells_again_until_it_is_heard(fakes, clock, monkeypatch):
    fake, statuses = fakes["wechat_pay"], iter([0, 500, 204, 204])
    told = []
    monkeypatch.setattr(fake, "post", lambda site, arrival: told.append(arrival) or next(statuses))
    fake.tell("http://x", lambda now: BY_PLATFORM["wechat_pay"].tell(AT, sent=now))
    assert fake.run() == [0]
    assert fake.run() == []
    clock.move(15)
    assert fake.run() == [500]
    clock.move(15)
    assert fake.run() == [204]
    clock.move(90_000)
    assert fake.run() == []
    assert len({arrival.headers["wechatpay-signature"] for arrival in told}) == 3
