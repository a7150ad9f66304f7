"""What we ask WeChat Pay: whether an order was paid, and to show a member's points on the brand's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ..base import SendFailed
from ..calling import Ask, Call, Keys, as_json, decoded
from ..hearing import is_fresh, seconds
from . import signing

GATEWAY = "https://api.mch.weixin.qq.com"
POINTS_A_SECOND = 10  # for each brand
LATER = {"FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "SYSTEM_ERROR", "BANK_ERROR"}


@dataclass(frozen=True)
class Payment:
    """A payment as WeChat Pay knows it. ``cents`` in fen; ``openid`` is the payer's in this app."""

    order: str
    number: str
    state: str
    cents: int
    openid: str
    paid_at: datetime | None


def signed(
    keys: Keys, method: str, target: str, content: object | None, *, at: int, nonce: str, brand: bool = False
) -> Call:
    """A call with its ``Authorization``. Raises SendFailed when the account lacks something."""
    body = as_json(content) if content is not None else b""
    kind = "brand_id" if brand else "mchid"
    merchant = signing.Merchant(keys.told(kind), keys.told("brand_serial" if brand else "serial"), kind)
    if not merchant.id or not merchant.serial:
        raise SendFailed(f"no {kind} or no serial", permanent=True)
    base = keys.told("gateway", GATEWAY).rstrip("/")
    secret = keys.newest("brand_private_key" if brand else "private_key")
    try:
        path = urlsplit(base).path + target
        word = signing.authorization(merchant, secret, method=method, target=path, at=at, nonce=nonce, body=body)
    except (ValueError, TypeError):
        raise SendFailed("the private key cannot be read", permanent=True) from None
    headers = {"accept": "application/json", "content-type": "application/json", "authorization": word}
    return Call(method, base + target, headers, body)


def answered(keys: Keys, call: Call, ask: Ask, *, now: float) -> Mapping[str, Any]:
    """The answer, its signature checked. Raises SendFailed by its ``code``."""
    reply = ask(call)
    if reply.status == 204 or (reply.status < 300 and not reply.body):
        return {}
    if reply.status >= 400:
        said = decoded(reply)
        code = str(said.get("code", reply.status))
        later = code in LATER
        raise SendFailed(f"{code} {str(said.get('message', ''))[:60]}", permanent=not later, wait=1.0 if later else 0)
    given = [reply.headers.get(f"wechatpay-{name}", "") for name in ("serial", "signature", "timestamp", "nonce")]
    serial, signature, at, nonce = given
    texts = keys.live("platform_keys")
    if not any(
        signing.is_genuine(signing.read_keys(text), serial, signature, at, nonce, reply.body) for text in texts
    ) or not is_fresh(seconds(at), now):
        raise SendFailed("the answer is not signed by WeChat Pay", is_unknown=True, is_garbled=True)
    return decoded(reply)


def find_payment(keys: Keys, order: str, ask: Ask, *, at: int, nonce: str) -> Payment:
    """What became of an order of ours: for notices that never came. Raises SendFailed."""
    words = urlencode({"mchid": keys.told("mchid")})
    target = f"/v3/pay/transactions/out-trade-no/{quote(order, safe='')}?{words}"
    said = answered(keys, signed(keys, "GET", target, None, at=at, nonce=nonce), ask, now=at)
    return read_payment(said)


def read_payment(said: Mapping[str, Any]) -> Payment:
    """A transaction out of an answer or a notice. Raises SendFailed when it is none."""
    amount, payer = said.get("amount"), said.get("payer")
    if not isinstance(said.get("out_trade_no"), str) or not isinstance(said.get("trade_state"), str):
        raise SendFailed("the answer is no transaction", is_garbled=True)
    cents = amount.get("total") if isinstance(amount, dict) else 0
    try:
        paid_at = datetime.fromisoformat(str(said.get("success_time")))
    except ValueError:
        paid_at = None
    return Payment(
        said["out_trade_no"], str(said.get("transaction_id") or ""), said["trade_state"],
        cents if isinstance(cents, int) else 0, str(payer.get("openid") or "") if isinstance(payer, dict) else "",
        paid_at,
    )  # fmt: skip


def show_points(
    keys: Keys, *, request: str, card: str, openid: str, code: str, points: int, ask: Ask, at: int, nonce: str
) -> None:
    """Put a balance on a member's card of the brand; ten a second at most. Raises SendFailed."""
    if not 1 <= len(request) <= 128 or not 1 <= len(code) <= 32:
        raise SendFailed("the request or card number is too long", permanent=True)
    content = {
        "out_request_no": request, "card_id": card, "openid": openid, "user_card_code": code, "point_balance": points,
    }  # fmt: skip
    call = signed(keys, "POST", "/brand/card-member/user-points/sync", content, at=at, nonce=nonce, brand=True)
    answered(keys, call, ask, now=at)
