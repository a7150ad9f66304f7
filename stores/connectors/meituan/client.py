"""One call to Meituan delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ..base import SendFailed
from ..calling import Ask, Call, Keys, decoded
from . import signing

GATEWAY = "https://peisongopen.meituan.com/api"


def ask_meituan(keys: Keys, path: str, given: Mapping[str, str], ask: Ask, *, at: int) -> Mapping[str, Any]:
    """The answer's ``data``. Raises SendFailed by its ``code``."""
    words = {"appkey": keys.told("app_key"), "timestamp": str(at), "version": "1.0", **given}
    words["sign"] = signing.sign(keys.newest("app_secret"), words)
    url = f"{keys.told('gateway', GATEWAY).rstrip('/')}/{path.lstrip('/')}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    reply = decoded(ask(Call("POST", url, headers, urlencode(words).encode())))
    code = reply.get("code")
    if code != 0:
        raise SendFailed(f"{code} {str(reply.get('message') or '')[:60]}", permanent=isinstance(code, int))
    data = reply.get("data")
    return data if isinstance(data, dict) else {}
