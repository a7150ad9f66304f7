"""What sign-in allows: staff are invited, nobody signs up; a second factor's secret rests encrypted."""

import base64
import hashlib
import io
import time
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from stores.services import sessions, staff
from web.addresses import client_address


class ClosedDoor(DefaultAccountAdapter):
    """Accounts are made by `stores.services.staff.invite` and the staff file only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Store staff start at the store phone, everybody else at the portal."""
        return settings.STORE_HOME if request.user.works_in_store else "/"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by axes, which says how long to wait; only codes use the library's counter."""

    def set_password(self, user: Any, password: str) -> None:
        """The one door for an own new password."""
        staff.set_own_password(user, password, now=timezone.now(), address=client_address(self.request))

    def post_login(self, request: HttpRequest, user: Any, **given: Any) -> HttpResponse:
        """Note the sign-in; desks forget it with the browser, store phones keep it."""
        response = super().post_login(request, user, **given)
        if not user.works_in_store:
            request.session.set_expiry(0)
        sessions.signed_in(user, now=timezone.now(), address=client_address(request))
        return response

    def is_reauthentication_required(self, *, app: str, **given: Any) -> bool:
        """Somebody who signed in a moment ago is not asked again; a day-old session is."""
        records = get_authentication_records(self.request, self.request.user)
        latest = max((record["at"] for record in records), default=0)
        return time.time() - latest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = (hashlib.sha256(f"second factor {key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


class SecondFactor(DefaultMFAAdapter):
    """Secrets rest encrypted under a key drawn from SECRET_KEY; QR codes come from our own library."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: Any) -> str:
        return user.username

    def build_totp_svg(self, url: str) -> str:
        out = io.BytesIO()
        segno.make(url, error="m").save(out, kind="svg", scale=5, border=2, xmldecl=False, light="#ffffff")
        return out.getvalue().decode()
