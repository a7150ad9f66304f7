"""What Meituan delivery tells: how an order is doing, as a signed form."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import parse_qsl

from ..calling import Keys, as_json
from ..hearing import JSON, Arrival, Heard, Refused, Said, Told, is_fresh, same, seconds, short
from . import signing

WINDOW = 600  # seconds between two clocks


def answer(status: int, code: int) -> Said:
    return Said(status, as_json({"code": code}), JSON)


class MeituanEar:
    """``settings``: app_key. Secret: app_secret."""

    later = answer(503, 1)

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        try:
            words = dict(parse_qsl(arrival.body.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError:
            raise Refused("malformed", answer(400, 1)) from None
        given = words.get("sign", "")
        if not any(same(given, signing.sign(one, words)) for one in keys.live("app_secret")):
            raise Refused("signature", answer(401, 3))
        if words.get("appkey") != keys.told("app_key"):
            raise Refused("foreign", answer(403, 3))
        at = seconds(words.get("timestamp", ""))
        if not is_fresh(at, now, within=WINDOW):
            raise Refused("stale", answer(401, 3))
        order, status = words.get("order_id") or words.get("delivery_id") or "", words.get("status") or ""
        if not order or not status:
            raise Refused("malformed", answer(400, 1))
        kept = {name: value for name, value in words.items() if name != "sign"}
        names = ("order_id", "delivery_id", "mt_peisong_id", "status", "timestamp")
        key = sha256("|".join(words.get(name, "") for name in names).encode()).hexdigest()
        return Heard((Told(key, "meituan.delivery", at, subject=short(order, 100), content=kept),), answer(200, 0))
