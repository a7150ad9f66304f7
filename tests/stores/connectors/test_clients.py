"""What we ask: the request as the platform checks it, and what we make of each kind of answer."""

import base64
import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from stores.connectors.alipay import client as alipay
from stores.connectors.alipay import signing as alipay_signing
from stores.connectors.aliyun_sms import client as aliyun
from stores.connectors.base import Outgoing, SendFailed
from stores.connectors.calling import Keys, Reply, as_json, decoded
from stores.connectors.jd import client as jd
from stores.connectors.meituan import client as meituan
from stores.connectors.mini_program import client as mini
from stores.connectors.sms_templates import Template, fit
from stores.connectors.tencent_sms import client as tencent
from stores.connectors.top import client as top
from stores.connectors.web_push import client as web_push
from stores.connectors.web_push import sealing
from stores.connectors.wechat import client as wechat
from stores.connectors.wechat_pay import client as pay
from stores.connectors.wechat_pay import signing as pay_signing
from stores.connectors.wecom import client as wecom
from tests.fakes.rsa import PAY_ID, PAY_KEYS, PLATFORM, SHOP, STRANGER

AT = 1_700_000_000
WX = Keys({"app_id": "wx1"}, {"app_secret": ("s",)})


class Other:
    """The other side of a call: gives its answers in turn and keeps the calls."""

    def __init__(self, *answers, status=200, headers=None):
        self.answers, self.calls = list(answers), []
        self.status, self.headers = status, headers or {}

    def __call__(self, call):
        self.calls.append(call)
        answer = self.answers.pop(0)
        return answer if isinstance(answer, Reply) else Reply(self.status, self.headers, as_json(answer))


def test_wechat_tells_an_expired_token_from_a_quota_and_from_a_reader_who_left():
    assert wechat.fetch_token(WX, Other({"access_token": "t" * 512, "expires_in": 7200})).seconds == 7200
    for code, kind, permanent, wait in [
        (40001, wechat.TokenExpired, False, 0), (42001, wechat.TokenExpired, False, 0), (45009, SendFailed, False, 60),
        (43004, SendFailed, True, 0), (-1, SendFailed, False, 60), (99999, SendFailed, True, 0),
    ]:  # fmt: skip
        with pytest.raises(kind) as failure:
            wechat.send_template(WX, "t", "o1", "T", {"first": "你好"}, Other({"errcode": code}), key="d1")
        assert (failure.value.permanent, failure.value.wait) == (permanent, wait)
    with pytest.raises(SendFailed) as failure:
        wechat.fetch_token(WX, Other({"access_token": 5}))
    assert failure.value.is_garbled


def test_wechat_codes_are_permanent_or_for_a_time():
    other = Other({"ticket": "T", "url": "u"}, {"ticket": "T", "url": "u"})
    assert wechat.make_scene(WX, "t", "S7K2M9Q4", other).url == "u"
    wechat.make_scene(WX, "t", "S7K2M9Q4", other, seconds=60)
    first, second = (json.loads(call.body) for call in other.calls)
    assert (first["action_name"], second["action_name"]) == ("QR_LIMIT_STR_SCENE", "QR_STR_SCENE")
    assert "expire_seconds" not in first
    assert second["expire_seconds"] == 60
    for wrong in [("", 0), ("x" * 65, 0), ("x", 2_592_001)]:
        with pytest.raises(SendFailed):
            wechat.make_scene(WX, "t", wrong[0], Other(), seconds=wrong[1])


def test_a_visitor_of_the_snapshot_page_is_nobody():
    who = wechat.fetch_visitor(WX, "c", Other({"openid": "o1", "unionid": "u1", "is_snapshotuser": 1}))
    assert who.is_virtual
    assert not wechat.fetch_visitor(WX, "c", Other({"openid": "o1"})).is_virtual
    url = wechat.sign_in_url("wx1", "https://m.example.com/back?x=1", "st")
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == ["https://m.example.com/back?x=1"]
    assert url.endswith("#wechat_redirect")


def phone_info(**change):
    return {
        "purePhoneNumber": "16900001234",
        "countryCode": "86",
        "watermark": {"appid": "wx1", "timestamp": AT},
    } | change


def test_a_phone_of_the_button_is_for_this_program_and_of_now():
    got = mini.fetch_phone(WX, "t", "c", Other({"errcode": 0, "phone_info": phone_info()}), now=AT + 10)
    assert (got.number, got.country) == ("16900001234", "86")
    for change in [{"watermark": {"appid": "wx2", "timestamp": AT}}, {"watermark": {"appid": "wx1", "timestamp": AT - 900}},
                   {"watermark": None}, {"purePhoneNumber": "x"}]:  # fmt: skip
        with pytest.raises(SendFailed) as failure:
            mini.fetch_phone(WX, "t", "c", Other({"phone_info": phone_info(**change)}), now=AT)
        assert failure.value.permanent


