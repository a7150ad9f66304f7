"""Signatures and boxes against golden vectors: most of them agree with an independent library."""

import base64
from hashlib import sha256

import pytest

from stores.connectors.aliyun_sms import signing as acs3
from stores.connectors.douyin import signing as douyin
from stores.connectors.hearing import Malformed
from stores.connectors.jd import signing as jd
from stores.connectors.meituan import signing as meituan
from stores.connectors.tencent_sms import signing as tc3
from stores.connectors.top import signing as top
from stores.connectors.web_push import sealing
from stores.connectors.wechat import crypto
from stores.connectors.wechat import signing as wechat
from stores.connectors.wechat_pay import boxes

TOKEN, AT, NONCE = "demo_token", "1700000000", "nonce123"
AES_KEY, APP = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx0000000000000000"
XML = (
    "<xml><ToUserName><![CDATA[gh_demo]]></ToUserName><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[S7K2M9Q4]]></EventKey></xml>"
)


def test_an_official_account_signs_its_url():
    made = "72c7b6fb0062954d91da2b2ec728b2b42f97430b"
    assert wechat.sign(TOKEN, AT, NONCE) == made
    assert wechat.is_signed(["other", TOKEN], made, AT, NONCE)
    assert not wechat.is_signed(["other", ""], made, AT, NONCE)
    assert not wechat.is_signed([TOKEN], made[:-1] + "c", AT, NONCE)
    assert not wechat.is_signed([], wechat.sign("", AT, NONCE), AT, NONCE)


def test_safe_mode_seals_and_opens():
    sealed = crypto.encrypt(XML.encode(), AES_KEY, APP, random=b"0123456789abcdef")
    assert len(sealed) == 300
    assert sha256(sealed.encode()).hexdigest() == "5db495291b47a4d8f82a068623fe99333c99b0df44a85d14107f95d3f34124c6"
    assert wechat.sign(TOKEN, AT, NONCE, sealed) == "fbc9cecbd8d13b65726c620d3ab7e197b6db637e"
    other = "x" * 42 + "A"
    assert crypto.decrypt(sealed, [other, AES_KEY], APP) == XML.encode()
    for wrong in [([AES_KEY], "wx1"), ([other], APP), ([], APP)]:
        with pytest.raises(Malformed):
            crypto.decrypt(sealed, *wrong)
    for text in ["", "?", sealed[:-4], base64.b64encode(b"0" * 32).decode(), base64.b64encode(b"0" * 5).decode()]:
        with pytest.raises(Malformed):
            crypto.decrypt(text, [AES_KEY], APP)


def test_a_page_is_signed_without_what_stands_behind_its_hash():
    url = "https://m.example.com/s/S7K2M9Q4?x=1"
    made = "59e0f53fb8f31abef8a7dd593dca74d6ad7947fa"
    assert wechat.sign_page("TICKET", NONCE, 1700000000, url) == made
    assert wechat.sign_page("TICKET", NONCE, 1700000000, url + "#top") == made


PAY_KEY = "0123456789abcdef0123456789abcdef"
PAY_BOX = {
    "algorithm": "AEAD_AES_256_GCM", "nonce": "nonce1234567", "associated_data": "transaction",
    "ciphertext": "ShQcIS3IoTdnC1REo7HaOjpQtOe1SuIWwqU6Kzai7Q2LO2AjcIuEp10ksJg8TvkyzbQwBkXJOl4lvqG+d8DpAL3z6CmdZ1hXNTrRF6PC"
    "zyfskuQcaQ==",
}  # fmt: skip


def test_the_box_of_a_payment_opens_with_its_key_only():
    inside = {"out_trade_no": "T1", "trade_state": "SUCCESS", "payer": {"openid": "o1"}}
    assert boxes.unseal(PAY_BOX, ["f" * 32, PAY_KEY]) == inside
    plain = b'{"out_trade_no":"T1","trade_state":"SUCCESS","payer":{"openid":"o1"}}'
    assert boxes.seal(plain, PAY_KEY, nonce="nonce1234567", about="transaction") == PAY_BOX["ciphertext"]
    for change in [{"nonce": "nonce1234568"}, {"nonce": "short"}, {"associated_data": ""}, {"algorithm": "none"},
                   {"ciphertext": "AAAA"}, {"ciphertext": "?"}, {"ciphertext": 5}]:  # fmt: skip
        with pytest.raises(Malformed):
            boxes.unseal(PAY_BOX | change, [PAY_KEY])


