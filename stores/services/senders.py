"""Senders: opened, edited and tried here. A secret goes in, is sealed, and never comes out on a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings as given_settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ..connectors import Account, Outgoing, Receipt, SendFailed, connect, sms_templates
from ..connectors.webhook import signing
from ..connectors.webhook.addresses import problem_of
from ..models import Sender, Staff
from ..rules import sealing
from ..rules.phones import is_demo
from . import log

__all__ = ["Receipt", "SendFailed", "SenderProblem", "account_of", "create", "edit", "secret_of", "try_sender"]

KNOWN = {  # the settings that each kind understands, and which of them it needs
    Sender.Kind.CONSOLE: ({"is_silent"}, set()),
    Sender.Kind.SMTP: ({"host", "port", "user", "sender", "security"}, {"host", "port", "sender"}),
    Sender.Kind.WEBHOOK: ({"url", "size", "width", "seconds"}, {"url"}),
    Sender.Kind.ALIYUN_SMS: ({"key_id", "sign_name", "templates", "gateway"}, {"key_id", "sign_name", "templates"}),
    Sender.Kind.TENCENT_SMS: (
        {"key_id", "app_id", "sign_name", "templates", "region", "gateway"},
        {"key_id", "app_id", "sign_name", "templates"},
    ),
}
SHOWN = ("name", "settings", "is_idempotent", "rate", "is_active")


class SenderProblem(Exception):
    """The sender cannot be as wished. The text may be shown."""


@transaction.atomic(durable=True)
def create(
    *, code: str, name: str, kind: str, medium: int, settings: Mapping[str, Any], secret: str = "",
    is_idempotent: bool = False, rate: int = 200, by: Staff | None, now: datetime,
) -> Sender:  # fmt: skip
    """Open a sender. Raises SenderProblem."""
    sender = Sender(
        code=code, name=name, kind=kind, medium=medium, settings=_checked(kind, medium, settings, secret), rate=rate,
        is_idempotent=is_idempotent, secret=sealing.seal(secret, _keys()), created_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            sender.save(force_insert=True)
    except IntegrityError as error:
        raise SenderProblem(_("The sender code %(code)s is taken.") % {"code": code}) from error
    log.record("sender.created", sender, by=by, now=now, after={field: getattr(sender, field) for field in SHOWN})
    return sender


@transaction.atomic(durable=True)
def edit(
    sender: Sender, *, name: str, settings: Mapping[str, Any], secret: str | None = None, is_idempotent: bool,
    rate: int, is_active: bool, by: Staff | None, now: datetime,
) -> Sender:  # fmt: skip
    """Change a sender; ``secret`` None keeps the one it has. A pause after errors ends. Raises SenderProblem."""
    sender = Sender.objects.select_for_update(no_key=True).get(pk=sender.pk)
    before = {field: getattr(sender, field) for field in SHOWN}
    held = secret_of(sender) if secret is None else secret
    sender.settings = _checked(sender.kind, sender.medium, settings, held)
    sender.name, sender.is_idempotent, sender.rate, sender.is_active = name, is_idempotent, rate, is_active
    if secret is not None:
        sender.secret = sealing.seal(secret, _keys())
    sender.errors_in_row, sender.closed_until = 0, None
    sender.save(update_fields=[*SHOWN, "secret", "errors_in_row", "closed_until"])
    after = {field: getattr(sender, field) for field in SHOWN} | ({"secret": "****"} if secret is not None else {})
    log.record("sender.edited", sender, by=by, now=now, before=before, after=after)
    return sender


def try_sender(
    sender: Sender, address: str, text: str, *, subject: str = "", by: Staff | None, now: datetime
) -> Receipt:
    """Send one message now. Called outside of any transaction. Raises SendFailed."""
    connector = connect(sender.kind, account_of(sender))
    if is_demo(address) and given_settings.DEMO_NUMBERS_BLOCK_SEND and not connector.is_local:
        raise SendFailed(_("Demo numbers get no messages"), permanent=True)
    receipt = connector.send(Outgoing(address=address, text=text, subject=subject, key=f"try-{now:%Y%m%d%H%M%S%f}"))
    with transaction.atomic():
        Sender.objects.filter(pk=sender.pk).update(errors_in_row=0, closed_until=None, last_success_at=now)
        log.record("sender.tried", sender, by=by, now=now, after={"reference": receipt.reference})
    return receipt


def account_of(sender: Sender) -> Account:
    """What the connector needs, the secret opened."""
    return Account(code=sender.code, settings=sender.settings, secret=secret_of(sender))


def secret_of(sender: Sender) -> str:
    """The opened secret. Raises SenderProblem when the key that sealed it is gone."""
    try:
        return sealing.unseal(bytes(sender.secret), _keys())
    except sealing.CannotOpen:
        raise SenderProblem(_("The secret was stored with another SENDER_KEY. Enter it again.")) from None


def _keys() -> list[str]:
    return [given_settings.SENDER_KEY, *given_settings.SENDER_KEY_FALLBACKS]


def _checked(kind: str, medium: int, chosen: Mapping[str, Any], secret: str) -> dict[str, Any]:
    """The settings that this kind knows. Raises SenderProblem."""
    known, needed = KNOWN[Sender.Kind(kind)]
    if strange := set(chosen) - known:
        raise SenderProblem(_("Unknown settings: %(names)s.") % {"names": ", ".join(sorted(strange))})
    if missing := [name for name in sorted(needed) if not chosen.get(name)]:
        raise SenderProblem(_("Missing settings: %(names)s.") % {"names": ", ".join(missing)})
    if kind == Sender.Kind.SMTP:
        _check_mail_server(medium, chosen)
    if kind == Sender.Kind.WEBHOOK:
        _check_webhook(chosen, secret)
    if kind in (Sender.Kind.ALIYUN_SMS, Sender.Kind.TENCENT_SMS):
        _check_gateway(medium, chosen, secret)
    return dict(chosen)


def _check_mail_server(medium: int, chosen: Mapping[str, Any]) -> None:
    if medium != Sender.Medium.EMAIL:
        raise SenderProblem(_("A mail server sends e-mail only."))
    if not str(chosen["port"]).isdigit() or not 0 < int(chosen["port"]) < 65_536:
        raise SenderProblem(_("The port is not a number from 1 to 65535."))
    if not re.fullmatch(r"[^\r\n]*[^@\s<]+@[^@\s>]+>?", str(chosen["sender"])):
        raise SenderProblem(_("The sender's address is not an e-mail address."))
    if chosen.get("security", "starttls") not in ("starttls", "tls", "none"):
        raise SenderProblem(_("Security is one of starttls, tls and none."))


def _check_webhook(chosen: Mapping[str, Any], secret: str) -> None:
    if len(secret) < 16:
        raise SenderProblem(_("A webhook needs a secret of at least 16 characters: it signs every call."))
    for name, most in (("size", 1000), ("width", 200), ("seconds", 60)):
        if chosen.get(name) and not 0 < float(chosen[name]) <= most:
            raise SenderProblem(_("%(name)s is at most %(most)d.") % {"name": name, "most": most})
    _check_address(str(chosen["url"]))


def _check_gateway(medium: int, chosen: Mapping[str, Any], secret: str) -> None:
    if medium != Sender.Medium.SMS:
        raise SenderProblem(_("This gateway sends text messages only."))
    if not secret:
        raise SenderProblem(_("The gateway needs the secret of its access key."))
    if not sms_templates.read(str(chosen["templates"])):
        raise SenderProblem(_("Write each template on a line: its number, a space, then its text."))
    if chosen.get("gateway"):
        _check_address(str(chosen["gateway"]))


def _check_address(url: str) -> None:
    told = {
        "scheme": _("The address must begin with https://."),
        "login": _("The address must not hold a user name or a password."),
        "port": _("The address may use the ports 443 and 8443 only."),
        "private": _("The address belongs to an inner network."),
    }
    if problem := problem_of(url, may_stay_inside=given_settings.SENDERS_MAY_STAY_INSIDE):
        raise SenderProblem(told.get(problem, _("The address is not a web address.")))


def is_genuine(sender: Sender, *, name: str, at: str, signature: str, body: bytes, now: datetime) -> bool:
    """Whether the sender's other side signed this call within the last five minutes."""
    try:
        secret = secret_of(sender)
    except SenderProblem:
        return False
    return signing.is_genuine(secret, name, at, body, signature, now=now.timestamp())
