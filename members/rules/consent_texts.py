"""What people agree to when they join, word for word. Pure data.

A published version is never edited: write the next version below it. A test pins the SHA-256 of each.
"""

from hashlib import sha256
from typing import NamedTuple


class Text(NamedTuple):
    """One version in one language. ``label`` stands beside the box, ``body`` opens below it."""

    purpose: str
    version: int
    language: str
    title: str
    label: str
    body: str

    @property
    def sha256(self) -> str:
        return sha256("\n".join((self.title, self.label, self.body)).encode()).hexdigest()


TEXTS = (
    Text(
        "membership", 1, "zh-hans", "会员服务条款与隐私说明",
        "我已阅读并同意《会员服务条款与隐私说明》",
        "我们收集您的手机号，您也可以告诉我们一个称呼；您到店扫码、消费、积分和用券时，我们会记录时间、门店和金额。"
        "这些信息只用于为您开通和提供会员服务：识别您的身份、累积积分和等级、发放和核销优惠券、处理退款和咨询。\n"
        "您的手机号在员工页面上默认隐藏中间四位。未经您同意，我们不会将信息提供给第三方用于营销。\n"
        "您可以随时在门店或会员卡页面查看、更正信息，撤回同意，或注销会员。注销后，我们会删除您的个人信息，"
        "法律要求保存的交易记录除外。\n"
        "积分和优惠券不能兑换现金。规则如有变更，我们会在会员卡页面告知。",
    ),
    Text(
        "membership", 1, "en", "Membership terms and privacy notice",
        "I have read and agree to the membership terms and privacy notice",
        "We collect your phone number and, if you like, a name to call you by. When you scan a code, buy, collect "
        "points or use a coupon, we note the time, the store and the amount. We use this only to run your membership: "
        "to recognise you, to count points and tiers, to give and redeem coupons, to handle refunds and questions.\n"
        "Staff see your phone number with the middle four digits hidden. Without your consent we do not give your "
        "data to others for their advertising.\n"
        "At any time, in a store or on your card page, you can see and correct your data, withdraw a consent or end "
        "your membership. We then delete your personal data, except for the records of sales that the law tells us to "
        "keep.\n"
        "Points and coupons cannot be exchanged for money. If the rules change, your card page will say so.",
    ),
    Text(
        "marketing", 1, "zh-hans", "优惠与活动通知",
        "我愿意接收优惠与活动通知（可不选，不影响入会）",
        "我们会通过短信或微信向您发送优惠券、新品和活动消息，并参考您的消费记录挑选您可能感兴趣的内容。"
        "每条消息都可以退订，您也可以随时在会员卡页面关闭。不同意不影响您成为会员和使用会员权益。",
    ),
    Text(
        "marketing", 1, "en", "Offers and news",
        "Send me offers and news (your choice; you can join without it)",
        "We send you coupons, new products and events by text message or WeChat, and choose them with a look at what "
        "you bought. You can unsubscribe from each message and switch this off on your card page at any time. "
        "Without it you are a member with the same benefits.",
    ),
)  # fmt: skip


def current(purpose: str, language: str) -> Text:
    """The newest version of a text in a language; in Chinese when there is none in that language."""
    known = [text for text in TEXTS if text.purpose == purpose]
    own = [text for text in known if text.language == language] or [t for t in known if t.language == "zh-hans"]
    return max(own, key=lambda text: text.version)
