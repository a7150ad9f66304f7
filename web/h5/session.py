"""Who is holding the phone: a visitor cookie for counting and codes, and a session of the member's own.

Members are not staff, so their session is not the one of the portal: it has its own cookie and lasts longer.
"""

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cached_property, wraps
from importlib import import_module

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from members.models import Member
from members.queries import identities

VISITOR, MEMBER = "visitor", "member"
YEAR, CARD_LIFE, ASK_LIFE = 365 * 24 * 3600, 90 * 24 * 3600, 3600  # seconds
PROOF_LIFE = 600  # seconds between a right code and the consents
_TOKEN = re.compile(r"[0-9a-f]{32}")


def _cookie(name: str) -> str:
    return f"__Host-{name}" if settings.HTTPS else name


class Guest:
    """The person at the other end; ``member`` is None until they have proved a member's phone."""

    def __init__(self, request: HttpRequest) -> None:
        known = request.COOKIES.get(_cookie(VISITOR), "")
        self.is_new = not _TOKEN.fullmatch(known)
        self.visitor = secrets.token_hex(16) if self.is_new else known
        engine = import_module(settings.SESSION_ENGINE)
        self._session = engine.SessionStore(request.COOKIES.get(_cookie(MEMBER)))

    @cached_property
    def member(self) -> Member | None:
        return identities.member(self._session.get("member"))

    def keep(self, name: str, value: object) -> None:
        """Remember a value for this browser."""
        if "member" not in self._session:
            self._session.set_expiry(ASK_LIFE)
        self._session[name] = value

    def kept(self, name: str) -> dict:
        """What ``keep`` remembered under this name; an empty dict for nothing."""
        return self._session.get(name) or {}

    def forget(self, name: str) -> None:
        self._session.pop(name, None)

    def prove(self, phone: str, *, now: datetime) -> None:
        """This browser's person holds this phone."""
        self.keep("proven", {"phone": phone, "until": now.timestamp() + PROOF_LIFE})
        self.forget("asked")

    def proven_phone(self, *, now: datetime) -> str | None:
        """The phone that was proved within the last ten minutes; a signed-in member's own always."""
        proof = self.kept("proven")
        if proof and proof["until"] > now.timestamp():
            return proof["phone"]
        return identities.phone_of(self.member) if self.member else None

    def proved_meanwhile(self, phone: str, *, now: datetime) -> bool:
        """Whether a twin of this request, sent by a second tap, has just proved this phone for this browser."""
        engine = import_module(settings.SESSION_ENGINE)
        proof = engine.SessionStore(self._session.session_key).get("proven") or {}
        return proof.get("phone") == phone and proof["until"] > now.timestamp()

    def sign_in(self, member: Member) -> None:
        """Open the member's session under a fresh key."""
        self._session.cycle_key()
        self._session.set_expiry(CARD_LIFE)
        self._session["member"] = member.pk
        self.forget("asked")
        self.forget("proven")
        self.member = member

    def leave(self) -> None:
        """End the member's session here and on the server."""
        self._session.flush()
        self.member = None

    def write(self, response: HttpResponseBase) -> HttpResponseBase:
        """Save what changed and set the cookies."""
        flags = {"httponly": True, "samesite": "Lax", "secure": settings.HTTPS}
        if self.is_new:
            response.set_cookie(_cookie(VISITOR), self.visitor, max_age=YEAR, **flags)
        if self._session.modified and self._session.is_empty():
            response.delete_cookie(_cookie(MEMBER))
        elif self._session.modified:
            self._session.save()
            age = self._session.get_expiry_age()
            response.set_cookie(_cookie(MEMBER), self._session.session_key, max_age=age, **flags)
        return response


def with_guest(view: Callable) -> Callable:
    """Decorator: ``request.guest`` and ``request.member``; nothing of the page is cached."""

    @wraps(view)
    def opened(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        request.guest = Guest(request)
        request.member = request.guest.member
        return request.guest.write(view(request, *args, **kwargs))

    return never_cache(opened)


def members_only(view: Callable) -> Callable:
    """Decorator: with a member's session, else to the page that opens one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.member is None:
            return redirect("card-sign-in")
        return view(request, *args, **kwargs)

    return with_guest(guarded)
