"""One call to JD's gateway; what the method wants stands as JSON in one word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ..base import SendFailed
from ..calling import Ask, Call, Keys, as_json, decoded
from . import signing

GATEWAY = "https://api.jd.com/routerjson"


def ask_jd(keys: Keys, method: str, content: Mapping[str, Any], ask: Ask, *, at: float) -> Mapping[str, Any]:
    """The answer's inner object. Raises SendFailed by its ``code``."""
    shown = datetime.fromtimestamp(at, UTC) + timedelta(hours=8)
    words = {
        "method": method, "app_key": keys.told("app_key"), "timestamp": f"{shown:%Y-%m-%d %H:%M:%S}", "v": "2.0",
        "360buy_param_json": as_json(content).decode(),
    }  # fmt: skip
    if keys.live("access_token"):
        words["access_token"] = keys.newest("access_token")
    words["sign"] = signing.sign(keys.newest("app_secret"), words)
    headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    reply = decoded(ask(Call("POST", keys.told("gateway", GATEWAY), headers, urlencode(words).encode())))
    error = reply.get("error_response")
    if isinstance(error, dict):
        raise SendFailed(f"{error.get('code')} {str(error.get('zh_desc') or '')[:60]}", permanent=True)
    inner = reply.get(method.replace(".", "_") + "_responce") or reply.get(method.replace(".", "_") + "_response")
    if not isinstance(inner, dict):
        raise SendFailed("the answer is no answer to this method", is_unknown=True, is_garbled=True)
    return inner
