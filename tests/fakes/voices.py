"""How each platform tells something: a signed request as it would come. One voice for each, all of one shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urlencode

from stores.connectors.alipay import signing as alipay
from stores.connectors.calling import as_json
from stores.connectors.douyin import signing as douyin
from stores.connectors.hearing import Arrival
from stores.connectors.meituan import signing as meituan
from stores.connectors.webhook import signing as webhook
from stores.connectors.wechat import crypto
from stores.connectors.wechat import signing as wechat
from stores.connectors.wechat_pay import boxes
from stores.connectors.wechat_pay import signing as pay
from tests.fakes.rsa import PAY_ID, PAY_KEYS, PLATFORM, SHOP, STRANGER

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CHINA = 8 * 3600
_nonce = count(1)


def china(at: float) -> str:
    """A time as Alipay and others say it."""
    return datetime.fromtimestamp(at + CHINA, UTC).strftime("%Y-%m-%d %H:%M:%S")


def nonce() -> str:
    return f"n{next(_nonce):011d}"


@dataclass
class Voice:
    """``tell`` says thing ``number`` about ``subject``, which happened at ``at``; signed at ``sent``.

    ``extra`` are fields that nobody knows, ``kind`` a type that nobody knows, ``raw`` a body in place of a good one,
    ``forged`` signs with a stranger's secret. ``says``: the kind of notice that it becomes.
    """

    platform: str
    settings: dict
    secrets: dict
    says: str
    signs_time: bool = True
    has_kinds: bool = True
    window: int = 300
    path: str = "/notices/x/"

    def tell(self, at, number=1, subject="reader-1", *, sent=None, extra=None, kind=None, raw=None, forged=False):
        return getattr(self, f"_{self.platform}")(
            at, number, subject, at if sent is None else sent, extra, kind, raw, forged
        )

    def secret(self, name, forged):
        return "x" * len(self.secrets[name]) if forged else self.secrets[name]

    def _wechat(self, at, number, subject, sent, extra, kind, raw, forged):
        said = {
            "ToUserName": "gh_demo", "FromUserName": subject, "CreateTime": str(int(at)), "MsgType": "event",
            "Event": kind or "subscribe", "EventKey": f"qrscene_{number}", **(extra or {}),
        }  # fmt: skip
        inner = raw if raw is not None else xml(said)
        receiver = self.settings.get("app_id") or self.settings["corp_id"]
        sealed = crypto.encrypt(inner, self.secrets["aes_key"], receiver, random=b"0123456789abcdef")
        word = nonce()
        made = wechat.sign(self.secret("token", forged), str(int(sent)), word, sealed)
        query = urlencode({"msg_signature": made, "timestamp": str(int(sent)), "nonce": word, "encrypt_type": "aes"})
        return Arrival("POST", self.path, query, {}, xml({"ToUserName": "gh_demo", "Encrypt": sealed}))

    _mini_program = _wechat

    def _wecom(self, at, number, subject, sent, extra, kind, raw, forged):
        more = {"Event": "change_external_contact", "ChangeType": kind or "add_external_contact", "UserID": "zhang"}
        more |= {"ExternalUserID": subject, "State": f"S{number}", "FromUserName": f"sys{number}", **(extra or {})}
        return self._wechat(at, number, subject, sent, more, None, raw, forged)

    def _wechat_pay(self, at, number, subject, sent, extra, kind, raw, forged):
        inside = {
            "out_trade_no": subject, "transaction_id": f"4200{number}", "trade_state": "SUCCESS",
            "success_time": china(at).replace(" ", "T") + "+08:00", "payer": {"openid": f"o-{subject}"},
            "amount": {"total": 990}, **(extra or {}),
        }  # fmt: skip
        box = {
            "algorithm": boxes.ALGORITHM, "nonce": "nonce1234567", "associated_data": "transaction",
            "ciphertext": boxes.seal(as_json(inside), self.secrets["api_key"], nonce="nonce1234567", about="transaction"),
        }  # fmt: skip
        said = {
            "id": f"EV-{number}", "create_time": china(at).replace(" ", "T") + "+08:00", "resource_type": "encrypt-resource",
            "event_type": kind or "TRANSACTION.SUCCESS", "summary": "支付成功", "resource": box,
        }  # fmt: skip
        body = raw if raw is not None else as_json(said)
        word, key = nonce(), STRANGER[0] if forged else PLATFORM[0]
        made = pay.sign(key, f"{int(sent)}\n{word}\n".encode() + body + b"\n")
        headers = {
            "wechatpay-serial": PAY_ID, "wechatpay-signature": made, "wechatpay-timestamp": str(int(sent)),
            "wechatpay-nonce": word, "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
        }  # fmt: skip
        return Arrival("POST", self.path, "", headers, body)

    def _alipay(self, at, number, subject, sent, extra, kind, raw, forged):
        words = {
            "notify_id": f"N{number}", "notify_type": kind or "trade_status_sync", "notify_time": china(sent),
            "app_id": "2021", "seller_id": "2088", "out_trade_no": subject, "trade_status": "TRADE_SUCCESS",
            "total_amount": "9.90", "gmt_payment": china(at), "sign_type": "RSA2", "charset": "utf-8", **(extra or {}),
        }  # fmt: skip
        if raw is not None:
            words.pop("notify_id")
        key = STRANGER[0] if forged else PLATFORM[0]
        words["sign"] = alipay.sign(key, alipay.joined(words, without=("sign", "sign_type")))
        return Arrival("POST", self.path, "", {}, urlencode(words).encode())

    def _douyin(self, at, number, subject, sent, extra, kind, raw, forged):
        said = {"event": kind or "follow", "from_user_id": subject, "content": {"create_time": int(at), "n": number}}
        body = raw if raw is not None else as_json(said | (extra or {}))
        made = douyin.sign_webhook(self.secret("client_secret", forged), body)
        return Arrival("POST", self.path, "", {"x-douyin-signature": made, "msg-id": f"M{number}"}, body)

    def spi(self, at, subject, *, word="join", sent=None, forged=False, raw=None):
        """Douyin's other way: somebody joins or leaves."""
        query = {"client_key": "xxxxxx", "timestamp": str(int((at if sent is None else sent) * 1000))}
        body = raw if raw is not None else as_json({"open_id": subject, "account_id": "a1", "mobile": "sealed"})
        made = douyin.sign_spi(self.secret("client_secret", forged), query, body)
        headers = {"x-life-sign": made, "x-life-clientkey": "xxxxxx"}
        return Arrival("POST", f"/notices/x/{word}", urlencode(query), headers, body)

    def _meituan(self, at, number, subject, sent, extra, kind, raw, forged):
        words = {
            "appkey": "k1", "timestamp": str(int(sent)), "version": "1.0", "order_id": subject, "status": str(number),
            "delivery_id": "7", "mt_peisong_id": "m7", **(extra or {}),
        }  # fmt: skip
        if raw is not None:
            words.pop("order_id")
            words.pop("delivery_id")
        words["sign"] = meituan.sign(self.secret("app_secret", forged), words)
        return Arrival("POST", self.path, "", {}, urlencode(words).encode())

    def _aliyun_sms(self, at, number, subject, sent, extra, kind, raw, forged):
        report = {
            "phone_number": "16900001234", "send_time": china(at), "report_time": china(at), "success": True,
            "err_code": "DELIVERED", "sms_size": "1", "biz_id": f"b{number}", "out_id": subject, **(extra or {}),
        }  # fmt: skip
        return self._by_address(raw, report, forged)

    def _tencent_sms(self, at, number, subject, sent, extra, kind, raw, forged):
        report = {
            "user_receive_time": china(at), "nationcode": "86", "mobile": "16900001234", "report_status": "SUCCESS",
            "errmsg": f"DELIVRD{number}", "description": "", "sid": subject, **(extra or {}),
        }  # fmt: skip
        return self._by_address(raw, report, forged)

    def _by_address(self, raw, report, forged):
        body = raw if raw is not None else as_json([report])
        return Arrival("POST", f"{self.path}{self.secret('address_word', forged)}", "", {}, body)

    def _signed(self, at, number, subject, sent, extra, kind, raw, forged):
        said = {
            "id": f"w{number}", "type": kind or "wifi.arrived", "device": subject, "store": "S00001",
            "occurred_at": china(at).replace(" ", "T") + "+08:00", **(extra or {}),
        }  # fmt: skip
        body = raw if raw is not None else as_json(said)
        made = webhook.sign(self.secret("secret", forged), f"m{number}", int(sent), body)
        headers = {webhook.ID: f"m{number}", webhook.TIME: str(int(sent)), webhook.SIGNATURE: made}
        return Arrival("POST", self.path, "", headers, body)


