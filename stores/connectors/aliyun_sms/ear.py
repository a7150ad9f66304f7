"""What became of messages (``SmsReport``). Aliyun signs nothing: the secret stands in the address that it is given."""

from __future__ import annotations

import json
from hashlib import sha256

from ..alipay.ear import moment
from ..calling import Keys, as_json
from ..hearing import JSON, Arrival, Heard, Refused, Said, Told, same, short

MOST = 1000  # reports in a call


def answer(status: int, code: int, words: str) -> Said:
    return Said(status, as_json({"code": code, "msg": words}), JSON)


def reports_of(body: bytes) -> list[dict[str, object]] | None:
    """The list in a body, None when it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    fits = isinstance(found, list) and len(found) <= MOST and all(isinstance(each, dict) for each in found)
    return found if fits else None


class AliyunSmsEar:
    """Secret: address_word, the last part of the address."""

    later = answer(503, 1, "later")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        word = arrival.path.rstrip("/").rsplit("/", 1)[-1]
        if not any(same(word, one) for one in keys.live("address_word")):
            raise Refused("signature", answer(401, 1, "unknown"))
        reports = reports_of(arrival.body)
        if reports is None or not all(one.get("biz_id") or one.get("out_id") for one in reports):
            raise Refused("malformed", answer(400, 1, "malformed"))
        return Heard(tuple(map(self._told, reports)), answer(200, 0, "成功"))

    def _told(self, said: dict[str, object]) -> Told:
        names = ("biz_id", "out_id", "phone_number", "report_time", "err_code")
        key = sha256("|".join(str(said.get(name) or "") for name in names).encode()).hexdigest()
        subject = str(said.get("out_id") or said.get("biz_id"))
        at = moment(str(said.get("report_time") or ""))
        return Told(key, "aliyun_sms.report", at, subject=short(subject, 100), content=said)
