"""How often a key may ask, counted for all servers in the shared cache."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from ..models import ApiKey

LOCK = "SELECT pg_advisory_xact_lock(hashtext('stores.limits'), %s)"
MINUTE = 60  # seconds
WRONG_CODES = 10  # codes that nobody ever gave out, of one channel or one person in a minute


@transaction.atomic(durable=True)
def count_lookup(key: ApiKey, *, now: datetime) -> int:
    """Count one look-up of this key; the seconds to wait when its minute is used up, 0 when it may go on.

    The database cache cannot add in one step, so the lock of the key stands around reading and writing.
    """
    minute, gone = divmod(int(now.timestamp()), MINUTE)
    name = f"lookups:{key.pk}:{minute}"
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [key.pk % 2**31])
    count = cache.get(name, 0)
    if count >= settings.LOOKUPS_PER_MINUTE:
        return MINUTE - gone
    cache.set(name, count + 1, timeout=2 * MINUTE)
    return 0


def guess_wait(who: str, *, now: datetime) -> int:
    """The seconds until this one may try a code again; 0 while their wrong codes of this minute are few."""
    minute, gone = divmod(int(now.timestamp()), MINUTE)
    missed = cache.get(f"guesses:{who}:{minute}", 0)
    return MINUTE - gone if missed >= WRONG_CODES else 0


@transaction.atomic(durable=True)
def count_guess(who: str, *, now: datetime) -> None:
    """Count one code that nobody ever gave out. ``who`` names a channel or a person."""
    name = f"guesses:{who}:{int(now.timestamp()) // MINUTE}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('stores.limits'), hashtext(%s))", [who])
    cache.set(name, cache.get(name, 0) + 1, timeout=2 * MINUTE)
