"""How often a key may ask, counted for all servers in the shared cache."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from ..models import ApiKey

LOCK = "SELECT pg_advisory_xact_lock(hashtext('stores.limits'), %s)"
MINUTE = 60  # seconds


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
