"""Anybody who can sign: one JSON object, or up to 500 in ``events``, signed as in Standard Webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..calling import Keys, as_json
from ..hearing import JSON, Arrival, Heard, Malformed, Refused, Said, Told, from_json, is_fresh, seconds, short
from ..webhook import signing

MOST = 500  # events in a call
WORD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
BIOMETRIC = re.compile(r"(?<![a-z])(face(?!book)|facial|biometr|iris|fingerprint|voiceprint|gait|feature_?vector)")


def answer(status: int, word: str) -> Said:
    return Said(status, as_json({"status": word}), JSON)


class SignedEar:
    """Secret: secret, of at least 16 letters."""

    later = answer(503, "later")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        name, at, given = (arrival.headers.get(each, "") for each in (signing.ID, signing.TIME, signing.SIGNATURE))
        said_at = seconds(at)
        when = said_at if said_at is not None else 0.0
        if not any(signing.is_genuine(one, name, at, arrival.body, given, now=when) for one in keys.live("secret")):
            raise Refused("signature", answer(401, "signature"))
        if not name or not is_fresh(said_at, now):
            raise Refused("stale", answer(401, "stale"))
        try:
            told = tuple(self._told(from_json(arrival.body), name, when))
        except Malformed:
            raise Refused("malformed", answer(400, "malformed")) from None
        return Heard(told, answer(202, "taken"))

    def _told(self, said: dict[str, Any], name: str, sent_at: float) -> Iterator[Told]:
        many = said.get("events")
        each = many if isinstance(many, list) else [said]
        if not 0 < len(each) <= MOST:
            raise Malformed("too few or too many")
        for place, one in enumerate(each):
            if not isinstance(one, dict) or not WORD.fullmatch(str(one.get("type") or "")) or len(one["type"]) > 50:
                raise Malformed("no type")
            if is_biometric(one):
                raise Refused("biometric", answer(422, "biometric"))
            key = str(one.get("id") or (name if many is None else f"{name}#{place}"))
            at = moment(one.get("occurred_at"))
            person = str(one.get("device") or one.get("phone") or one.get("openid") or one.get("order_number") or "")
            subject = short(person, 100) if person else ""
            yield Told(short(key), one["type"], sent_at if at is None else at, subject=subject, content=one)


def is_biometric(content: object) -> bool:
    """Whether a name anywhere inside speaks of a body: such data are not taken."""
    if isinstance(content, dict):
        words = (HUMP.sub("_", str(name)).lower() for name in content)
        return any(map(BIOMETRIC.search, words)) or any(map(is_biometric, content.values()))
    return isinstance(content, list) and any(is_biometric(value) for value in content)


def moment(text: object) -> float | None:
    """Seconds of an ISO time with a zone; None when there is none. Raises Malformed for anything else."""
    if text in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Malformed("occurred_at is no time with a zone")
    return found.timestamp()
