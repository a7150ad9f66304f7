"""What WeCom tells: always in safe mode, the greeting included; sealed for the corporation."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..calling import Keys
from ..hearing import Arrival, Heard, Malformed, Refused, Said, Told, seconds, short
from ..wechat import crypto
from ..wechat.ear import WRONG, WechatEar


class WecomEar(WechatEar):
    """``settings``: corp_id. Secrets: token, aes_key."""

    platform = "wecom"

    def receiver(self, keys: Keys) -> str:
        return keys.told("corp_id")

    def hear(self, arrival: Arrival, keys: Keys, *, now: float) -> Heard:
        if not keys.live("aes_key"):
            raise Refused("malformed", WRONG)
        return super().hear(arrival, keys, now=now)

    def _greet(self, asked: dict[str, str], keys: Keys, now: float) -> Heard:
        sealed = asked.get("echostr", "")
        self._check(keys, asked, "msg_signature", now, sealed)
        return Heard((), Said(body=crypto.decrypt(sealed, keys.live("aes_key"), self.receiver(keys))))

    def told(self, said: dict[str, Any]) -> Told:
        """An event by all that names it: WeCom numbers messages, not events. Raises Malformed."""
        at = seconds(said.get("CreateTime"))
        if at is None or not said.get("MsgType"):
            raise Malformed("no CreateTime or MsgType")
        event = str(said.get("ChangeType") or said.get("Event") or "message").lower()
        names = ("FromUserName", "CreateTime", "Event", "ChangeType", "UserID", "ExternalUserID", "ChatId", "MsgId")
        key = sha256("|".join(str(said.get(name) or "") for name in names).encode()).hexdigest()
        subject = str(said.get("ExternalUserID") or said.get("FromUserName") or "")
        return Told(key, f"wecom.{event}", at, subject=short(subject, 100) if subject else "", content=said)
