"""What WeChat tells a mini-program: the same signatures and the same boxes as an official account's."""

from ..wechat.ear import WechatEar


class MiniProgramEar(WechatEar):
    """``settings``: app_id. Secrets: token, aes_key."""

    platform = "mini_program"