def xml(said):
    """WeChat's way to write."""
    return f"<xml>{''.join(f'<{k}><![CDATA[{v}]]></{k}>' for k, v in said.items())}</xml>".encode()


WX_SECRETS = {"token": "demo_token", "aes_key": AES_KEY, "app_secret": "s" * 32}
VOICES = [
    Voice("wechat", {"app_id": "wx0000000000000000"}, WX_SECRETS, "wechat.subscribe"),
    Voice("mini_program", {"app_id": "wx1111111111111111"}, WX_SECRETS, "mini_program.subscribe"),
    Voice("wecom", {"corp_id": "ww0000000000000000"}, WX_SECRETS, "wecom.add_external_contact"),
    Voice(
        "wechat_pay", {"mchid": "1900000001", "serial": "5A", "brand_id": "4000", "brand_serial": "6B"},
        {"api_key": "0123456789abcdef0123456789abcdef", "platform_keys": PAY_KEYS, "private_key": SHOP[0],
         "brand_private_key": SHOP[0]},
        "wechat_pay.transaction.success",
    ),
    Voice(
        "alipay", {"app_id": "2021", "seller_id": "2088"}, {"alipay_key": PLATFORM[1], "private_key": SHOP[0]},
        "alipay.trade_status_sync", window=26 * 3600,
    ),
    Voice("douyin", {"client_key": "xxxxxx"}, {"client_secret": "yyyyyy"}, "douyin.follow", signs_time=False),
    Voice("meituan", {"app_key": "k1"}, {"app_secret": "meituan-secret"}, "meituan.delivery", has_kinds=False, window=600),
    Voice(
        "aliyun_sms", {"key_id": "K", "sign_name": "青禾"}, {"address_word": "a-long-secret-word", "key_secret": "s"},
        "aliyun_sms.report", signs_time=False, has_kinds=False,
    ),
    Voice(
        "tencent_sms", {"key_id": "K", "app_id": "1400", "sign_name": "青禾"},
        {"address_word": "a-long-secret-word", "key_secret": "s"}, "tencent_sms.report", signs_time=False, has_kinds=False,
    ),
    Voice("signed", {}, {"secret": "a-secret-of-the-tests"}, "wifi.arrived"),
]  # fmt: skip
BY_PLATFORM = {voice.platform: voice for voice in VOICES}
