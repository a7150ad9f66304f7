"""What we ask WeChat for a mini-program, and the sealed payloads that the phone hands over."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..base import SendFailed
from ..calling import Ask, Call, Keys, decoded
from ..hearing import is_fresh
from ..wechat.client import GATEWAY, call_with, checked

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")


@dataclass(frozen=True)
class Session:
    """Who opened the mini-program. ``session_key`` never leaves the server."""

    openid: str
    unionid: str = ""
    session_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Phone:
    """A phone that WeChat vouches for: the number without its country code, and that code."""

    number: str = field(repr=False)
    country: str = "86"


def fetch_session(keys: Keys, code: str, ask: Ask) -> Session:
    """Trade a login code, which counts once. Raises SendFailed."""
    words = {
        "appid": keys.told("app_id"), "secret": keys.newest("app_secret"), "js_code": code,
        "grant_type": "authorization_code",
    }  # fmt: skip
    base = keys.told("gateway", GATEWAY).rstrip("/")
    answer = checked(decoded(ask(Call("GET", f"{base}/sns/jscode2session?{urlencode(words)}"))))
    if not isinstance(answer.get("openid"), str) or not answer["openid"]:
        raise SendFailed("the answer names no openid", is_garbled=True)
    return Session(answer["openid"], str(answer.get("unionid") or ""), str(answer.get("session_key") or ""))


def fetch_phone(keys: Keys, token: str, code: str, ask: Ask, *, now: float) -> Phone:
    """Trade the code of the phone button. Raises SendFailed, also for another program's or an old answer."""
    answer = checked(decoded(ask(call_with(keys, "/wxa/business/getuserphonenumber", token, {"code": code}))))
    return _phone(answer.get("phone_info"), keys.told("app_id"), now)


def open_payload(sealed: str, iv: str, session_key: str, *, app_id: str, now: float) -> Phone:
    """The phone in the button's older payload: AES-128-CBC under the session's key. Raises SendFailed."""
    try:
        key, start, box = (base64.b64decode(text, validate=True) for text in (session_key, iv, sealed))
        opener = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
        plain = opener.update(box) + opener.finalize()
        if not 1 <= plain[-1] <= 16 or plain[-plain[-1] :] != bytes([plain[-1]]) * plain[-1]:
            raise ValueError("padding")
        found = json.loads(plain[: -plain[-1]])
    except (binascii.Error, ValueError, IndexError):
        raise SendFailed("the payload cannot be opened", permanent=True) from None
    return _phone(found, app_id, now)


def _phone(info: object, app_id: str, now: float) -> Phone:
    mark = info.get("watermark") if isinstance(info, dict) else None
    if not isinstance(info, dict) or not isinstance(mark, dict):
        raise SendFailed("the answer holds no phone", permanent=True, is_garbled=True)
    if mark.get("appid") != app_id:
        raise SendFailed("the phone was given to another program", permanent=True)
    at = mark.get("timestamp")
    if not isinstance(at, int) or not is_fresh(at, now):
        raise SendFailed("the phone was given too long ago", permanent=True)
    number = str(info.get("purePhoneNumber") or "")
    if not number.isascii() or not number.isdigit():
        raise SendFailed("the answer holds no phone", permanent=True, is_garbled=True)
    return Phone(number, str(info.get("countryCode") or "86"))


def fetch_code(keys: Keys, token: str, scene: str, ask: Ask, *, page: str = "", width: int = 430) -> bytes:
    """The picture of a code that opens ``page`` with ``scene``: 1 to 32 letters. Raises SendFailed."""
    if not SCENE.fullmatch(scene):
        raise SendFailed("a scene has 1 to 32 letters, digits and plain signs", permanent=True)
    if page.startswith("/") or "?" in page or not 280 <= width <= 1280:
        raise SendFailed("a page has no leading slash and no query; a width is 280 to 1280", permanent=True)
    content = {"scene": scene, "width": width} | ({"page": page} if page else {})
    reply = ask(call_with(keys, "/wxa/getwxacodeunlimit", token, content))
    if reply.body[:1] == b"{" or not reply.headers.get("content-type", "").startswith("image/"):
        checked(decoded(reply))
        raise SendFailed("the answer is no picture", is_garbled=True)
    return reply.body
