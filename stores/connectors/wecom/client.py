"""What we ask WeCom. Every function builds one call and reads its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..base import SendFailed
from ..calling import Ask, Call, Keys, decoded
from ..wechat.client import Token, call_with, checked

GATEWAY = "https://qyapi.weixin.qq.com"
HERE = {"gateway": GATEWAY}


@dataclass(frozen=True)
class ContactWay:
    """A live code of employees: WeCom's number of it and the address of its picture."""

    id: str
    picture_url: str


def fetch_token(keys: Keys, ask: Ask) -> Token:
    """The token of one corporation and one secret; keep it as long as it lasts. Raises SendFailed."""
    words = urlencode({"corpid": keys.told("corp_id"), "corpsecret": keys.newest("app_secret")})
    answer = checked(decoded(ask(Call("GET", f"{keys.told('gateway', GATEWAY).rstrip('/')}/cgi-bin/gettoken?{words}"))))
    if not isinstance(answer.get("access_token"), str) or not isinstance(answer.get("expires_in"), int):
        raise SendFailed("the answer holds no token", is_garbled=True)
    return Token(answer["access_token"], answer["expires_in"])


def make_contact_way(
    keys: Keys, token: str, users: Sequence[str], state: str, ask: Ask, *, remark: str = "", skip_verify: bool = True
) -> ContactWay:
    """A code that leads to one or several employees; ``state`` of up to 30 letters comes back. Raises SendFailed."""
    if not users or len(state) > 30 or len(remark) > 30:
        raise SendFailed("a live code needs employees, and a state of 30 letters at most", permanent=True)
    content: dict[str, Any] = {
        "type": 1 if len(users) == 1 else 2, "scene": 2, "remark": remark, "skip_verify": skip_verify, "state": state,
        "user": list(users),
    }  # fmt: skip
    answer = checked(decoded(ask(call_with(keys, "/cgi-bin/externalcontact/add_contact_way", token, content, **HERE))))
    return ContactWay(str(answer.get("config_id", "")), str(answer.get("qr_code", "")))


def welcome(keys: Keys, token: str, code: str, text: str, ask: Ask) -> bool:
    """Greet a new contact within 20 seconds, once. False: somebody has greeted already. Raises SendFailed."""
    content = {"welcome_code": code, "text": {"content": text}}
    answer = decoded(ask(call_with(keys, "/cgi-bin/externalcontact/send_welcome_msg", token, content, **HERE)))
    if answer.get("errcode") == 41051:
        return False
    if answer.get("errcode") == 41096:
        raise SendFailed("41096 another app is greeting", wait=1.0)
    checked(answer)
    return True


def external_id_of(keys: Keys, token: str, unionid: str, openid: str, ask: Ask) -> str:
    """The contact that belongs to a WeChat user, empty when there is none. Raises SendFailed."""
    content = {"unionid": unionid, "openid": openid}
    answer = decoded(
        ask(call_with(keys, "/cgi-bin/externalcontact/unionid_to_external_userid", token, content, **HERE))
    )
    return str(checked(answer).get("external_userid") or "")


def ask_staff_to_send(
    keys: Keys, token: str, sender: str, contacts: Sequence[str], text: str, ask: Ask
) -> tuple[str, list[str]]:
    """Lay a message before an employee, who must confirm it: (its number, contacts it cannot go to)."""
    content = {"chat_type": "single", "sender": sender, "external_userid": list(contacts), "text": {"content": text}}
    answer = checked(decoded(ask(call_with(keys, "/cgi-bin/externalcontact/add_msg_template", token, content, **HERE))))
    refused = answer.get("fail_list")
    return str(answer.get("msgid") or ""), [str(each) for each in refused] if isinstance(refused, list) else []
