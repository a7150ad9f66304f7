"""What must be right before real members come. Runs with ``manage.py check --deploy``; ids are ours, hints say what to do."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import DatabaseError, connection


@register(Tags.security, deploy=True)
def demo_is_off(**_given: Any) -> list[CheckMessage]:
    """The demo shows one-time codes and known passwords on pages."""
    if not settings.DEMO:
        return []
    return [Error("DEMO is on.", hint="Set DEMO=0: the demo shows one-time codes on its pages.", id="quanyu.E001")]


@register(Tags.security, deploy=True)
def codes_have_their_own_key(**_given: Any) -> list[CheckMessage]:
    """A store code's check hangs on STORE_CODE_KEY; without its own key it changes with SECRET_KEY."""
    if not settings.STORE_CODE_KEY.endswith(settings.SECRET_KEY):
        return []
    return [
        Info(
            "STORE_CODE_KEY is derived from SECRET_KEY.",
            hint="Set STORE_CODE_KEY to its own random value and keep it: codes that are printed carry its check.",
            id="quanyu.I002",
        )
    ]


@register(Tags.security, deploy=True)
def text_messages_leave(**_given: Any) -> list[CheckMessage]:
    """The console connector sends nothing: it prints codes with DEMO or DEBUG and refuses them otherwise."""
    if settings.SMS_CONNECTOR != "console":
        return []
    return [
        Info(
            "One-time codes are not sent: nobody can join or sign in to their card.",
            hint="Set SMS_CONNECTOR to a connector that sends before shoppers join; only DEMO and DEBUG print codes.",
            id="quanyu.I003",
        )
    ]


@register(Tags.database)
def database_keeps_what_it_confirms(databases: Any = None, **_given: Any) -> list[CheckMessage]:
    """With fsync off a power cut loses points that were confirmed; only the tests' throw-away cluster may."""
    if not databases or settings.TESTING:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'"
            )
            off = [name for (name,) in cursor.fetchall()]
    except DatabaseError as error:
        return [
            Warning(f"The database cannot be asked: {error}", hint="Start it, or mend DATABASE_URL.", id="quanyu.W004")
        ]
    return [Error(f"{name} is off.", hint=f"Set {name}=on in postgresql.conf.", id="quanyu.E005") for name in off]
