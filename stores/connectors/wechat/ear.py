"""What WeChat tells an official account or a mini-program, in plain or in safe mode, as XML or as JSON."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..calling import Keys
from ..hearing import Arrival, Heard, Malformed, Refused, Said, Told, from_json, from_xml, is_fresh, seconds, short
from . import crypto, signing

TAKEN, NOT_YOURS, WRONG = Said(body=b"success"), Said(401, b"signature"), Said(400, b"malformed")


class WechatEar:
    """``settings``: app_id. Secrets: token, aes_key (43 letters; without it the plain mode is taken)."""

    platform = "wechat"
    later = Said(503, b"later")

    def receiver(self, keys: Keys) -> str:
        """Whose id stands at the end of a sealed message."""
        return keys.told("app_id")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        asked = arrival.asked()
        try:
            if arrival.method == "GET":
                return self._greet(asked, keys, now)
            return self._listen(arrival, asked, keys, now)
        except Malformed:
            raise Refused("malformed", WRONG) from None

    def _greet(self, asked: dict[str, str], keys: Keys, now: float) -> Heard:
        self._check(keys, asked, "signature", now)
        return Heard((), Said(body=asked.get("echostr", "").encode()))

    def _listen(self, arrival: Arrival, asked: dict[str, str], keys: Keys, now: float) -> Heard:
        read = from_json if arrival.body.lstrip()[:1] == b"{" else from_xml
        if not keys.live("aes_key"):
            self._check(keys, asked, "signature", now)
            return Heard((self.told(read(arrival.body)),), TAKEN)
        sealed = str(read(arrival.body).get("Encrypt") or "")
        self._check(keys, asked, "msg_signature", now, sealed)
        opened = crypto.decrypt(sealed, keys.live("aes_key"), self.receiver(keys))
        read = from_json if opened.lstrip()[:1] == b"{" else from_xml
        return Heard((self.told(read(opened)),), TAKEN)

    def _check(self, keys: Keys, asked: dict[str, str], word: str, now: float, *more: str) -> None:
        """Raises Refused."""
        at, nonce = asked.get("timestamp", ""), asked.get("nonce", "")
        if not signing.is_signed(keys.live("token"), asked.get(word, ""), at, nonce, *more):
            raise Refused("signature", NOT_YOURS)
        if not is_fresh(seconds(at), now):
            raise Refused("stale", Said(401, b"stale"))

    def told(self, said: dict[str, Any]) -> Told:
        """A message by its ``MsgId``; an event, which has none, by who, when and what. Raises Malformed."""
        kind, reader = str(said.get("MsgType") or ""), str(said.get("FromUserName") or "")
        if not kind or not reader:
            raise Malformed("no MsgType or FromUserName")
        at = seconds(said.get("CreateTime"))
        if at is None:
            raise Malformed("no CreateTime")
        event = str(said.get("Event") or "").lower() if kind == "event" else ""
        own = [str(said.get(word) or "") for word in ("CreateTime", "Event", "EventKey", "MsgID", "Ticket")]
        key = f"msg:{said['MsgId']}" if said.get("MsgId") else sha256("|".join([reader, *own]).encode()).hexdigest()
        return Told(key, f"{self.platform}.{event or 'message'}", at, subject=short(reader, 100), content=said)
