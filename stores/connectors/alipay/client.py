"""What we ask Alipay: one gateway, the method in the words, the answer's signature over its raw letters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ..base import SendFailed
from ..calling import Ask, Call, Keys, as_json
from . import signing

GATEWAY = "https://openapi.alipay.com/gateway.do"
LATER = {"isp.unknow-error", "aop.ACQ.SYSTEM_ERROR", "ACQ.SYSTEM_ERROR", "isp.service-unavailable"}


@dataclass(frozen=True)
class Visitor:
    """Who signed in: newer apps get an ``open_id``, older ones a ``user_id``."""

    open_id: str = ""
    user_id: str = ""
    token: str = ""


def words_of(keys: Keys, method: str, content: object | None, *, at: float, more: Mapping[str, str]) -> dict[str, str]:
    """The signed words of a request; ``at`` in seconds, said in China's time. Raises SendFailed."""
    shown = datetime.fromtimestamp(at, UTC) + timedelta(hours=8)
    words = {
        "app_id": keys.told("app_id"), "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2",
        "timestamp": f"{shown:%Y-%m-%d %H:%M:%S}", "version": "1.0", **more,
    }  # fmt: skip
    if content is not None:
        words["biz_content"] = as_json(content).decode()
    try:
        words["sign"] = signing.sign(keys.newest("private_key"), signing.joined(words))
    except (ValueError, TypeError):
        raise SendFailed("the private key cannot be read", permanent=True) from None
    return words


def ask_alipay(
    keys: Keys, method: str, content: object | None, ask: Ask, *, at: float, **more: str
) -> Mapping[str, Any]:
    """The answer of one method, its signature checked. Raises SendFailed by its ``sub_code``."""
    words = words_of(keys, method, content, at=at, more=more)
    headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    reply = ask(Call("POST", keys.told("gateway", GATEWAY), headers, urlencode(words).encode()))
    if reply.status >= 500:
        raise SendFailed(f"HTTP {reply.status}", is_unknown=True)
    text = reply.body.decode("utf-8", "replace")
    said = _member(text, method.replace(".", "_") + "_response") or _member(text, "error_response")
    if said is None:
        raise SendFailed("the answer is no answer to this method", is_unknown=True, is_garbled=True)
    raw, found = said
    code = str(found.get("sub_code") or found.get("code") or "")
    if found.get("code") not in (None, "10000"):  # Alipay does not sign what it cannot attribute
        raise SendFailed(f"{code} {str(found.get('sub_msg', ''))[:60]}", permanent=code not in LATER)
    sign = _member(text, "sign", is_text=True)
    if sign is None or not signing.is_genuine(keys.live("alipay_key"), raw.encode(), sign[0]):
        raise SendFailed("the answer is not signed by Alipay", is_unknown=True, is_garbled=True)
    return found


def _member(text: str, name: str, *, is_text: bool = False) -> tuple[str, dict[str, Any]] | None:
    """(raw letters, object) of a member; of a text its content and nothing."""
    try:
        raw = signing.raw_member(text, name)
        found = json.loads(raw)
    except ValueError:
        return None
    if is_text:
        return (found, {}) if isinstance(found, str) else None
    return (raw, found) if isinstance(found, dict) else None


def fetch_visitor(keys: Keys, code: str, ask: Ask, *, at: float) -> Visitor:
    """Who came back with a sign-in code. Raises SendFailed."""
    said = ask_alipay(keys, "alipay.system.oauth.token", None, ask, at=at, grant_type="authorization_code", code=code)
    visitor = Visitor(
        str(said.get("open_id") or ""), str(said.get("user_id") or ""), str(said.get("access_token") or "")
    )
    if not visitor.open_id and not visitor.user_id:
        raise SendFailed("the answer names nobody", is_garbled=True)
    return visitor


def find_payment(keys: Keys, order: str, ask: Ask, *, at: float) -> Mapping[str, Any]:
    """What became of an order of ours: for notices that never came. Raises SendFailed."""
    return ask_alipay(keys, "alipay.trade.query", {"out_trade_no": order}, ask, at=at)
