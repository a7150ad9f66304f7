"""Whose protocols channels speak: what each platform's account is made of, and how far its contract is public. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _


class Part(NamedTuple):
    """One thing that an account needs. ``is_long``: several lines."""

    name: str
    label: Any
    is_long: bool = False
    is_needed: bool = True


class Platform(NamedTuple):
    """``contract``: ``public`` (all of it is published), ``part`` (transport only: members come by file) or ``ours``.

    ``hears``: it sends us notices. ``probes``: its test button really asks the other side.
    """

    code: str
    label: Any
    contract: str
    settings: tuple[Part, ...] = ()
    secrets: tuple[Part, ...] = ()
    hears: bool = True
    probes: bool = False


GATEWAY = Part("gateway", _("Address of the gateway"), is_needed=False)
APP_ID = Part("app_id", _("App id"))
APP_KEY = Part("app_key", _("App key"))
APP_SECRET = Part("app_secret", _("App secret"))
TOKEN = Part("token", _("Token"))
AES_KEY = Part("aes_key", _("AES key for messages (43 letters)"))
KEY_ID = Part("key_id", _("Access key id"))
KEY_SECRET = Part("key_secret", _("Access key secret"))
SIGN_NAME = Part("sign_name", _("Signature name"))
TEMPLATES = Part(
    "templates", _("Approved templates, one a line: its number, then its text"), is_long=True, is_needed=False
)
ADDRESS_WORD = Part("address_word", _("Secret last part of the address for receipts"))
PRIVATE_KEY = Part("private_key", _("Our private key (PEM)"), is_long=True)

JOINS = Part("joins", _("Following by a store's code is joining: write yes"), is_needed=False)

ALL = [
    Platform(
        "wechat", _("WeChat official account"), "public", (APP_ID, JOINS, GATEWAY), (APP_SECRET, TOKEN, AES_KEY), probes=True
    ),
    Platform(
        "mini_program", _("WeChat mini-program"), "public", (APP_ID, GATEWAY), (APP_SECRET, TOKEN, AES_KEY), probes=True
    ),
    Platform(
        "wechat_pay", _("WeChat Pay"), "public",
        (
            Part("mchid", _("Merchant number")), Part("serial", _("Serial number of our certificate")),
            Part("brand_id", _("Brand number"), is_needed=False),
            Part("brand_serial", _("Serial number of the brand's certificate"), is_needed=False), GATEWAY,
        ),
        (
            PRIVATE_KEY, Part("api_key", _("APIv3 key (32 letters)")),
            Part("platform_keys", _("Keys of WeChat Pay (PEM; before a public key its number)"), is_long=True),
            Part("brand_private_key", _("The brand's private key (PEM)"), is_long=True, is_needed=False),
        ),
        probes=True,
    ),
    Platform(
        "wecom", _("WeCom"), "public", (Part("corp_id", _("Corporation id")), GATEWAY), (APP_SECRET, TOKEN, AES_KEY),
        probes=True,
    ),
    Platform(
        "alipay", _("Alipay"), "public", (APP_ID, Part("seller_id", _("Seller number")), GATEWAY),
        (PRIVATE_KEY, Part("alipay_key", _("Alipay's public key (PEM)"), is_long=True)), probes=True,
    ),
    Platform("douyin", _("Douyin"), "public", (Part("client_key", _("Client key")),), (Part("client_secret", _("Client secret")),)),
    Platform("meituan", _("Meituan delivery"), "part", (APP_KEY, GATEWAY), (APP_SECRET,)),
    Platform(
        "top", _("Tmall and Taobao"), "part", (APP_KEY, GATEWAY),
        (APP_SECRET, Part("session", _("Session of the shop"), is_needed=False)), hears=False, probes=True,
    ),
    Platform(
        "jd", _("JD"), "part", (APP_KEY, GATEWAY),
        (APP_SECRET, Part("access_token", _("Access token of the shop"), is_needed=False)), hears=False,
    ),
    Platform(
        "aliyun_sms", _("Aliyun text messages"), "public", (KEY_ID, SIGN_NAME, TEMPLATES, GATEWAY),
        (KEY_SECRET, ADDRESS_WORD),
    ),
    Platform(
        "tencent_sms", _("Tencent text messages"), "public", (KEY_ID, APP_ID, SIGN_NAME, TEMPLATES, GATEWAY),
        (KEY_SECRET, ADDRESS_WORD),
    ),
    Platform("signed", _("Signed webhook (ours)"), "ours", (), (Part("secret", _("Secret of at least 16 letters")),)),
]  # fmt: skip
BY_CODE = {platform.code: platform for platform in ALL}

# Which fields of a member may leave through a channel.
SHARED = {
    "phone": _("Phone"),
    "name": _("Member's name"),
    "gender": _("Gender"),
    "birthday": _("Birthday"),
    "email": _("E-mail"),
    "openid": _("OpenID"),
    "tier": _("Tier"),
    "points": _("Points"),
    "coupons": _("Coupons"),
    "orders": _("Orders"),
    "tags": _("Tags"),
}
