"""What became of messages. Tencent signs nothing: the secret stands in the address that it is given."""

from __future__ import annotations

from hashlib import sha256

from ..alipay.ear import moment
from ..aliyun_sms.ear import reports_of
from ..calling import Keys, as_json
from ..hearing import JSON, Arrival, Heard, Refused, Said, Told, same, short


def answer(status: int, code: int, words: str) -> Said:
    return Said(status, as_json({"result": code, "errmsg": words}), JSON)


class TencentSmsEar:
    """Secret: address_word, the last part of the address."""

    later = answer(503, 1, "later")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        word = arrival.path.rstrip("/").rsplit("/", 1)[-1]
        if not any(same(word, one) for one in keys.live("address_word")):
            raise Refused("signature", answer(401, 1, "unknown"))
        reports = reports_of(arrival.body)
        if reports is None or not all(one.get("sid") and one.get("report_status") for one in reports):
            raise Refused("malformed", answer(400, 1, "malformed"))
        return Heard(tuple(map(self._told, reports)), answer(200, 0, "OK"))

    def _told(self, said: dict[str, object]) -> Told:
        names = ("sid", "mobile", "report_status", "user_receive_time", "errmsg")
        key = sha256("|".join(str(said.get(name) or "") for name in names).encode()).hexdigest()
        at = moment(str(said.get("user_receive_time") or ""))
        return Told(key, "tencent_sms.report", at, subject=short(str(said["sid"]), 100), content=said)