def test_an_older_payload_opens_with_the_session_of_its_reader():
    key, iv = b"k" * 16, b"i" * 16
    plain = as_json(phone_info())
    fill = 16 - len(plain) % 16
    box = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    words = [base64.b64encode(one).decode() for one in (box.update(plain + bytes([fill]) * fill) + box.finalize(), iv)]
    session = base64.b64encode(key).decode()
    assert mini.open_payload(*words, session, app_id="wx1", now=AT).number == "16900001234"
    for sealed, secret in [(words[0], base64.b64encode(b"j" * 16).decode()), ("?", session), ("", session)]:
        with pytest.raises(SendFailed):
            mini.open_payload(sealed, words[1], secret, app_id="wx1", now=AT)


def test_a_code_of_the_mini_program_is_a_picture_or_an_error():
    picture = Reply(200, {"content-type": "image/jpeg"}, b"\xff\xd8")
    assert mini.fetch_code(WX, "t", "s=S7K2M9Q4", Other(picture), page="pages/join") == b"\xff\xd8"
    with pytest.raises(SendFailed, match="40169"):
        mini.fetch_code(WX, "t", "ok", Other({"errcode": 40169}))
    for scene, page in [("", ""), ("a" * 33, ""), ("50%", ""), ("店", ""), ("ok", "/pages"), ("ok", "p?x=1")]:
        with pytest.raises(SendFailed):
            mini.fetch_code(WX, "t", scene, Other(), page=page)
    session = mini.fetch_session(WX, "c", Other({"openid": "o", "session_key": "very-secret"}))
    assert session.session_key == "very-secret"
    assert "very-secret" not in repr(session)


def test_wecom_greets_once_and_says_when_another_was_first():
    assert wecom.welcome(Keys(), "t", "c", "你好", Other({"errcode": 0}))
    assert not wecom.welcome(Keys(), "t", "c", "你好", Other({"errcode": 41051}))
    with pytest.raises(SendFailed) as failure:
        wecom.welcome(Keys(), "t", "c", "你好", Other({"errcode": 41096}))
    assert not failure.value.permanent
    other = Other({"config_id": "1", "qr_code": "https://wework.qpic.cn/x"})
    assert wecom.make_contact_way(Keys(), "t", ["a", "b"], "S1", other).id == "1"
    assert json.loads(other.calls[0].body)["type"] == 2
    with pytest.raises(SendFailed):
        wecom.make_contact_way(Keys(), "t", ["a"], "x" * 31, Other())


PAY = Keys(
    {"mchid": "1900000001", "serial": "5A", "brand_id": "40000001", "brand_serial": "6B"},
    {"private_key": (SHOP[0],), "brand_private_key": (SHOP[0],), "platform_keys": (PAY_KEYS,)},
)


def signed_reply(content, *, key=PLATFORM[0], at=AT, serial=PAY_ID):
    body = as_json(content)
    words = {
        "wechatpay-serial": serial, "wechatpay-timestamp": str(at), "wechatpay-nonce": "n",
        "wechatpay-signature": pay_signing.sign(key, f"{at}\nn\n".encode() + body + b"\n"),
    }  # fmt: skip
    return Reply(200, words, body)


PAID = {"out_trade_no": "T1", "trade_state": "SUCCESS", "amount": {"total": 990}, "payer": {"openid": "o1"},
        "success_time": "2023-11-15T06:13:20+08:00"}  # fmt: skip


def test_wechat_pay_is_asked_with_a_signature_over_the_whole_request():
    other = Other(signed_reply(PAID))
    paid = pay.find_payment(PAY, "T1", other, at=AT, nonce="n1")
    assert (paid.cents, paid.openid, paid.paid_at.timestamp()) == (990, "o1", AT)
    call = other.calls[0]
    words = dict(part.split("=", 1) for part in call.headers["authorization"].split(" ", 1)[1].split(","))
    target = "/v3/pay/transactions/out-trade-no/T1?mchid=1900000001"
    key = pay_signing.read_keys(f"{PAY_ID}\n{SHOP[1]}")[PAY_ID]
    made = words["signature"].strip('"')
    assert pay_signing.is_genuine({"s": key}, "s", made, f"GET\n{target}\n{AT}", "n1", b"")
    assert call.url.endswith(target)


def test_an_answer_that_wechat_pay_did_not_sign_is_not_believed():
    for reply in [signed_reply(PAID, key=STRANGER[0]), signed_reply(PAID, at=AT - 301), signed_reply(PAID, serial="X"),
                  Reply(200, {}, as_json(PAID))]:  # fmt: skip
        with pytest.raises(SendFailed) as failure:
            pay.find_payment(PAY, "T1", Other(reply), at=AT, nonce="n")
        assert failure.value.is_unknown


