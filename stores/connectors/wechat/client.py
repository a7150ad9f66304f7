"""What we ask WeChat for an official account. Every function builds one call and reads its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..base import SendFailed
from ..calling import Ask, Call, Keys, as_json, decoded

GATEWAY = "https://api.weixin.qq.com"
EXPIRED = {40001, 40014, 42001}  # the token, not the message
LATER = {-1, 45009, 45011}  # busy, quota of the day, too often in a minute
OF_READER = {40003, 43004, 43101, 45047, 40037, 48001}  # this message cannot go, today or with this account


class TokenExpired(SendFailed):
    """The token ran out or was replaced: fetch one, once, and ask again."""


@dataclass(frozen=True)
class Token:
    """``seconds`` from now on; longer than 300 it is worth keeping."""

    value: str
    seconds: int


@dataclass(frozen=True)
class Scene:
    """A parametric code: the image behind ``ticket``, or ``url`` to draw ourselves."""

    ticket: str
    url: str


@dataclass(frozen=True)
class Visitor:
    """Who let us see their WeChat. ``is_virtual``: WeChat's snapshot account, nobody: never make a member of it."""

    openid: str
    unionid: str = ""
    is_virtual: bool = False


def checked(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer when it says that all is well. Raises TokenExpired or SendFailed by its ``errcode``."""
    code = answer.get("errcode") or 0
    if not code:
        return answer
    if not isinstance(code, int):
        raise SendFailed("the answer's errcode is no number", is_unknown=True, is_garbled=True)
    words = f"{code} {str(answer.get('errmsg', ''))[:60]}"
    if code in EXPIRED:
        raise TokenExpired(words)
    if code in LATER:
        raise SendFailed(words, wait=60.0)
    raise SendFailed(words, permanent=True)


def call_with(keys: Keys, path: str, token: str, content: object, *, gateway: str = GATEWAY) -> Call:
    """A POST of JSON with the token in the query."""
    base = keys.told("gateway", gateway).rstrip("/")
    mark = "&" if "?" in path else "?"
    headers = {"content-type": "application/json; charset=utf-8"}
    return Call("POST", f"{base}{path}{mark}access_token={quote(token, safe='')}", headers, as_json(content))


def fetch_token(keys: Keys, ask: Ask, *, force: bool = False) -> Token:
    """The stable token; ``force`` 20 times a day at most. Raises SendFailed."""
    content = {
        "grant_type": "client_credential", "appid": keys.told("app_id"), "secret": keys.newest("app_secret"),
        "force_refresh": force,
    }  # fmt: skip
    url = keys.told("gateway", GATEWAY).rstrip("/") + "/cgi-bin/stable_token"
    answer = checked(decoded(ask(Call("POST", url, {"content-type": "application/json"}, as_json(content)))))
    return _token(answer, "access_token")


def _token(answer: Mapping[str, Any], name: str) -> Token:
    value, left = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(left, int):
        raise SendFailed("the answer holds no token", is_garbled=True)
    return Token(value, left)


def fetch_page_ticket(keys: Keys, token: str, ask: Ask) -> Token:
    """The ticket that JS-SDK signatures are made with. Raises SendFailed."""
    base = keys.told("gateway", GATEWAY).rstrip("/")
    url = f"{base}/cgi-bin/ticket/getticket?{urlencode({'access_token': token, 'type': 'jsapi'})}"
    return _token(checked(decoded(ask(Call("GET", url)))), "ticket")


def make_scene(keys: Keys, token: str, scene: str, ask: Ask, *, seconds: int = 0) -> Scene:
    """A code for a scene of 1 to 64 letters; ``seconds`` 0 makes a permanent one, of which there are 100,000.

    Raises SendFailed.
    """
    if not 1 <= len(scene) <= 64 or not 0 <= seconds <= 2_592_000:
        raise SendFailed("the scene or its time is out of bounds", permanent=True)
    content: dict[str, Any] = {
        "action_name": "QR_STR_SCENE" if seconds else "QR_LIMIT_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}},
    }
    if seconds:
        content["expire_seconds"] = seconds
    answer = checked(decoded(ask(call_with(keys, "/cgi-bin/qrcode/create", token, content))))
    return Scene(str(answer.get("ticket", "")), str(answer.get("url", "")))


def send_template(
    keys: Keys, token: str, openid: str, template: str, words: Mapping[str, str], ask: Ask, *, key: str, url: str = ""
) -> str:
    """WeChat's number of a template message; ``key`` goes along so that a repeat is known. Raises SendFailed."""
    content = {
        "touser": openid, "template_id": template, "url": url, "client_msg_id": key[:32],
        "data": {name: {"value": value} for name, value in words.items()},
    }  # fmt: skip
    answer = checked(decoded(ask(call_with(keys, "/cgi-bin/message/template/send", token, content))))
    return str(answer.get("msgid") or "")


def sign_in_url(app_id: str, back_to: str, state: str, *, quiet: bool = True) -> str:
    """Where a browser inside WeChat goes to say who it is."""
    words = {
        "appid": app_id, "redirect_uri": back_to, "response_type": "code",
        "scope": "snsapi_base" if quiet else "snsapi_userinfo", "state": state,
    }  # fmt: skip
    return f"https://open.weixin.qq.com/connect/oauth2/authorize?{urlencode(words)}#wechat_redirect"


def fetch_visitor(keys: Keys, code: str, ask: Ask) -> Visitor:
    """Who came back with a code, which counts once and for five minutes. Raises SendFailed."""
    words = {
        "appid": keys.told("app_id"), "secret": keys.newest("app_secret"), "code": code,
        "grant_type": "authorization_code",
    }  # fmt: skip
    base = keys.told("gateway", GATEWAY).rstrip("/")
    answer = checked(decoded(ask(Call("GET", f"{base}/sns/oauth2/access_token?{urlencode(words)}"))))
    if not answer.get("openid"):
        raise SendFailed("the answer names no openid", is_garbled=True)
    virtual = str(answer.get("is_snapshotuser", "")) == "1"
    return Visitor(str(answer["openid"]), str(answer.get("unionid") or ""), virtual)
