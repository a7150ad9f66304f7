"""An audience exactly as it is at one moment, for locking: the store's bits, and SQL for whoever it has not heard of.

Taken between two equal looks at the store's sequence number, every committed change is either in the bits or still in the
inbox at the moment of the one statement that asks PostgreSQL about the members in the inbox.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.db import connection

from ..engine import layout, reader
from ..engine.layout import Unavailable
from ..rules import compile_postgres
from ..rules.plan import Plan
from . import facts, stores
from .audiences import POSTGRES, STORE, ids_in_postgres, patience

UNHEARD = """
    SELECT m.id, ({where}) AND m.merged_into_id IS NULL AND m.joined_at IS NOT NULL FROM members_member m WHERE m.id IN (
        SELECT e.member_id FROM members_inbox i JOIN members_event e ON e.id = i.event_id WHERE i.reader = 'segments'
    )
"""
WAITING = "SELECT count(*) FROM (SELECT 1 FROM members_inbox WHERE reader = 'segments' LIMIT %s) few"
TRIES, MANY = 5, 2_000


class Exact(NamedTuple):
    """Sorted member ids at one moment, and which engine gave them."""

    ids: np.ndarray
    engine: str


def find(rule: object, *, now: datetime) -> Exact:
    """The members that the rule names at this very moment. Raises RuleError and TooSlow."""
    wanted = facts.planned(rule, now=now)
    for _try in range(TRIES):
        try:
            found = _from_store(wanted)
        except Unavailable:
            break
        if found is not None:
            return Exact(found, STORE)
    return Exact(ids_in_postgres(wanted), POSTGRES)


def _from_store(wanted: Plan) -> np.ndarray | None:
    """None when the writer wrote in between."""
    held = stores.opened().reader
    before = int(held.files.state[layout.SEQUENCE])
    found = reader.ids(held.bits(wanted, facts.bits_of))
    with patience(), connection.cursor() as cursor:
        cursor.execute(WAITING, [MANY])
        few = cursor.fetchone()[0] < MANY  # which form of the question is quicker
        where, parameters = compile_postgres.condition(
            wanted, zone=settings.TIME_ZONE, members_of=facts.members_of, single=few
        )
        cursor.execute(UNHEARD.format(where=where), parameters)
        rows = cursor.fetchall()
    is_replaced = layout.current() != held.folder  # a new build took rows out of the inbox
    if is_replaced or before % 2 or int(held.files.state[layout.SEQUENCE]) != before:
        return None
    asked = np.array([pk for pk, _holds in rows], np.int32)
    named = np.array([pk for pk, holds in rows if holds], np.int32)
    return np.union1d(np.setdiff1d(found, asked, assume_unique=True), named).astype(np.int32)
