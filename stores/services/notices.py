"""The inbox of what platforms tell: taken once, answered at once, dealt with afterwards in the order of events."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_noop

from ..connectors.calling import as_json
from ..connectors.ears import EARS, ear_of
from ..connectors.hearing import MOST as MOST
from ..connectors.hearing import Arrival as Arrival
from ..connectors.hearing import Refused, Said, Told
from ..models import Channel, Notice, Staff
from ..rules import notices as rules
from ..rules import sealing
from . import log, platforms

words = structlog.get_logger(__name__)
State = Notice.State
SEEN_EVERY = timedelta(minutes=1)
STORE = """
    INSERT INTO stores_notice (channel_id, kind, key, subject, happened_at, received_at, body, state, due_at, tries,
                               repeats, reason)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 0, %s, 0, 0, '')
    ON CONFLICT (channel_id, key) DO UPDATE SET repeats = stores_notice.repeats + 1
"""
COUNT = """
    INSERT INTO stores_noticerefusal (channel_id, hour, word, count, last_at) VALUES (%s, %s, %s, 1, %s)
    ON CONFLICT (channel_id, hour, word) DO UPDATE
    SET count = stores_noticerefusal.count + 1, last_at = excluded.last_at
"""
NOBODY = gettext_noop("No use for this kind yet. It is kept and can be replayed.")


@dataclass(frozen=True)
class Opened:
    """A notice in front of its handler. ``is_overtaken``: something later about the same subject was dealt with."""

    channel: Channel
    kind: str
    key: str
    happened_at: datetime
    received_at: datetime
    is_overtaken: bool
    content: Mapping[str, Any] = field(repr=False)


class NotTaken(Exception):
    """A handler has no use for a notice, and never will. The text may be shown and names nobody."""


Handler = Callable[..., None]


def receive(channel: Channel, arrival: Arrival, *, now: datetime) -> Said:
    """Check who speaks, store what is told once, and give the answer that this platform wants. Entry.

    A channel that does not listen answers 404; what was not taken is counted, and nothing of it is kept.
    """
    if channel.platform not in EARS or not channel.is_active:
        return Said(404, b"unknown")
    ear = ear_of(channel.platform)
    try:
        heard = ear.hear(arrival, platforms.keys_of(channel, now=now), now=now.timestamp())
    except Refused as refused:
        words.warning("notice_refused", channel=channel.code, word=refused.word)
        _count(channel, refused.word, now)
        return refused.answer
    try:
        if heard.told:
            _store(channel, heard.told, now)
    except OperationalError:  # a lock or the database did not let us: the platform shall tell it again
        return ear.later
    return heard.answer


@transaction.atomic(durable=True)
def _store(channel: Channel, told: tuple[Told, ...], now: datetime) -> None:
    rows = sorted((_row(channel, one, now) for one in told), key=lambda row: row[2])  # one order for all: no deadlock
    with connection.cursor() as cursor:
        cursor.executemany(STORE, rows)
    due = Q(last_success_at=None) | Q(last_success_at__lt=now - SEEN_EVERY)
    Channel.objects.filter(due, pk=channel.pk).update(last_success_at=now)


def _row(channel: Channel, told: Told, now: datetime) -> tuple[Any, ...]:
    happened_at = now if told.happened_at is None else datetime.fromtimestamp(told.happened_at, UTC)
    body = platforms.seal(as_json(dict(told.content)))
    return channel.pk, told.kind, told.key, subject_of(told.subject), happened_at, now, body, now


def subject_of(name: str) -> str:
    """The fingerprint under which notices about one thing are kept together."""
    return digest(settings.SENDER_KEY.encode(), name.encode(), sha256).hex()[:32] if name else ""


@transaction.atomic(durable=True)
def _count(channel: Channel, word: str, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [channel.pk, hour, word[:20], now])
    platforms.note_failure(channel, word, now=now)


def waiting(now: datetime) -> QuerySet[Notice]:
    """Those to deal with now, earliest event first; none while an earlier one about the same subject still waits."""
    earlier = Notice.objects.filter(
        Q(happened_at__lt=OuterRef("happened_at")) | Q(happened_at=OuterRef("happened_at"), pk__lt=OuterRef("pk")),
        channel=OuterRef("channel"), subject=OuterRef("subject"), state=State.NEW,
    ).exclude(subject="")  # fmt: skip
    due = Notice.objects.filter(~Exists(earlier), state=State.NEW, due_at__lte=now)
    return due.order_by("happened_at", "pk").select_for_update(skip_locked=True, of=("self",))


def deal_with(handlers: Mapping[str, Handler], *, now: datetime, limit: int = 200) -> int:
    """Hand waiting notices to ``handler(opened, now=)`` by their kind, each in its own transaction; how many."""
    for done in range(limit):
        with transaction.atomic(durable=True):
            notice = waiting(now).select_related("channel").first()
            if notice is None:
                return done
            _deal_with_one(notice, handlers, now)
    return limit


def _deal_with_one(notice: Notice, handlers: Mapping[str, Handler], now: datetime) -> None:
    handler = handlers.get(notice.kind)
    if handler is None:
        _say_unknown(notice.channel.code, notice.kind)
        return _close(notice, State.REFUSED, now, NOBODY)
    try:
        with transaction.atomic():  # a failure undoes the handler's work and keeps the notice
            handler(_opened(notice), now=now)
    except NotTaken as reason:
        return _close(notice, State.REFUSED, now, str(reason))
    except Exception as error:
        return _postpone(notice, error, now)
    _close(notice, State.DONE, now, "")
    return None


@lru_cache(maxsize=1000)
def _say_unknown(channel: str, kind: str) -> None:
    """Once for each kind, not for each notice."""
    words.warning("notice_unknown", channel=channel, kind=kind)


def _opened(notice: Notice) -> Opened:
    """Raises NotTaken when the content is gone."""
    try:
        content = json.loads(platforms.unseal(bytes(notice.body)) or "null")
    except sealing.CannotOpen:
        content = None
    if content is None:
        raise NotTaken("The content is not kept any more.")
    later = Notice.objects.filter(
        channel=notice.channel, subject=notice.subject, state=State.DONE, happened_at__gt=notice.happened_at
    )
    return Opened(
        notice.channel, notice.kind, notice.key, notice.happened_at, notice.received_at,
        bool(notice.subject) and later.exists(), content,
    )  # fmt: skip


def _close(notice: Notice, state: int, now: datetime, reason: str) -> None:
    Notice.objects.filter(pk=notice.pk).update(state=state, due_at=None, done_at=now, reason=reason[:200])


def _postpone(notice: Notice, error: Exception, now: datetime) -> None:
    """Wait longer each time; after eight tries stay as failed, so that what comes after it goes on."""
    reason = f"{type(error).__name__}: {error}"[:200]
    words.warning("notice_postponed", notice_id=notice.pk, tries=notice.tries + 1, error=type(error).__name__)
    pause = rules.pause_after(notice.tries + 1)
    platforms.note_failure(notice.channel, type(error).__name__, now=now)
    if pause is None:
        Notice.objects.filter(pk=notice.pk).update(tries=F("tries") + 1)
        _close(notice, State.FAILED, now, reason)
    else:
        Notice.objects.filter(pk=notice.pk).update(tries=F("tries") + 1, due_at=now + pause, reason=reason)


@transaction.atomic(durable=True)
def replay(notice: Notice, *, by: Staff, now: datetime) -> bool:
    """Deal with a notice once more; whether there is anything left of it to deal with."""
    notice = Notice.objects.select_for_update(of=("self",)).select_related("channel").get(pk=notice.pk)
    if not notice.body:
        return False
    Notice.objects.filter(pk=notice.pk).update(state=State.NEW, due_at=now, tries=0, reason="", done_at=None)
    log.record("notice.replayed", notice, by=by, now=now, after={"channel": notice.channel.code, "key": notice.key})
    return True


@transaction.atomic(durable=True)
def sweep(*, now: datetime) -> int:
    """Empty what was dealt with a month ago, forget what was dealt with half a year ago; how many were emptied."""
    old = Notice.objects.exclude(state=State.NEW).filter(done_at__lt=now - timedelta(days=rules.KEPT_DAYS))
    old.filter(done_at__lt=now - timedelta(days=rules.KNOWN_DAYS)).delete()
    return old.exclude(body=b"").update(body=b"")