def test_tencent_signs_a_text_message():
    body = (
        b'{"PhoneNumberSet":["+8616900001234"],"SmsSdkAppId":"1400000000","SignName":"DEMO","TemplateId":"100",'
        b'"TemplateParamSet":["123456"]}'
    )
    made = tc3.sign("SecretKeyExample", "sms", "sms.tencentcloudapi.com", body, 1700000000)
    assert made == "37f3373dbc66ef6be7d8685660b5e584813e581048eb58af7c946bb10f21e175"


def test_aliyun_signs_a_text_message():
    words = {
        "PhoneNumbers": "16900001234", "SignName": "演示", "TemplateCode": "SMS_100",
        "TemplateParam": '{"code":"123456"}',
    }  # fmt: skip
    headers = {
        "host": "dysmsapi.aliyuncs.com", "x-acs-action": "SendSms", "x-acs-date": "2023-11-14T22:13:20Z",
        "x-acs-signature-nonce": NONCE, "x-acs-version": "2017-05-25", "x-acs-content-sha256": sha256().hexdigest(),
    }  # fmt: skip
    names, made = acs3.sign("SecretExample", "POST", "/", acs3.query_of(words), headers, b"")
    assert made == "d15ea04daa97884d8eb2baf93d02c9e476e37341d6593447a8384ca483baac3a"
    assert names == "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"


TOP = {
    "app_key": "12345678", "format": "json", "method": "tmall.crm.member.point.change", "session": "sess",
    "timestamp": "2023-11-15 06:13:20", "v": "2.0", "sign_method": "md5",
}  # fmt: skip


def test_top_signs_in_its_two_ways():
    assert top.sign("helloworld", TOP, "md5") == "D05908DA2E104157654674CDB02CA110"
    made = "2040645D39264FB5956F98EF29AEE4D0B0E5D24053964CF59F46BCCFB2655AD2"
    assert top.sign("helloworld", TOP, "hmac-sha256") == made
    assert top.sign("helloworld", TOP | {"empty": "", "sign": "x"}) == made
    with pytest.raises(ValueError, match="unknown"):
        top.sign("helloworld", TOP, "sha1")


def test_jd_signs_like_top_does_with_md5():
    assert jd.sign("helloworld", TOP) == top.sign("helloworld", TOP, "md5")


def test_meituan_signs_as_it_publishes():
    words = {
        "appkey": "test", "boolean": "true", "double": "123.123", "number": "123", "string": "测试",
        "timestamp": "1477395862", "version": "1.0", "empty": "",
    }  # fmt: skip
    assert meituan.sign("test", words) == "8943ba698f4b009f80dc2fd69ff9b313381263bd"


def test_douyin_signs_what_it_asks_and_what_it_tells():
    query = {"client_key": "xxxxxx", "timestamp": "1624293280123"}
    body = b'{"open_id":"o1","account_id":"a1","mobile":"x"}'
    made = "99a2c619f418fcaa7ae427effc8b0c2e7ec0fb233226366d412388f6b6b8cde1"
    assert douyin.sign_spi("yyyyyy", query, body) == made
    assert douyin.sign_spi("yyyyyy", query | {"sign": "x"}, body) == made
    told = b'{"event":"verify_webhook","client_key":"abc","content":{"challenge":12345}}'
    assert douyin.sign_webhook("secret", told) == "277df63c0efb431eccf64a233b0eee5ea94b6c4a"


def test_web_push_seals_as_its_paper_shows():
    """The example of RFC 8291, section 5."""
    own = sealing.private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    reader = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    body = sealing.seal(
        b"When I grow up, I want to be a watermelon", sealing.plain64(reader), sealing.plain64("BTBZMqHH6r4Tts7J_aSIgg"),
        own=own, salt=sealing.plain64("DGv6ra1nlYgDCS1FRnbzlw"),
    )  # fmt: skip
    assert sealing.text64(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
        "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
