"""One-time invitations for people who come by the file: a signed link instead of six thousand passwords.

Nothing is stored: the link is bound to the unusable password that the account was born with, so that it dies with
the first real password, with a reset and when the person leaves. It is good for fourteen days.
"""

import hashlib
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.db.models import QuerySet

from ..models import Staff
from . import staff as people

LIFE = timedelta(days=14)
_SALT = "stores.invite"


def _mark(person: Staff) -> str:
    return hashlib.sha256(person.password.encode()).hexdigest()[:16]


def token(person: Staff) -> str:
    """The last part of the invitation's link."""
    return TimestampSigner(salt=_SALT).sign(f"{person.pk}.{_mark(person)}")


def find(given: str) -> Staff | None:
    """The person a link belongs to; None when it is forged, used, too old or the person has left."""
    try:
        pk, _dot, mark = TimestampSigner(salt=_SALT).unsign(given, max_age=LIFE).partition(".")
    except BadSignature:
        return None
    person = Staff.objects.filter(pk=int(pk), is_active=True).first() if pk.isdigit() else None
    if person is None or person.has_usable_password() or _mark(person) != mark:
        return None
    return person


def waiting(by: Staff) -> QuerySet[Staff]:
    """People whom ``by`` manages and who have not used their invitation yet."""
    return people.manageable_by(by).filter(is_active=True, password__startswith="!").order_by("username")  # noqa: S106 -- not a password
