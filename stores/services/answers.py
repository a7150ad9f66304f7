"""What calls with an ``Idempotency-Key`` were answered: one effect, one answer, however often the call is sent.

The answer is written in the transaction of the effect: whoever reads it can rely on the effect, and a process that
dies in between leaves neither. A lock that never waits tells a twin that the first call is still running.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from ..models import ApiAnswer, ApiKey, Channel

KEPT = timedelta(days=35)
TAKEN = range(200, 300)  # what is kept; a refusal has no effect, and the cause may be mended
# In the order of names, so that two hands wait for each other and never in a ring.
TAKE_NAMES = """
    INSERT INTO stores_apiname (channel_id, kind, at, name)
    SELECT %s, %s, %s, name FROM unnest(%s::text[]) AS sent (name) ORDER BY name
    ON CONFLICT (channel_id, kind, name) DO NOTHING RETURNING name
"""
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"


class StillRunning(Exception):
    """The same key is at work right now."""


class OtherCall(Exception):
    """The key was used for another call."""


class Answer(NamedTuple):
    status: int
    body: bytes


class _Whole(transaction.Atomic):
    """A transaction around services that open their own: theirs become savepoints, and all is committed together.

    Django refuses a durable block inside another but for the one that a test stands in; this is the only other.
    """

    def __init__(self) -> None:
        super().__init__(using=None, savepoint=True, durable=True)
        self._from_testcase = True


def fingerprint(method: str, target: str, body: bytes) -> bytes:
    """What makes two calls the same: method, address and body."""
    return hashlib.sha256(b"\n".join((method.encode(), target.encode(), body))).digest()


def once(key: ApiKey, name: str, digest: bytes, act: Callable[[], tuple[Answer, Any]], *, now: datetime) -> Any:
    """Let ``act`` take effect once for this key and name: what it made the first time, an ``Answer`` ever after.

    ``act`` returns its answer and whatever the caller wants back. Raises StillRunning and OtherCall.
    """
    with _Whole():
        if not _lock(key, name):
            raise StillRunning
        if held := ApiAnswer.objects.filter(key=key, name=name).first():
            if bytes(held.digest) != digest:
                raise OtherCall
            return Answer(held.status, bytes(held.body))
        answer, made = act()
        if answer.status in TAKEN:
            _keep(key, name, digest, answer, now=now)
        elif answer.status >= 500:
            transaction.set_rollback(True)
        return made


def _lock(key: ApiKey, name: str) -> bool:
    number = int.from_bytes(hashlib.sha256(f"answers:{key.pk}:{name}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [number])
        return cursor.fetchone()[0]


def _keep(key: ApiKey, name: str, digest: bytes, answer: Answer, *, now: datetime) -> None:
    ApiAnswer.objects.create(key=key, name=name, digest=digest, status=answer.status, body=answer.body, at=now)


def take_names(channel: Channel, kind: str, names: Sequence[str], *, now: datetime) -> set[str]:
    """Those of these names that the channel did not use before, which are used from now on. Inner, one statement.

    Of two hands that take one name at once the second waits and does not get it.
    """
    if not names:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(TAKE_NAMES, [channel.pk, kind, now, list(names)])
        return {name for (name,) in cursor.fetchall()}


@transaction.atomic(durable=True)
def purge(*, now: datetime) -> int:
    """Delete answers that are older than five weeks; how many."""
    return ApiAnswer.objects.filter(at__lt=now - KEPT).delete()[0]
