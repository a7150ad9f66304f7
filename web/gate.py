"""What every request of a signed-in person passes: a living session, an own password, a second factor."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from stores.rules import session_life
from stores.services import second_factor, sessions

from .addresses import client_address

TICK = 60  # seconds between two writes of "seen"
ALWAYS = {"account_logout", "set_language", "healthz"}
PASSWORD_FIRST = ALWAYS | {"account_change_password"}
FACTOR_FIRST = ALWAYS | {
    "account_change_password", "account_reauthenticate", "mfa_activate_totp", "mfa_reauthenticate",
}  # fmt: skip


class Gate:
    """Stands after authentication, messages and language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if not self._alive(request, timezone.now()):
            return self._sign_in_again(request)
        response = self.get_response(request)
        response["Cache-Control"] = "no-store"
        if not request.user.is_authenticated:  # signed out just now
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponseBase | None:
        """Send those who lack an own password or a second factor to the page where they get it."""
        staff, name = request.user, request.resolver_match.view_name
        if not staff.is_authenticated:
            return None
        if staff.must_change_password and name not in PASSWORD_FIRST:
            return self._detour(request, "account_change_password")
        if staff.is_headquarters and name not in FACTOR_FIRST and not second_factor.is_enrolled(staff):
            return self._detour(request, "mfa_activate_totp")
        if name == "home" and staff.works_in_store:
            return redirect(settings.STORE_HOME)
        return None

    def _alive(self, request: HttpRequest, now: datetime) -> bool:
        """Whether the session may go on; notes once a minute that it was seen."""
        session, staff, at = request.session, request.user, now.timestamp()
        work = [staff.role, staff.scope]
        started, seen = session.setdefault("started", at), session.get("seen", 0)
        if session.setdefault("work", work) != work:
            return False
        if seen and session_life.is_over(staff.role, started=started, seen=seen, now=at):
            return False
        if at - seen >= TICK:
            session["seen"] = at
            browser = request.META.get("HTTP_USER_AGENT", "")
            sessions.touch(staff, session.session_key, address=client_address(request), browser=browser, now=now)
        return True

    def _sign_in_again(self, request: HttpRequest) -> HttpResponseBase:
        auth.logout(request)
        messages.info(request, _("You were signed out because your session had ended. Please sign in again."))
        back = request.get_full_path() if request.method == "GET" else "/"
        response = redirect_to_login(back)
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
        response["Clear-Site-Data"] = '"cache", "storage"'
        response["Cache-Control"] = "no-store"
        return response

    def _detour(self, request: HttpRequest, name: str) -> HttpResponseBase:
        response = redirect(name)
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
        return response
