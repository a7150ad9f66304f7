"""What Douyin tells: joins and leaves by SPI, everything else by webhook."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..calling import Keys, as_json
from ..hearing import JSON, Arrival, Heard, Malformed, Refused, Said, Told, from_json, is_fresh, same, seconds, short
from . import signing


def spi(code: int, words: str, *, status: int = 200) -> Said:
    """An answer to an SPI call: 0 taken, 100 try again, 200 do not."""
    return Said(status, as_json({"data": {"error_code": code, "description": words}}), JSON)


class DouyinEar:
    """``settings``: client_key. Secret: client_secret."""

    later = spi(100, "later")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        try:
            if "x-life-sign" in arrival.headers:
                return self._spi(arrival, keys, now)
            return self._webhook(arrival, keys)
        except Malformed:
            raise Refused("malformed", spi(200, "malformed", status=400)) from None

    def _spi(self, arrival: Arrival, keys: Keys, now: float) -> Heard:
        query = arrival.asked()
        given = arrival.headers.get("x-life-sign", "")
        if not any(same(given, signing.sign_spi(one, query, arrival.body)) for one in keys.live("client_secret")):
            raise Refused("signature", spi(200, "signature", status=401))
        if query.get("client_key") != keys.told("client_key"):
            raise Refused("foreign", spi(200, "client_key", status=403))
        milliseconds = query.get("timestamp", "")
        at = seconds(milliseconds[:-3]) if len(milliseconds) > 3 else None
        if not is_fresh(at, now):
            raise Refused("stale", spi(200, "timestamp", status=401))
        said = from_json(arrival.body)
        if not isinstance(said.get("open_id"), str) or not said["open_id"]:
            raise Malformed("no open_id")
        key = sha256(f"{milliseconds}|".encode() + arrival.body).hexdigest()
        name = f"douyin.{_last(arrival.path)}"[:60]
        return Heard((Told(key, name, at, subject=short(said["open_id"], 100), content=said),), spi(0, "success"))

    def _webhook(self, arrival: Arrival, keys: Keys) -> Heard:
        given = arrival.headers.get("x-douyin-signature", "")
        if not any(same(given, signing.sign_webhook(one, arrival.body)) for one in keys.live("client_secret")):
            raise Refused("signature", Said(401, b"signature"))
        said = from_json(arrival.body)
        event, content = said.get("event"), said.get("content")
        if not isinstance(event, str) or not event:
            raise Malformed("no event")
        if event == "verify_webhook":
            challenge = content.get("challenge") if isinstance(content, dict) else None
            return Heard((), Said(body=as_json({"challenge": challenge}), kind=JSON))
        key = arrival.headers.get("msg-id") or sha256(arrival.body).hexdigest()
        told = Told(short(key), f"douyin.{event}"[:60], _when(said), subject=_subject(said), content=said)
        return Heard((told,), Said(body=b"{}", kind=JSON))


def _last(path: str) -> str:
    """``join`` out of ``/notices/…/join``: each SPI is given an address of its own."""
    word = path.rstrip("/").rsplit("/", 1)[-1].lower()
    return word if word in ("join", "leave", "change") else "spi"


def _when(said: dict[str, Any]) -> float | None:
    content = said.get("content")
    return seconds(content.get("create_time") if isinstance(content, dict) else None)


def _subject(said: dict[str, Any]) -> str:
    reader = said.get("from_user_id") or said.get("to_user_id")
    return short(str(reader), 100) if reader else ""
