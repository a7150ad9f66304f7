"""One text message by Aliyun's ``SendSms``: the call, and what its answer means."""

from __future__ import annotations

import json
from hashlib import sha256
from urllib.parse import urlsplit

from ..base import Outgoing, Receipt, SendFailed
from ..calling import Call, Keys, Reply, decoded
from ..sms_templates import fit, read
from . import signing

GATEWAY = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
OF_MESSAGE = {  # this text or this reader; the next message may pass
    "isv.MOBILE_NUMBER_ILLEGAL", "isv.BUSINESS_LIMIT_CONTROL", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.PARAM_LENGTH_LIMIT",
    "isv.INVALID_JSON_PARAM", "isv.INVALID_PARAMETERS", "isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL",
    "isv.DENY_IP_RANGE", "isv.DAY_LIMIT_CONTROL", "isv.PARAM_NOT_SUPPORT_URL", "isv.SMS_CONTENT_ILLEGAL",
}  # fmt: skip
BUSY = ("Throttling", "ServiceUnavailable", "isp.")


def call_for(keys: Keys, message: Outgoing, *, at: str, nonce: str) -> Call:
    """The signed call; ``at`` like 2023-11-14T22:13:20Z. Raises SendFailed when no approved template makes the text."""
    found = fit(message.text, read(keys.told("templates")))
    if found is None:
        raise SendFailed("the text is none of the approved templates", permanent=True)
    words = {
        "PhoneNumbers": message.address.removeprefix("+86"), "SignName": keys.told("sign_name"),
        "TemplateCode": found.code, "TemplateParam": json.dumps(found.words, ensure_ascii=False), "OutId": message.key,
    }  # fmt: skip
    base = keys.told("gateway", GATEWAY).rstrip("/")
    headers = {
        "host": urlsplit(base).netloc, "x-acs-action": "SendSms", "x-acs-version": VERSION, "x-acs-date": at,
        "x-acs-signature-nonce": nonce, "x-acs-content-sha256": sha256(b"").hexdigest(),
    }  # fmt: skip
    query = signing.query_of(words)
    headers["authorization"] = signing.authorization(
        keys.told("key_id"), keys.newest("key_secret"), "POST", "/", query, headers, b""
    )
    return Call("POST", f"{base}/?{query}", headers)


def read_answer(reply: Reply) -> Receipt:
    """Aliyun's number of the message. Raises SendFailed."""
    said = decoded(reply) if reply.status < 500 else _busy(reply)
    code = str(said.get("Code") or "")
    if code == "OK" and said.get("BizId"):
        return Receipt(reference=str(said["BizId"])[:80])
    if code in ("", "OK"):
        raise SendFailed("the answer names no BizId", is_unknown=True, is_garbled=True)
    if code in OF_MESSAGE:
        raise SendFailed(code, permanent=True)
    raise SendFailed(code[:120], wait=1.0 if code.startswith(BUSY) else 0)


def _busy(reply: Reply) -> dict[str, object]:
    """Aliyun says with a 5xx that it took nothing, if it says it in its own words. Raises SendFailed."""
    try:
        said = json.loads(reply.body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not said.get("Code"):
        raise SendFailed(f"HTTP {reply.status}", is_unknown=True)
    return said
