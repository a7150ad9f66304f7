"""What people see when something goes wrong: what happened, and what to do now, in their language.

These pages ask the database nothing, so that they also stand when it is away.
"""

import math
import sys
from typing import Any

from axes.helpers import get_cool_off
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.services import sessions

from .addresses import client_address, login_name
from .outages import is_outage
from .problems import problem

API = "/api/"
SHOPPERS = ("/m/", "/c/", "/l/", "/u/", "/f/")  # pages of people who have no sign-in for staff
RETRY = 10  # seconds

WORDS: dict[int, tuple[Any, Any]] = {
    400: (_("This request could not be read"), _("Go back, reload the page and try again.")),
    403: (
        _("This is not open to you"),
        _("Your role does not include this page. Ask your administrator if you need it."),
    ),
    404: (
        _("There is nothing here"),
        _("The address may be mistyped, or the record lies outside the stores that you see."),
    ),
    405: (_("This address does not take that method"), _("Go back, reload the page and try again.")),
    413: (_("That was too much at once"), _("The file or form is too large. Split it and send the parts one by one.")),
    429: (_("Too many attempts"), _("Wait a moment, then try again.")),
    500: (
        _("Something broke on our side"),
        _("It has been recorded. Try again; if it stays, tell your administrator."),
    ),
    503: (
        _("Back in a moment"),
        _("The database cannot be reached just now. Nothing you saved is lost. This page tries again by itself."),
    ),
}

FOR_SHOPPERS: dict[int, Any] = {
    404: _("The address may be mistyped, or what was here is no longer valid."),
    500: _("It has been recorded. Please try again in a moment."),
}

CODES = {
    400: "unreadable", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
    429: "too_many", 500: "broken", 503: "unavailable",
}  # fmt: skip


def page(request: HttpRequest, status: int, *, text: Any = "", retry: int = 0) -> HttpResponse:
    """One of the pages above; JSON for programs. ``retry``: seconds until another try makes sense."""
    title, advice = WORDS[status]
    if request.path.startswith(API):
        answer: HttpResponse = problem(status, CODES[status], title, text)
    else:
        is_shopper = request.path.startswith(SHOPPERS)
        advice = FOR_SHOPPERS.get(status, advice) if is_shopper else advice
        words = {
            "status": status, "title": title, "text": text or advice, "is_shopper": is_shopper,
            "reload": retry if status == 503 else 0,
            "nonce": getattr(request, "csp_nonce", ""),
        }  # fmt: skip
        answer = HttpResponse(render_to_string("errors/page.html", words), status=status)
    answer["Cache-Control"] = "no-store"
    if retry:
        answer["Retry-After"] = str(retry)
    return answer


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 when the body was too large."""
    return page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, also for what lies outside one's stores."""
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is away. Django calls this while the exception is still being handled."""
    if is_outage(sys.exc_info()[1]):
        return page(request, 503, retry=RETRY)
    return page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form that was open too long, or came from another site."""
    return page(request, 403, text=_("The form was open for too long. Go back, reload the page and send it again."))


def locked_out(request: HttpRequest, original: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """429 after too many wrong passwords, with the minutes to wait."""
    now, wait = timezone.now(), get_cool_off(request)
    seconds = int(wait.total_seconds()) if wait else 900
    sessions.locked_out(login_name(request, credentials), now=now, address=client_address(request))
    text = _("The password was wrong too often. Sign-in with this name is closed for %(minutes)s minutes from here.")
    return page(request, 429, text=text % {"minutes": math.ceil(seconds / 60)}, retry=seconds)