def test_points_go_to_the_brands_card_under_the_brands_scheme():
    other = Other(Reply(204))
    given = {"request": "r1", "card": "c", "openid": "o", "code": "6900", "points": 120, "at": AT, "nonce": "n"}
    pay.show_points(PAY, **given, ask=other)
    assert other.calls[0].headers["authorization"].startswith('WECHATPAY-BRAND-SHA256-RSA2048 brand_id="40000001"')
    with pytest.raises(SendFailed) as failure:
        pay.show_points(PAY, **given, ask=Other({"code": "RATELIMIT_EXCEEDED"}, status=403))
    assert (failure.value.permanent, failure.value.wait) == (False, 1)
    with pytest.raises(SendFailed, match="private key"):
        pay.show_points(Keys(PAY.settings, {"brand_private_key": ("x",)}), **given, ask=Other())


ALI = Keys({"app_id": "2021", "seller_id": "2088"}, {"private_key": (SHOP[0],), "alipay_key": (PLATFORM[1],)})
METHOD = "alipay.trade.query"


def ali_reply(inner, *, key=PLATFORM[0], name="alipay_trade_query_response"):
    sign = alipay_signing.sign(key, inner.encode())
    return Reply(200, {}, f'{{"alipay_cert":"{name}", "{name}":{inner} ,"sign":"{sign}"}}'.encode())


def test_alipay_answers_are_checked_letter_by_letter():
    inner = '{"code":"10000", "msg":"Success","note":"{\\"alipay_trade_query_response\\":{}}","amount":"9.90"}'
    other = Other(ali_reply(inner))
    assert alipay.find_payment(ALI, "T1", other, at=AT)["amount"] == "9.90"
    words = dict(parse_qsl(other.calls[0].body.decode()))
    assert words["timestamp"] == "2023-11-15 06:13:20"
    assert alipay_signing.is_genuine([SHOP[1]], alipay_signing.joined(words), words["sign"])
    with pytest.raises(SendFailed) as failure:
        alipay.find_payment(ALI, "T1", Other(ali_reply(inner, key=STRANGER[0])), at=AT)
    assert failure.value.is_unknown
    error = {"alipay_trade_query_response": {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}}
    with pytest.raises(SendFailed, match="TRADE_NOT_EXIST") as failure:
        alipay.find_payment(ALI, "T1", Other(error), at=AT)
    assert failure.value.permanent


def test_the_letters_of_a_member_are_those_of_the_first_level():
    assert alipay_signing.raw_member('{"x":{"a":1} , "a" : {"b": "}"}}', "a") == '{"b": "}"}'
    for text in ['{"x":{"a":1}}', "[]", "", '{"a"', '{"x" 1}', "{x"]:
        with pytest.raises(ValueError, match=r"^."):
            alipay_signing.raw_member(text, "a")


def test_a_text_goes_by_the_approved_template_that_makes_it():
    known = [Template("A", "您的验证码是${code}，${minutes}分钟内有效。"), Template("B", "${name}您好，${name}专享{1}")]
    assert fit("您的验证码是123456，5分钟内有效。", known) == ("A", {"code": "123456", "minutes": "5"})
    assert fit("李*您好，李*专享8折", known) == ("B", {"name": "李*", "1": "8折"})
    assert fit("李*您好，王*专享8折", known) is None
    assert fit("您的验证码是123456，5分钟内有效。退订回T", known) is None


SMS = Keys(
    {"key_id": "K", "sign_name": "青禾", "app_id": "1400", "templates": "SMS_1 您的验证码是{1}"}, {"key_secret": ("s",)}
)
TEXT = Outgoing(address="16900001234", text="您的验证码是123456", key="d-1")


@pytest.mark.parametrize(
    ("code", "permanent", "wait"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", True, 0), ("isv.BUSINESS_LIMIT_CONTROL", True, 0),
        ("isv.AMOUNT_NOT_ENOUGH", False, 0), ("isv.SMS_TEMPLATE_ILLEGAL", False, 0), ("isp.SYSTEM_ERROR", False, 1),
        ("Throttling.User", False, 1), ("InvalidAccessKeyId.NotFound", False, 0),
    ],
)  # fmt: skip
def test_aliyuns_codes_are_about_the_message_or_about_the_account(code, permanent, wait):
    call = aliyun.call_for(SMS, TEXT, at="2023-11-14T22:13:20Z", nonce="n")
    assert "OutId=d-1" in call.url
    assert aliyun.read_answer(Reply(200, {}, as_json({"Code": "OK", "BizId": "b1"}))).reference == "b1"
    with pytest.raises(SendFailed) as failure:
        aliyun.read_answer(Reply(400, {}, as_json({"Code": code})))
    assert (failure.value.permanent, failure.value.wait, failure.value.is_unknown) == (permanent, wait, False)
    for unknown in [Reply(502, {}, b"<html>"), Reply(200, {}, as_json({"Code": "OK"})), Reply(200, {}, b"{")]:
        with pytest.raises(SendFailed) as failure:
            aliyun.read_answer(unknown)
        assert failure.value.is_unknown


