"""One text message by Tencent Cloud's ``SendSms``: the call, and what its answer means."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..base import Outgoing, Receipt, SendFailed
from ..calling import Call, Keys, Reply, as_json, decoded
from ..sms_templates import fit, read
from . import signing

GATEWAY = "https://sms.tencentcloudapi.com"
VERSION = "2021-01-11"
CONTENT = "application/json; charset=utf-8"
OF_MESSAGE = (
    "FailedOperation.",
    "InvalidParameterValue.",
    "LimitExceeded.PhoneNumber",
    "LimitExceeded.DeliveryFrequency",
)
OF_ACCOUNT = {  # looks like the message and is the account: somebody will mend it
    "FailedOperation.InsufficientBalanceInSmsPackage", "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.TemplateIncorrectOrUnapproved", "FailedOperation.TemplateUnapprovedOrNotExist",
    "FailedOperation.ProhibitedUseInternationalIP",
}  # fmt: skip
BUSY = ("RequestLimitExceeded", "InternalError", "ResourceUnavailable", "LimitExceeded.")


def call_for(keys: Keys, message: Outgoing, *, at: int) -> Call:
    """The signed call. Raises SendFailed when no approved template makes the text."""
    found = fit(message.text, read(keys.told("templates")))
    if found is None:
        raise SendFailed("the text is none of the approved templates", permanent=True)
    number = message.address if message.address.startswith("+") else f"+86{message.address}"
    words = [found.words[name] for name in sorted(found.words, key=lambda name: int(name) if name.isdigit() else 0)]
    body = as_json({
        "PhoneNumberSet": [number], "SmsSdkAppId": keys.told("app_id"), "SignName": keys.told("sign_name"),
        "TemplateId": found.code, "TemplateParamSet": words, "SessionContext": message.key,
    })  # fmt: skip
    base = keys.told("gateway", GATEWAY).rstrip("/")
    host = urlsplit(base).netloc
    headers = {
        "content-type": CONTENT, "host": host, "x-tc-action": "SendSms", "x-tc-version": VERSION,
        "x-tc-timestamp": str(at), "x-tc-region": keys.told("region", "ap-guangzhou"),
        "authorization": signing.authorization(
            keys.told("key_id"), keys.newest("key_secret"), "sms", host, body, at, content_type=CONTENT
        ),
    }  # fmt: skip
    return Call("POST", f"{base}/", headers, body)


def read_answer(reply: Reply) -> Receipt:
    """Tencent's number of the message, which stands inside an HTTP 200. Raises SendFailed."""
    said = decoded(reply).get("Response")
    if not isinstance(said, dict):
        raise SendFailed("the answer holds no Response", is_unknown=True, is_garbled=True)
    error = said.get("Error")
    if isinstance(error, dict):
        raise _failure(str(error.get("Code") or ""))
    states = said.get("SendStatusSet")
    first = states[0] if isinstance(states, list) and states and isinstance(states[0], dict) else {}
    code = str(first.get("Code") or "")
    if code.lower() == "ok" and first.get("SerialNo"):
        return Receipt(reference=str(first["SerialNo"])[:80])
    if code.lower() in ("", "ok"):
        raise SendFailed("the answer names no SerialNo", is_unknown=True, is_garbled=True)
    raise _failure(code)


def _failure(code: str) -> SendFailed:
    if code in OF_ACCOUNT:
        return SendFailed(code[:120])
    if code.startswith(OF_MESSAGE):
        return SendFailed(code[:120], permanent=True)
    return SendFailed(code[:120], wait=1.0 if code.startswith(BUSY) else 0)
