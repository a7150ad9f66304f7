"""What Alipay tells about payments: a signed form, repeated for 25 hours until the answer is ``success``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from ..calling import Keys
from ..hearing import Arrival, Heard, Refused, Said, Told, is_fresh, short
from . import signing

REPEATS = 26 * 3600  # seconds in which Alipay tells the same thing again


class AlipayEar:
    """``settings``: app_id, seller_id. Secret: alipay_key, Alipay's public key."""

    later = Said(503, b"fail")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        try:
            words = dict(parse_qsl(arrival.body.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError:
            raise Refused("malformed", Said(400, b"fail")) from None
        signed = signing.joined(words, without=("sign", "sign_type"))
        if not signing.is_genuine(keys.live("alipay_key"), signed, words.get("sign", "")):
            raise Refused("signature", Said(401, b"fail"))
        at = moment(words.get("notify_time", ""))
        if not is_fresh(at, now, within=REPEATS):
            raise Refused("stale", Said(401, b"fail"))
        if words.get("app_id") != keys.told("app_id") or words.get("seller_id", "") != keys.told("seller_id"):
            raise Refused("foreign", Said(403, b"fail"))
        if not words.get("notify_id") or not words.get("notify_type"):
            raise Refused("malformed", Said(400, b"fail"))
        kept = {name: value for name, value in words.items() if name not in ("sign", "sign_type")}
        order = words.get("out_trade_no", "")
        told = Told(
            short(words["notify_id"]), f"alipay.{words['notify_type'].lower()}"[:60],
            moment(words.get("gmt_payment", "")) or at, subject=short(order, 100) if order else "", content=kept,
        )  # fmt: skip
        return Heard((told,), Said(body=b"success"))


def moment(text: str) -> float | None:
    """Seconds of a time that is said in China's time."""
    try:
        return (datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - timedelta(hours=8)).timestamp()
    except ValueError:
        return None
