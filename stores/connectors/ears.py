"""Which ear listens to which platform; imported when the first notice comes."""

from __future__ import annotations

from importlib import import_module

from .hearing import Ear

EARS = {
    "wechat": "wechat.ear:WechatEar",
    "mini_program": "mini_program.ear:MiniProgramEar",
    "wechat_pay": "wechat_pay.ear:WechatPayEar",
    "wecom": "wecom.ear:WecomEar",
    "alipay": "alipay.ear:AlipayEar",
    "douyin": "douyin.ear:DouyinEar",
    "meituan": "meituan.ear:MeituanEar",
    "aliyun_sms": "aliyun_sms.ear:AliyunSmsEar",
    "tencent_sms": "tencent_sms.ear:TencentSmsEar",
    "signed": "signed.ear:SignedEar",
}


def ear_of(platform: str) -> Ear:
    """The platform's ear. Raises KeyError for one that tells us nothing."""
    module, name = EARS[platform].split(":")
    return getattr(import_module(f".{module}", __package__), name)()
