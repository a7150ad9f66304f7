"""The test button: one harmless question to a platform, to see that the account works."""

from __future__ import annotations

import secrets

from .base import SendFailed
from .calling import Ask, Keys, as_json


def probe(platform: str, keys: Keys, ask: Ask | None, *, now: float) -> str:
    """What the other side said, in a few words. Raises SendFailed, also when the account lacks something."""
    question = PROBES.get(platform)
    if question is None:
        raise SendFailed("this platform offers nothing to ask", permanent=True)
    if ask is None:
        from .asking import ask  # noqa: PLC0415 -- its HTTP client slows every process's start
    return question(keys, ask, now)


def _wechat(keys: Keys, ask: Ask, now: float) -> str:
    from .wechat import client  # noqa: PLC0415 -- each platform when it is asked

    return f"access token for {client.fetch_token(keys, ask).seconds} s"


def _wecom(keys: Keys, ask: Ask, now: float) -> str:
    from .wecom import client  # noqa: PLC0415 -- each platform when it is asked

    return f"access token for {client.fetch_token(keys, ask).seconds} s"


def _wechat_pay(keys: Keys, ask: Ask, now: float) -> str:
    from .wechat_pay import client  # noqa: PLC0415 -- each platform when it is asked

    try:
        client.find_payment(keys, "PROBE0", ask, at=int(now), nonce=secrets.token_hex(16))
    except SendFailed as failure:
        if "ORDER_NOT_EXIST" not in str(failure) and "RESOURCE_NOT_EXISTS" not in str(failure):
            raise
    return "our signature was taken"


def _alipay(keys: Keys, ask: Ask, now: float) -> str:
    from .alipay import client  # noqa: PLC0415 -- each platform when it is asked

    try:
        client.find_payment(keys, "PROBE0", ask, at=now)
    except SendFailed as failure:
        if "TRADE_NOT_EXIST" not in str(failure):
            raise
    return "our signature was taken"


def _top(keys: Keys, ask: Ask, now: float) -> str:
    from .top import client  # noqa: PLC0415 -- each platform when it is asked

    return as_json(client.ask_top(keys, "taobao.time.get", {}, ask, at=now)).decode()[:80]


PROBES = {
    "wechat": _wechat, "mini_program": _wechat, "wecom": _wecom, "wechat_pay": _wechat_pay, "alipay": _alipay, "top": _top,
}  # fmt: skip
