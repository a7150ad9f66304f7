"""What a mini-program hands over about who taps: two codes, traded at WeChat for an OpenID and a phone. No transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.translation import gettext as _

from ..connectors import SendFailed
from ..connectors.mini_program import client
from ..connectors.wechat import client as wechat
from ..models import Channel
from . import platforms

if TYPE_CHECKING:
    from ..connectors.calling import Ask, Keys

SPARE = 300  # seconds before its end in which a token is not used any more


class NotProven(Exception):
    """WeChat does not vouch for this person: a forged, used or old payload. The text may be shown."""

    def __str__(self) -> str:
        return _("WeChat did not confirm the phone. Please tap once more.")


class NotNow(Exception):
    """WeChat could not be asked. The text may be shown."""

    def __str__(self) -> str:
        return _("WeChat does not answer right now. Please try again in a minute.")


@dataclass(frozen=True)
class Handed:
    """What the phone button gave: a login code with either a phone code, or the older sealed payload with its start."""

    login: str = field(repr=False)
    phone: str = field(default="", repr=False)
    sealed: str = field(default="", repr=False)
    iv: str = field(default="", repr=False)


@dataclass(frozen=True)
class Proven:
    """Who it is, by WeChat's word. ``phone`` without its country code, in digits, with ``country``."""

    app: str
    openid: str = field(repr=False)
    unionid: str = field(repr=False)
    phone: str = field(repr=False)
    country: str = "86"


def prove(channel: Channel, handed: Handed, *, now: datetime, ask: Ask | None = None) -> Proven:
    """Trade what was handed over. Raises NotProven and NotNow; the channel remembers what WeChat said."""
    from ..connectors import asking  # noqa: PLC0415 -- its HTTP client slows every process's start

    ask = ask or asking.ask
    keys = platforms.keys_of(channel, now=now)
    try:
        who = client.fetch_session(keys, handed.login, ask)
        phone = _phone(channel, keys, who, handed, ask, now)
    except SendFailed as failure:
        platforms.remember_failure(channel, str(failure), now=now)
        if failure.permanent:
            raise NotProven from None
        raise NotNow from None
    return Proven(keys.told("app_id"), who.openid, who.unionid, phone.number, phone.country)


def _phone(channel: Channel, keys: Keys, who: client.Session, handed: Handed, ask: Ask, now: datetime) -> client.Phone:
    if not handed.phone:
        app = keys.told("app_id")
        return client.open_payload(handed.sealed, handed.iv, who.session_key, app_id=app, now=now.timestamp())
    try:
        return client.fetch_phone(keys, _token(channel, keys, ask), handed.phone, ask, now=now.timestamp())
    except wechat.TokenExpired:
        return client.fetch_phone(keys, _token(channel, keys, ask, is_old=True), handed.phone, ask, now=now.timestamp())


def _token(channel: Channel, keys: Keys, ask: Ask, *, is_old: bool = False) -> str:
    """The channel's access token, kept sealed for all servers as long as it lasts."""
    name = f"wechat-token:{channel.pk}"
    kept = None if is_old else cache.get(name)
    if kept:
        return platforms.unseal(kept)
    token = wechat.fetch_token(keys, ask)
    if token.seconds > SPARE:
        cache.set(name, platforms.seal(token.value.encode()), token.seconds - SPARE)
    return token.value
