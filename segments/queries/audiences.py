"""How many and which members a rule names. The audience store answers; PostgreSQL does when the store cannot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from members.models import Identity, Member
from members.queries import members
from stores.models import Staff

from ..engine import reader
from ..engine.layout import Unavailable
from ..rules import compile_postgres, plan
from ..rules.plan import Plan
from . import facts, stores

STORE, POSTGRES = "store", "postgres"
PATIENCE = 20_000  # milliseconds that PostgreSQL may take instead of the store
MEMORY = "256MB"  # for one such question: sets of members must fit, or each row would walk them
LIMITS = "SELECT set_config('statement_timeout', %s, true), set_config('work_mem', %s, true)"
MEDIA = {"sms": "has_phone", "email": "has_email", "wechat": "has_wechat"}
ALONE = "m.merged_into_id IS NULL AND m.joined_at IS NOT NULL"  # neither merged records nor prospects
ADDRESSES = {"sms": [Identity.Kind.PHONE], "email": [Identity.Kind.EMAIL], "wechat": [Identity.Kind.OPENID]}


class TooSlow(Exception):
    """Neither engine could answer in time. The text may be shown."""

    def __str__(self) -> str:
        return _("This audience takes too long to count right now. Please try again in a minute.")


@dataclass(frozen=True)
class Counted:
    """``is_exact``: true of this very moment. ``engine`` is store or postgres; ``why`` says why not the store."""

    number: int
    as_of: datetime
    is_exact: bool
    engine: str
    milliseconds: float
    why: str = ""


@dataclass(frozen=True)
class Found:
    """Sorted member ids with where they come from."""

    ids: np.ndarray
    as_of: datetime
    is_exact: bool
    engine: str


def count(rule: object, *, now: datetime, staff: Staff | None = None) -> Counted:
    """How many members the rule names; of those that ``staff`` may see, when given. Raises RuleError, TooSlow."""
    begun = time.perf_counter()
    wanted = facts.planned(rule, now=now)
    try:
        held = stores.opened()
        bits = held.reader.bits(wanted, facts.bits_of)
        number = reader.popcount(bits & _seen(staff, held.reader) if _is_limited(staff) else bits)
        return Counted(number, held.as_of, held.is_exact, STORE, _since(begun))
    except Unavailable as problem:
        number = _count_in_postgres(wanted, staff)
        return Counted(number, now, True, POSTGRES, _since(begun), problem.why)


def find(rule: object, *, now: datetime) -> Found:
    """The members that the rule names. Raises RuleError, TooSlow."""
    wanted = facts.planned(rule, now=now)
    try:
        held = stores.opened()
        return Found(reader.ids(held.reader.bits(wanted, facts.bits_of)), held.as_of, held.is_exact, STORE)
    except Unavailable:
        return Found(ids_in_postgres(wanted), now, True, POSTGRES)


def ids(rule: object, *, now: datetime) -> np.ndarray:
    """The sorted ids (int32) of the members that the rule names. Raises RuleError, TooSlow."""
    return find(rule, now=now).ids


def holds(rule: object, member_id: int, *, now: datetime) -> bool:
    """Whether the rule names this member at this very moment: PostgreSQL by index, never the store. Raises RuleError."""
    wanted = facts.planned(rule, now=now)
    where, parameters = compile_postgres.condition(
        wanted, zone=settings.TIME_ZONE, members_of=lambda pk: [member_id] if _in(pk, member_id) else [], single=True
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {where} FROM members_member m WHERE m.id = %s AND {ALONE}", [*parameters, member_id])  # noqa: S608 -- compiled
        row = cursor.fetchone()
    return bool(row and row[0])


def sample(rule: object, staff: Staff, *, now: datetime, limit: int = 10) -> QuerySet[Member]:
    """Some of the members that the rule names and that ``staff`` may see, the newest first. Raises RuleError, TooSlow."""
    found = ids(rule, now=now)[::-1]
    if _is_limited(staff):
        found = np.intersect1d(found, _visible(staff))[::-1]
    return members.for_list(staff).filter(pk__in=found[:limit].tolist()).order_by("-pk")


def reachable(rule: object, medium: str, *, now: datetime) -> Counted:
    """How many of them agreed to offers and have an address for ``medium`` (sms, email, wechat). Raises RuleError."""
    begun = time.perf_counter()
    yes = plan.All((plan.Range("marketing_consent", 1, 1), plan.Range(MEDIA[medium], 1, 1)))
    wanted = plan.All((facts.planned(rule, now=now), yes))
    try:
        held = stores.opened()
        number = held.reader.count(wanted, facts.bits_of)
        return Counted(number, held.as_of, held.is_exact, STORE, _since(begun))
    except Unavailable as problem:
        return Counted(_count_in_postgres(wanted, None), now, True, POSTGRES, _since(begun), problem.why)


def ids_in_postgres(wanted: Plan) -> np.ndarray:
    """The same by PostgreSQL. Raises TooSlow."""
    where, parameters = _condition(wanted)
    with patience(), connection.cursor() as cursor:
        cursor.execute(f"SELECT m.id FROM members_member m WHERE ({where}) AND {ALONE} ORDER BY m.id", parameters)  # noqa: S608 -- compiled
        return np.fromiter((row[0] for row in cursor), np.int32)


def _condition(wanted: Plan) -> tuple[str, list[Any]]:
    return compile_postgres.condition(wanted, zone=settings.TIME_ZONE, members_of=facts.members_of)


def _count_in_postgres(wanted: Plan, staff: Staff | None) -> int:
    if staff is not None and not staff.sees_every_store:
        return len(np.intersect1d(ids_in_postgres(wanted), _visible(staff)))
    where, parameters = _condition(wanted)
    with patience(), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM members_member m WHERE ({where}) AND {ALONE}", parameters)  # noqa: S608 -- compiled
        return cursor.fetchone()[0]


@contextmanager
def patience() -> Iterator[None]:
    """A limit of its own for a question that reads whole tables. Raises TooSlow."""
    most = getattr(settings, "AUDIENCE_PATIENCE", PATIENCE)
    try:
        with transaction.atomic(), connection.cursor() as cursor:  # the limit ends with the block
            cursor.execute("SELECT current_setting('statement_timeout'), current_setting('work_mem')")
            before = cursor.fetchone()
            cursor.execute(LIMITS, [str(most), MEMORY])
            yield
            cursor.execute(LIMITS, before)
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooSlow from error


def _in(snapshot: int, member_id: int) -> bool:
    bits = facts.bits_of(snapshot)
    place = member_id - 1
    return place // 8 < len(bits) and bool(bits[place // 8] >> place % 8 & 1)


def _is_limited(staff: Staff | None) -> bool:
    return staff is not None and not staff.sees_every_store


def _visible(staff: Staff) -> np.ndarray:
    found = members.visible_to(staff).order_by().values_list("pk", flat=True)
    return np.unique(np.fromiter(found.iterator(chunk_size=20_000), np.int32))


def _seen(staff: Staff | None, held: reader.Reader) -> np.ndarray:
    """The members that a limited person may see, as bits."""
    assert staff is not None
    at = _visible(staff) - 1
    marks = np.zeros(held.meta.capacity, bool)
    marks[at[at < held.meta.capacity]] = True
    return np.packbits(marks, bitorder="little")


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
