"""The platforms, as far as we ask them something: each checks what the real one checks and answers in its codes."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from hashlib import sha256

from stores.connectors.alipay import signing as alipay
from stores.connectors.aliyun_sms import signing as acs3
from stores.connectors.jd import signing as jd
from stores.connectors.meituan import signing as meituan
from stores.connectors.tencent_sms import signing as tc3
from stores.connectors.top import signing as top
from stores.connectors.wechat_pay import signing as pay
from tests.fakes.rsa import PAY_ID, PLATFORM, SHOP
from tests.fakes.server import Asked, Fake, as_json
from tests.fakes.voices import BY_PLATFORM, china

PAY_RETRIES = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
ALI_RETRIES = (240, 600, 600, 3600, 7200, 21600, 54000)


class Wechat(Fake):
    """Official accounts, mini-programs and WeCom: tokens that end, codes that count once, quotas."""

    name = "wechat"
    retries = (5, 5, 5)
    life = 7200
    most_codes = 100_000

    def __init__(self, clock=None, platform="wechat") -> None:
        super().__init__(clock)
        self.voice, self.tokens, self.codes, self.used = BY_PLATFORM[platform], {}, 0, set()
        self.forced_at, self.welcome = -1e12, {}
        self.people = {"code-1": {"openid": "reader-1", "unionid": "u-1"}}
        self.phones = {"phone-1": "16900001234"}

    def answer(self, asked: Asked):
        if asked.path in ("/cgi-bin/stable_token", "/cgi-bin/gettoken"):
            return self._token(asked)
        if asked.path in ("/sns/jscode2session", "/sns/oauth2/access_token"):
            return self._sign_in(asked)
        ends = self.tokens.get(asked.words.get("access_token"))
        if ends is None:
            return as_json({"errcode": 40001, "errmsg": "invalid credential"})
        if ends < self.clock():
            return as_json({"errcode": 42001, "errmsg": "access_token expired"})
        if not self.within("call", 10_000, 60):
            return as_json({"errcode": 45009, "errmsg": "reach max api daily quota limit"})
        act = getattr(self, "_" + re.sub(r"\W", "_", asked.path.strip("/")), None)
        return act(asked.json()) if act else as_json({"errcode": 48001, "errmsg": "api unauthorized"})

    def _token(self, asked):
        said = asked.json() if asked.method == "POST" else asked.words
        right = self.voice.settings.get("app_id") or self.voice.settings["corp_id"]
        if (said.get("appid") or said.get("corpid")) != right:
            return as_json({"errcode": 40013, "errmsg": "invalid appid"})
        if (said.get("secret") or said.get("corpsecret")) != self.voice.secrets["app_secret"]:
            return as_json({"errcode": 40125, "errmsg": "invalid appsecret"})
        now = self.clock()
        if said.get("force_refresh"):
            if now - self.forced_at < 30 or not self.within("forced", 20, 86_400):
                return as_json({"errcode": 45011, "errmsg": "api minute-quota reach limit"})
            self.forced_at, self.tokens = now, {token: min(end, now + 300) for token, end in self.tokens.items()}
        live = [token for token, end in self.tokens.items() if end - now > 300]
        token = live[0] if live else f"token-{len(self.tokens)}-{'x' * 500}"
        self.tokens.setdefault(token, now + self.life)
        return as_json({"access_token": token, "expires_in": int(self.tokens[token] - now), "errcode": 0})

    def _sign_in(self, asked):
        code = asked.words.get("js_code") or asked.words.get("code")
        if code in self.used:
            return as_json({"errcode": 40163, "errmsg": "code been used"})
        if code not in self.people:
            return as_json({"errcode": 40029, "errmsg": "invalid code"})
        self.used.add(code)
        return as_json({"session_key": base64.b64encode(b"k" * 16).decode()} | self.people[code])

    def _cgi_bin_qrcode_create(self, said):
        scene = said.get("action_info", {}).get("scene", {}).get("scene_str", "")
        if not 1 <= len(scene) <= 64:
            return as_json({"errcode": 40164, "errmsg": "invalid scene"})
        if said["action_name"] == "QR_LIMIT_STR_SCENE":
            self.codes += 1
            if self.codes > self.most_codes:
                return as_json({"errcode": 45029, "errmsg": "qrcode count out of limit"})
        return as_json({"ticket": "T-" + scene, "url": "http://weixin.qq.com/q/" + scene})

    def _cgi_bin_message_template_send(self, said):
        if said["touser"] not in {one["openid"] for one in self.people.values()}:
            return as_json({"errcode": 43004, "errmsg": "require subscribe"})
        return as_json({"errcode": 0, "msgid": 1000 + len(self.log)})

    def _wxa_business_getuserphonenumber(self, said):
        number = self.phones.pop(said.get("code"), None)
        if number is None:
            return as_json({"errcode": 40029, "errmsg": "invalid code"})
        mark = {"appid": self.voice.settings["app_id"], "timestamp": int(self.clock())}
        return as_json(
            {"errcode": 0, "phone_info": {"purePhoneNumber": number, "countryCode": "86", "watermark": mark}}
        )

    def _wxa_getwxacodeunlimit(self, said):
        if not re.fullmatch(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}", said.get("scene", "")):
            return as_json({"errcode": 40169, "errmsg": "invalid length for scene, or the data is not json string"})
        return 200, {"Content-Type": "image/jpeg"}, b"\xff\xd8\xff\xe0picture"

    def _cgi_bin_externalcontact_send_welcome_msg(self, said):
        given_at = self.welcome.pop(said.get("welcome_code"), None)
        if given_at is None:
            return as_json({"errcode": 41051, "errmsg": "externaluser has started chatting"})
        if self.clock() - given_at > 20:
            return as_json({"errcode": 41050, "errmsg": "invalid welcome code"})
        return as_json({"errcode": 0})


class WechatPay(Fake):
    """Checks the signature over the whole request, signs its answers, and lets ten points calls a second through."""

    name = "wechat_pay"
    retries = PAY_RETRIES

    def __init__(self, clock=None) -> None:
        super().__init__(clock)
        self.paid, self.points = {}, {}

    def answer(self, asked: Asked):
        words = dict(re.findall(r'(\w+)="([^"]*)"', asked.headers.get("authorization", "")))
        at, once = words.get("timestamp", ""), words.get("nonce_str", "")
        keys = pay.read_keys(f"{PAY_ID}\n{SHOP[1]}")
        signed = f"{asked.method}\n{asked.target}\n{at}".encode().decode()
        if not pay.is_genuine(keys, PAY_ID, words.get("signature", ""), signed, once, asked.body):
            return self._signed({"code": "SIGN_ERROR", "message": "签名错误"}, 401)
        if not at.isdigit() or abs(int(at) - self.clock()) > 300 or not self.is_new(once):
            return self._signed({"code": "SIGN_ERROR", "message": "时间戳或随机串无效"}, 401)
        if asked.path.startswith("/v3/pay/transactions/out-trade-no/"):
            found = self.paid.get(asked.path.rsplit("/", 1)[-1])
            return self._signed(found or {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}, 200 if found else 404)
        if asked.path == "/brand/card-member/user-points/sync" and "brand_id" in words:
            if not self.within("points", 10, 1):
                return self._signed({"code": "RATELIMIT_EXCEEDED", "message": "频率超限"}, 429)
            said = asked.json()
            self.points[said["user_card_code"]] = said["point_balance"]
            return 204, {}, b""
        return self._signed({"code": "NO_AUTH", "message": "商户无权限"}, 403)

    def _signed(self, content, status=200):
        body = json.dumps(content, ensure_ascii=False).encode()
        at, once = str(int(self.clock())), f"r{len(self.log)}"
        made = pay.sign(PLATFORM[0], f"{at}\n{once}\n".encode() + body + b"\n")
        headers = {"Wechatpay-Serial": PAY_ID, "Wechatpay-Timestamp": at, "Wechatpay-Nonce": once}
        return status, headers | {"Wechatpay-Signature": made, "Content-Type": "application/json"}, body


class Alipay(Fake):
    """Checks RSA2 and signs its answers letter by letter."""

    name = "alipay"
    retries = ALI_RETRIES

    def __init__(self, clock=None) -> None:
        super().__init__(clock)
        self.paid = {}

    def answer(self, asked: Asked):
        words = asked.form()
        name = words.get("method", "").replace(".", "_") + "_response"
        if words.get("app_id") != "2021":
            inner = {"code": "40002", "sub_code": "isv.invalid-app-id"}
        elif not alipay.is_genuine([SHOP[1]], alipay.joined(words), words.get("sign", "")):
            inner = {"code": "40002", "sub_code": "isv.invalid-signature", "sub_msg": "验签出错"}
        elif words["method"] == "alipay.trade.query":
            found = self.paid.get(json.loads(words["biz_content"])["out_trade_no"])
            inner = found or {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST", "sub_msg": "交易不存在"}
        elif words["method"] == "alipay.system.oauth.token":
            inner = {"open_id": "reader-1", "access_token": "t"}
        else:
            inner = {"code": "40002", "sub_code": "isv.insufficient-isv-permissions"}
        text = json.dumps(inner, ensure_ascii=False)
        body = f'{{"{name}":{text},"sign":"{alipay.sign(PLATFORM[0], text.encode())}"}}'
        return 200, {"Content-Type": "text/html;charset=utf-8"}, body.encode()


class Top(Fake):
    """Tmall and Taobao: signature, ten minutes, one thousand calls a minute."""

    name = "top"
    secret = "top-secret"

    def answer(self, asked: Asked):
        words = asked.form()
        if words.get("sign") != top.sign(self.secret, words, words.get("sign_method", "md5")):
            return self._error(25, "Invalid signature")
        if abs(_china(words.get("timestamp", "")) - self.clock()) > 600:
            return self._error(31, "Invalid timestamp")
        if not self.within("call", 1000, 60):
            return self._error(7, "App Call Limited")
        if words["method"] == "taobao.time.get":
            return as_json({"time_get_response": {"time": china(self.clock())}})
        return self._error(11, "Insufficient isv permissions")

    def _error(self, code, words):
        return as_json({"error_response": {"code": code, "msg": words, "request_id": "r1"}})


class Jd(Fake):
    """JD: signature and nothing else, for nothing else is public."""

    name = "jd"
    secret = "jd-secret"

    def answer(self, asked: Asked):
        words = asked.form()
        if words.get("sign") != jd.sign(self.secret, words):
            return as_json({"error_response": {"code": "12", "zh_desc": "无效签名"}})
        return as_json({words["method"].replace(".", "_") + "_responce": {"code": "0"}})


class Meituan(Fake):
    """Delivery: signature and ten minutes."""

    name = "meituan"
    retries = (60, 60, 60)

    def answer(self, asked: Asked):
        words = asked.form()
        if words.get("sign") != meituan.sign(BY_PLATFORM["meituan"].secrets["app_secret"], words):
            return as_json({"code": 3, "message": "sign校验失败"})
        if abs(int(words.get("timestamp") or 0) - self.clock()) > 600:
            return as_json({"code": 2, "message": "timestamp过期"})
        return as_json({"code": 0, "data": {"status": 0}})


class Douyin(Fake):
    """It asks and tells; we ask it nothing yet."""

    name = "douyin"
    retries = (5, 5, 5)

    def answer(self, asked: Asked):
        return as_json({"data": {"error_code": 2190008, "description": "access_token过期"}})


class AliyunSms(Fake):
    """ACS3 with a nonce that counts once, one message a minute and phone, five an hour; a repeated OutId is sent again."""

    name = "aliyun_sms"
    retries = (60, 300)
    secret = "s"

    def __init__(self, clock=None) -> None:
        super().__init__(clock)
        self.sent = []

    def answer(self, asked: Asked):
        given = asked.headers.get("authorization", "")
        signed = dict(re.findall(r"(\w+)=([^,]+)", given)).get("SignedHeaders", "").split(";")
        headers = {name: asked.headers.get(name, "") for name in signed if name}
        right = acs3.authorization("K", self.secret, "POST", "/", asked.query, headers, asked.body)
        required = {
            "host",
            "x-acs-action",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-content-sha256",
            "x-acs-version",
        }
        if (
            given != right
            or not required <= set(headers)
            or headers["x-acs-content-sha256"] != sha256(asked.body).hexdigest()
        ):
            return as_json({"Code": "SignatureDoesNotMatch", "Message": "signature"}, 400)
        at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        if abs(at - self.clock()) > 900:
            return as_json({"Code": "InvalidTimeStamp.Expired", "Message": "time"}, 400)
        if not self.is_new(headers["x-acs-signature-nonce"]):
            return as_json({"Code": "SignatureNonceUsed", "Message": "nonce"}, 400)
        return self._send(asked.words)

    def _send(self, words):
        phone = words.get("PhoneNumbers", "")
        if not re.fullmatch(r"1[3-9]\d{9}", phone):
            return as_json({"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": phone})
        if words.get("SignName") != "青禾":
            return as_json({"Code": "isv.SMS_SIGNATURE_ILLEGAL", "Message": "该账号下找不到对应签名"})
        if not (self.within(f"m{phone}", 1, 60) and self.within(f"h{phone}", 5, 3600)):
            return as_json({"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发分钟级流控Permits:1"})
        self.sent.append(words)
        return as_json({"Code": "OK", "BizId": f"B{len(self.sent)}", "RequestId": "R"})


class TencentSms(Fake):
    """TC3 within five minutes, thirty a day and phone; results stand inside an HTTP 200."""

    name = "tencent_sms"
    retries = (60, 300)
    secret = "s"

    def __init__(self, clock=None) -> None:
        super().__init__(clock)
        self.sent = []

    def answer(self, asked: Asked):
        at = int(asked.headers.get("x-tc-timestamp") or 0)
        content = asked.headers.get("content-type", "")
        right = tc3.authorization("K", self.secret, "sms", asked.headers["host"], asked.body, at, content_type=content)
        if asked.headers.get("authorization") != right:
            return self._error("AuthFailure.SignatureFailure")
        if abs(at - self.clock()) > 300:
            return self._error("AuthFailure.SignatureExpire")
        said = asked.json()
        if len(said["PhoneNumberSet"]) > 200:
            return self._error("LimitExceeded.PhoneNumberCountLimit")
        return as_json({"Response": {"SendStatusSet": [self._one(number, said) for number in said["PhoneNumberSet"]]}})

    def _one(self, number, said):
        if not re.fullmatch(r"\+861[3-9]\d{9}", number):
            return {"Code": "InvalidParameterValue.IncorrectPhoneNumber", "PhoneNumber": number}
        if not self.within(f"d{number}", 30, 86_400):
            return {"Code": "LimitExceeded.PhoneNumberDailyLimit", "PhoneNumber": number}
        self.sent.append(said)
        return {"Code": "Ok", "SerialNo": f"S{len(self.sent)}", "PhoneNumber": number}

    def _error(self, code):
        return as_json({"Response": {"Error": {"Code": code, "Message": code}, "RequestId": "r"}})


class WebPush(Fake):
    """A push service: wants a token of who sends, forgets browsers that left."""

    name = "web_push"

    def __init__(self, clock=None) -> None:
        super().__init__(clock)
        self.gone, self.taken = set(), []

    def answer(self, asked: Asked):
        if not asked.headers.get("authorization", "").startswith("vapid t=") or not asked.headers.get("ttl"):
            return 401, {}, b""
        if asked.path in self.gone:
            return 410, {}, b""
        if asked.headers.get("content-encoding") != "aes128gcm" or len(asked.body) > 4096:
            return 413, {}, b""
        self.taken.append(asked.body)
        return 201, {"Location": asked.path + "/1"}, b""


def _china(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp() - 8 * 3600
    except ValueError:
        return 0.0


def everyone(clock=None) -> dict[str, Fake]:
    """One of each, by the name of its platform."""
    return {
        "wechat": Wechat(clock), "mini_program": Wechat(clock, "mini_program"), "wecom": Wechat(clock, "wecom"),
        "wechat_pay": WechatPay(clock), "alipay": Alipay(clock), "douyin": Douyin(clock), "meituan": Meituan(clock),
        "top": Top(clock), "jd": Jd(clock), "aliyun_sms": AliyunSms(clock), "tencent_sms": TencentSms(clock),
        "web_push": WebPush(clock),
    }  # fmt: skip
