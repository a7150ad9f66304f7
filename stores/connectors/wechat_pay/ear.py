"""What WeChat Pay tells: payments, refunds, member cards. Not answered within five seconds, it tells it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..calling import Keys, as_json
from ..hearing import JSON, Arrival, Heard, Malformed, Refused, Said, Told, from_json, is_fresh, seconds, short
from . import boxes, signing


def failed(status: int, words: str) -> Said:
    """A refusal as WeChat Pay wants it."""
    return Said(status, as_json({"code": "FAIL", "message": words}), JSON)


class WechatPayEar:
    """Secrets: api_key (32 letters), platform_keys (PEM blocks; a public key's id stands before it)."""

    later = failed(503, "later")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        given = [arrival.headers.get(f"wechatpay-{name}", "") for name in ("serial", "signature", "timestamp", "nonce")]
        serial, signature, at, nonce = given
        if signature.startswith(signing.PROBE):
            raise Refused("probe", failed(401, "signature"))
        if not any(
            signing.is_genuine(_keys(text), serial, signature, at, nonce, arrival.body)
            for text in keys.live("platform_keys")
        ):
            raise Refused("signature", failed(401, "signature"))
        if not is_fresh(seconds(at), now):
            raise Refused("stale", failed(401, "timestamp"))
        try:
            return Heard((self.told(from_json(arrival.body), keys),), Said(204))
        except Malformed:
            raise Refused("malformed", failed(400, "malformed")) from None

    def told(self, said: dict[str, Any], keys: Keys) -> Told:
        """The notice with its box opened. Raises Malformed."""
        kind, number, box = said.get("event_type"), said.get("id"), said.get("resource")
        if not (isinstance(kind, str) and kind and isinstance(number, str) and number and isinstance(box, dict)):
            raise Malformed("no id, event_type or resource")
        inside = boxes.unseal(box, keys.live("api_key"))
        payer = inside.get("payer")
        openid = inside.get("openid") or (payer.get("openid") if isinstance(payer, dict) else "")
        subject = str(inside.get("out_trade_no") or inside.get("transaction_id") or openid or "")
        at = _moment(inside.get("success_time")) or _moment(said.get("create_time"))
        content = {word: said[word] for word in said if word != "resource"} | {"resource": inside}
        name = f"wechat_pay.{kind.lower()}"[:60]
        return Told(short(number), name, at, subject=short(subject, 100) if subject else "", content=content)


def _keys(text: str) -> dict[str, Any]:
    try:
        return dict(signing.read_keys(text))
    except ValueError:
        return {}


def _moment(text: object) -> float | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo else None
