"""One call to TOP. Which methods a shop may use, and with which words, the platform says when it lets it in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ..base import SendFailed
from ..calling import Ask, Call, Keys, decoded
from . import signing

GATEWAY = "https://eco.taobao.com/router/rest"
LATER = {"isp.top-remote-connection-timeout", "isp.remote-service-timeout", "isp.service-unavailable"}
SLOW_DOWN = {7}  # app call limited


def words_of(keys: Keys, method: str, given: Mapping[str, str], *, at: float) -> dict[str, str]:
    """The signed words of one call; the time is said in China's. Raises SendFailed."""
    shown = datetime.fromtimestamp(at, UTC) + timedelta(hours=8)
    words = {
        "app_key": keys.told("app_key"), "format": "json", "method": method, "sign_method": "hmac-sha256",
        "timestamp": f"{shown:%Y-%m-%d %H:%M:%S}", "v": "2.0", **given,
    }  # fmt: skip
    if keys.live("session"):
        words["session"] = keys.newest("session")
    return words | {"sign": signing.sign(keys.newest("app_secret"), words)}


def ask_top(keys: Keys, method: str, given: Mapping[str, str], ask: Ask, *, at: float) -> Mapping[str, Any]:
    """The answer's inner object. Raises SendFailed by its ``sub_code``."""
    words = words_of(keys, method, given, at=at)
    headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    reply = decoded(ask(Call("POST", keys.told("gateway", GATEWAY), headers, urlencode(words).encode())))
    error = reply.get("error_response")
    if isinstance(error, dict):
        sub, code = str(error.get("sub_code") or ""), error.get("code")
        words_said = f"{code} {sub} {str(error.get('sub_msg') or error.get('msg') or '')[:60]}"
        later = sub in LATER or code in SLOW_DOWN
        raise SendFailed(words_said, permanent=not later, wait=1.0 if later else 0)
    inner = reply.get(method.replace(".", "_") + "_response") or reply.get(
        method.removeprefix("taobao.").replace(".", "_") + "_response"
    )
    if not isinstance(inner, dict):
        raise SendFailed("the answer is no answer to this method", is_unknown=True, is_garbled=True)
    return inner
