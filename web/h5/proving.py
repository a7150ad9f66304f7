"""Proving a phone: send six digits, take them back. The joining page and the sign-in page both use it."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from members.rules.one_time_codes import Outcome
from members.services import one_time_codes
from members.services.one_time_codes import CodeNotSent, Sent, TooManyCodes
from web.addresses import client_address

from .forms import CodeForm, PhoneForm

JOIN, CARD = "join", "card"
REFUSALS = {
    Outcome.WRONG: _("This code is not right. Please look again at the last text message."),
    Outcome.BURNT: _("Five wrong tries: this code is no longer valid. Please ask for a new one."),
    Outcome.EXPIRED: _("This code has run out or was used. Please ask for a new one."),
    Outcome.LOCKED: _("Too many wrong codes for this number. Please try again in an hour."),
}


def ask(request: HttpRequest, form: PhoneForm, purpose: str, *, sender: str, store_code_id: int | None = None) -> bool:
    """Send a code to the form's phone and remember what for; False, with the reason in the form, if it was not sent.

    Somebody who asks again too early for the same phone still has the code of before: that is no error.
    """
    now, phone = timezone.now(), form.cleaned_data["phone"]
    try:
        sent = one_time_codes.send(
            phone, purpose, session=request.guest.visitor, address=client_address(request), sender=sender,
            language=get_language(), store_code_id=store_code_id, now=now,
        )  # fmt: skip
    except TooManyCodes as stop:
        return _has_one_already(request, purpose, phone, now=now) or _refuse(form, stop)
    except CodeNotSent as failure:
        return _refuse(form, failure)
    _remember(request, purpose, phone, sent)
    return True


def _remember(request: HttpRequest, purpose: str, phone: str, sent: Sent) -> None:
    """Keep what was asked for; the text itself only in a demo, to show it on the page."""
    times = {"next": sent.next_at.timestamp(), "until": sent.expires_at.timestamp()}
    shown = sent.shown if settings.DEMO else ""
    request.guest.keep("asked", {"phone": phone, "purpose": purpose, "shown": shown, **times})


def _has_one_already(request: HttpRequest, purpose: str, phone: str, *, now: datetime) -> bool:
    held = asked(request, purpose, now=now)
    return held.get("phone") == phone and held["until"] > now.timestamp()


def _refuse(form: PhoneForm, stop: TooManyCodes | CodeNotSent) -> bool:
    form.add_error("phone", str(stop))
    form.next_at = getattr(stop, "until", None)
    return False


def asked(request: HttpRequest, purpose: str, *, now: datetime) -> dict:
    """What was asked for in this browser within the last hour, with ``wait`` seconds; an empty dict for nothing."""
    held = request.guest.kept("asked")
    if held.get("purpose") != purpose:
        return {}
    return held | {"wait": max(0, round(held["next"] - now.timestamp()))}


def was_proved(request: HttpRequest, *, now: datetime) -> bool:
    """Whether this is a second tap on the button of the code, after the first one led to the terms."""
    return request.method == "POST" and not request.member and request.guest.proven_phone(now=now) is not None


def take(request: HttpRequest, form: CodeForm, purpose: str) -> str | None:
    """The proven phone; None, with the reason in the form, when the code does not prove it.

    The second tap of somebody whose first one proved the phone goes the same way.
    """
    now = timezone.now()
    phone = asked(request, purpose, now=now).get("phone")
    if phone is None or not form.is_valid():
        return None
    session = request.guest.visitor
    outcome = one_time_codes.verify(phone, form.cleaned_data["code"], purpose, session=session, now=now)
    if outcome == Outcome.EXPIRED and request.guest.proved_meanwhile(phone, now=now):
        return phone
    if outcome != Outcome.RIGHT:
        form.add_error("code", str(REFUSALS[outcome]))
        return None
    request.guest.prove(phone, now=now)
    return phone
