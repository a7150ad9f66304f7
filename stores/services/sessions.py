"""Signed-in sessions: who is where, and ending them at once."""

from collections.abc import Iterable
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from ..models import Staff
from . import log


def touch(person: Staff, key: str, *, address: str, browser: str, now: datetime) -> None:
    """Remember that this session was seen now. Called about once a minute, never on every request."""
    UserSession.objects.update_or_create(
        session_key=key,
        defaults={"user": person, "ip": address, "user_agent": browser[:200], "last_seen_at": now},
        create_defaults={
            "user": person, "ip": address, "user_agent": browser[:200], "last_seen_at": now, "created_at": now,
        },
    )  # fmt: skip


def drop(people: Iterable[int], *, keep: str = "") -> int:
    """End every session of these people (ids) but ``keep``; returns how many ended. Inner."""
    rows = UserSession.objects.filter(user_id__in=list(people)).exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


@transaction.atomic(durable=True)
def end(session: UserSession, *, by: Staff, now: datetime, address: str | None = None) -> None:
    """Sign one browser out; its next click asks for the password."""
    Session.objects.filter(session_key=session.session_key).delete()
    session.delete()
    log.record("session.ended", by, by=by, now=now, address=address)


@transaction.atomic(durable=True)
def end_others(person: Staff, *, keep: str, now: datetime, address: str | None = None) -> int:
    """Sign the person out everywhere but here; returns how many browsers that were."""
    ended = drop([person.pk], keep=keep)
    log.record("session.others_ended", person, by=person, now=now, after={"sessions": ended}, address=address)
    return ended


@transaction.atomic(durable=True)
def signed_in(person: Staff, *, now: datetime, address: str | None) -> None:
    """Leave a line in the action log."""
    log.record("session.started", person, by=person, now=now, address=address)


@transaction.atomic(durable=True)
def locked_out(username: str, *, now: datetime, address: str | None) -> None:
    """Leave a line: somebody tried too often to sign in as this (known) person. Unknown names leave none."""
    if person := Staff.objects.filter(username__iexact=username).first():
        log.record("session.locked_out", person, by=None, now=now, address=address)


def clear_expired(*, now: datetime) -> int:
    """Delete the sessions that ran out, of staff and of members alike; gives how many rows went."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]
