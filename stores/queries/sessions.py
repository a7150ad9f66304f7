"""Where a person is signed in."""

from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings

from ..models import Staff


def of(person: Staff) -> list[UserSession]:
    """Their living sessions, the latest seen first."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = UserSession.objects.filter(user_id=person.pk).order_by("-last_seen_at")
    return [row for row in rows if store.exists(row.session_key)]
