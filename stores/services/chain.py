"""Sealing the action log: each line gets a number and a hash that stands upon the hash of the line before.

There is one chain. A line is sealed seconds after its transaction has committed, by whoever holds one advisory lock, and
not while it is written: a lock from the line to the commit would make every sale and sign-in wait for each other, and a
lock taken at the commit could meet row locks the other way round. What that leaves open: from its commit to its seal
(``Job`` "seals of the log", 5 seconds) a line is guarded by the trigger that refuses changes, not yet by the chain. Who is
superuser of the database *and* quicker than the seal leaves no trace; so does who rewrites the whole chain and also holds
the key and the files of the anchors. Keep those on another disk (docs/consent.md).
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from ..models import LogEntry
from ..queries import chain
from ..rules import chain as rules

LOCK = 0x51594C4F  # whoever holds it appends to the chain
BATCH = 5_000
SEAL = """
    UPDATE stores_logentry l SET number = g.number, salt = g.salt, digest = g.digest, hash = g.hash
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[]) AS g (id, number, salt, digest, hash)
    WHERE l.id = g.id
"""


def seal_all() -> int:
    """Seal every line that is committed; how many. Called outside of any transaction, safe to repeat and to race."""
    sealed = 0
    while count := seal():
        sealed += count
    return sealed


@transaction.atomic(durable=True)
def seal(*, limit: int = BATCH) -> int:
    """Seal the next lines in the order in which they were written; how many. 0 also when another one is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last, before = chain.head()
    columns: list[list] = [[], [], [], [], []]
    waiting = LogEntry.objects.filter(number=None).order_by("pk").values_list(*rules.CONTENT)[:limit]
    for number, content in enumerate(waiting, last + 1):
        salt = secrets.token_hex(16)
        said = rules.digest(salt, content)
        before = rules.hash_of(before, number, said)
        for column, value in zip(columns, (content[0], number, salt, said, before), strict=True):
            column.append(value)
    if columns[0]:
        with connection.cursor() as cursor:
            cursor.execute(SEAL, columns)
    return len(columns[0])


def anchor(*, now: datetime) -> bool:
    """Write down, signed and outside the database, how long the chain is and how it ends; False with nothing new."""
    number, head = chain.head()
    known = chain.anchors()
    if not number or (known and known[-1].get("number") == number):
        return False
    said = {"number": number, "hash": head, "at": now.isoformat()}
    line = json.dumps(said | {"signature": rules.signature(settings.LOG_KEY, said)})
    path = Path(settings.LOG_ANCHORS)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(line + "\n")
    return True
