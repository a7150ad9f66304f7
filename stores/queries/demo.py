"""The demo chain's sign-in: known accounts, known second factors. Empty anywhere else."""

import base64
import hashlib
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.conf import settings

from ..access import Role
from ..models import Chain, Staff

SHOWN = [role for role, _name in Role.CHOICES]


def is_demo() -> bool:
    """True only where the operator switched the demo on and the chain itself is the demo chain."""
    return bool(settings.DEMO) and Chain.objects.filter(is_demo=True).exists() and not (
        Chain.objects.filter(is_demo=False).exists()
    )  # fmt: skip


def known_secret(username: str) -> str:
    """The second factor's secret of a demo account: public on purpose, drawn from the login name."""
    return base64.b32encode(hashlib.sha256(f"quanyu demo {username}".encode()).digest()[:20]).decode()


def logins() -> list[Staff]:
    """One active person for each role, the first made of each; empty outside the demo."""
    if not is_demo():
        return []
    known = Staff.objects.filter(is_active=True, must_change_password=False)
    firsts = [known.filter(role=role).order_by("pk").first() for role in SHOWN]
    return [person for person in firsts if person is not None]


def current_code(person: Staff) -> str:
    """The six digits that are right just now, if this is a demo account that kept its known second factor."""
    if not is_demo():
        return ""
    factor = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if factor is None or decrypt(factor.data["secret"]) != known_secret(person.username):
        return ""
    counter = int(time.time()) // 30
    return totp.format_hotp_value(totp.hotp_value(known_secret(person.username), counter))
