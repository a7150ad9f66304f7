"""What stands on a poster, in each language. Printed content for shoppers, not interface: it keeps no gettext."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    headline: str
    promise: str
    how: str
    steps: tuple[str, str, str]
    code: str
    official: str
    check: str
    fold: str


ZH = Wording(
    headline="扫码入会",
    promise="积分 · 优惠券 · 会员专享",
    how="用微信、支付宝或手机相机扫一扫",
    steps=("扫一扫", "填手机号", "领会员卡"),
    code="门店码",
    official="官方域名",
    check="扫码后请核对域名和店名",
    fold="沿虚线对折",
)
EN = Wording(
    headline="Scan to join",
    promise="Points · Coupons · Member benefits",
    how="Scan with WeChat, Alipay or your camera",
    steps=("Scan", "Enter phone", "Get your card"),
    code="Store code",
    official="Official domain",
    check="Check the domain and the store name after scanning",
    fold="Fold along the dashes",
)
LANGUAGES = {"zh-hans": ZH, "en": EN}


def other(language: str) -> Wording:
    """The wording of the second, smaller line."""
    return EN if language == "zh-hans" else ZH