@pytest.mark.parametrize(
    ("code", "permanent", "wait"),
    [
        ("InvalidParameterValue.IncorrectPhoneNumber", True, 0), ("FailedOperation.PhoneNumberInBlacklist", True, 0),
        ("LimitExceeded.PhoneNumberDailyLimit", True, 0), ("FailedOperation.InsufficientBalanceInSmsPackage", False, 0),
        ("RequestLimitExceeded", False, 1), ("InternalError.Timeout", False, 1), ("AuthFailure.SignatureFailure", False, 0),
    ],
)  # fmt: skip
def test_tencents_codes_stand_inside_a_good_answer(code, permanent, wait):
    call = tencent.call_for(SMS, TEXT, at=AT)
    assert json.loads(call.body)["PhoneNumberSet"] == ["+8616900001234"]
    for shape in [{"Response": {"Error": {"Code": code}}}, {"Response": {"SendStatusSet": [{"Code": code}]}}]:
        with pytest.raises(SendFailed) as failure:
            tencent.read_answer(Reply(200, {}, as_json(shape)))
        assert (failure.value.permanent, failure.value.wait) == (permanent, wait)
    good = {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "s1"}]}}
    assert tencent.read_answer(Reply(200, {}, as_json(good))).reference == "s1"


def test_a_text_without_an_approved_template_does_not_leave():
    for refuse in [lambda m: aliyun.call_for(SMS, m, at="", nonce=""), lambda m: tencent.call_for(SMS, m, at=AT)]:
        with pytest.raises(SendFailed) as failure:
            refuse(Outgoing(address="16900001234", text="大促来了"))
        assert failure.value.permanent


SHOPS = Keys({"app_key": "1"}, {"app_secret": ("s",)})


def test_marketplaces_say_what_was_wrong_and_whether_to_try_again():
    inner = {"tmall_crm_member_point_change_response": {"success": True}}
    assert top.ask_top(SHOPS, "tmall.crm.member.point.change", {}, Other(inner), at=AT)["success"]
    with pytest.raises(SendFailed) as failure:
        top.ask_top(SHOPS, "m", {}, Other({"error_response": {"code": 7, "msg": "App Call Limited"}}), at=AT)
    assert failure.value.wait == 1
    with pytest.raises(SendFailed) as failure:
        top.ask_top(SHOPS, "m", {}, Other({"error_response": {"code": 25, "msg": "Invalid signature"}}), at=AT)
    assert failure.value.permanent
    assert jd.ask_jd(SHOPS, "a.b", {"x": 1}, Other({"a_b_responce": {"code": "0"}}), at=AT) == {"code": "0"}
    with pytest.raises(SendFailed):
        jd.ask_jd(SHOPS, "a.b", {}, Other({"error_response": {"code": "19"}}), at=AT)
    assert meituan.ask_meituan(SHOPS, "order/query", {}, Other({"code": 0, "data": {"status": 1}}), at=AT) == {
        "status": 1
    }
    with pytest.raises(SendFailed):
        meituan.ask_meituan(SHOPS, "order/query", {}, Other({"code": 3}), at=AT)


def test_a_browser_that_left_is_told_from_one_that_is_busy():
    secret = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    keys = Keys({"contact": "mailto:it@example.com"}, {"private_key": (secret,)})
    reader = web_push.Subscription(
        "https://push.example.com/x",
        sealing.text64(sealing.point(sealing.private_key(secret))),
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    other = Other(Reply(201), Reply(410), Reply(429), Reply(400))
    web_push.push(keys, reader, b"hi", other, at=AT)
    assert other.calls[0].headers["authorization"].startswith("vapid t=")
    with pytest.raises(web_push.Gone):
        web_push.push(keys, reader, b"hi", other, at=AT)
    for permanent in (False, True):
        with pytest.raises(SendFailed) as failure:
            web_push.push(keys, reader, b"hi", other, at=AT)
        assert failure.value.permanent is permanent


def test_an_answer_that_is_no_json_or_says_later_is_no_success():
    for reply, unknown in [(Reply(200, {}, b"<html>"), True), (Reply(500, {}, b"{}"), True), (Reply(429), False),
                           (Reply(200, {}, b"[]"), True)]:  # fmt: skip
        with pytest.raises(SendFailed) as failure:
            decoded(reply)
        assert failure.value.is_unknown is unknown
    with pytest.raises(SendFailed) as failure:
        Keys().newest("key")
    assert failure.value.permanent
