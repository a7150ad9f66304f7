"""Laying a chain's ground in sets: its tree, its channels, its stores. For an empty installation."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import QuerySet

from ..access import Role
from ..models import Brand, Chain, Channel, Dealer, Notice, NoticeRefusal, Region, Staff, Store, StoreCode
from . import log, notices, platforms

CHANGED = """
    SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables
    WHERE n_mod_since_analyze > 0.1 * n_live_tup ORDER BY relname
"""

SCANS = """
    INSERT INTO stores_codescan (code_id, visitor, hour, at, joined_at)
    SELECT code_id, visitor, date_trunc('hour', at, 'UTC'), at, joined_at
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS s (code_id, visitor, at, joined_at)
    ON CONFLICT DO NOTHING
"""


class NotEmpty(Exception):
    """There is a chain here already. The text may be shown."""


class NewStore(NamedTuple):
    """One shop on its way in. Milestones that it has not reached are None."""

    code: str
    region: Region
    dealer: Dealer | None
    name: str
    name_en: str
    province: str
    city: str
    address: str
    phone: str
    latitude: float
    longitude: float
    opened_on: date
    closed_on: date | None = None
    code_printed_at: datetime | None = None
    first_scan_at: datetime | None = None
    first_join_at: datetime | None = None


class NewScan(NamedTuple):
    """Somebody opened a code's page; ``joined_at`` when it made a member."""

    code_id: int
    visitor: str
    at: datetime
    joined_at: datetime | None = None


class NewNotice(NamedTuple):
    """Something that a platform told in the past. ``reason`` says why it was not dealt with, for one that failed."""

    channel: Channel
    kind: str
    key: str
    happened_at: datetime
    received_at: datetime
    content: dict[str, Any]
    subject: str = ""
    state: int = Notice.State.NEW
    tries: int = 0
    reason: str = ""


def demand_empty() -> None:
    """Raise NotEmpty, saying what is there, unless this installation has no chain, store or staff."""
    held = {"chains": Chain.objects.count(), "stores": Store.objects.count(), "logins": Staff.objects.count()}
    if any(held.values()):
        there = ", ".join(f"{name}: {count}" for name, count in held.items() if count)
        raise NotEmpty(f"This database is not empty ({there}).")


def bulk_session() -> None:
    """Let this connection do long work: no statement limit, commits that the disk may confirm later."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("SET synchronous_commit = off")


def refresh_statistics() -> None:
    """Tell the planner what has come in: of the tables that changed by more than a tenth since they were looked at."""
    with connection.cursor() as cursor:
        if connection.in_atomic_block:  # what this transaction wrote is not counted yet
            cursor.execute("ANALYZE")
            return
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(CHANGED)
        if changed := [table for (table,) in cursor.fetchall()]:
            cursor.execute(f"ANALYZE {', '.join(changed)}")


def found(name: str, name_en: str, *, is_demo: bool) -> Chain:
    """The chain itself; raises NotEmpty when there is one. Inner."""
    demand_empty()
    return Chain.objects.create(name=name, name_en=name_en, is_demo=is_demo)


def add_brands(brands: Sequence[Brand], *, now: datetime) -> list[Brand]:
    """Keep these brands. Inner."""
    kept = Brand.objects.bulk_create(brands)
    log.record_many("brand.added", kept, by=None, now=now)
    return kept


def add_regions(regions: Sequence[Region]) -> list[Region]:
    return Region.objects.bulk_create(regions)


def add_dealers(dealers: Sequence[Dealer]) -> list[Dealer]:
    return Dealer.objects.bulk_create(dealers)


def add_channels(channels: Sequence[Channel], *, now: datetime) -> list[Channel]:
    """Keep these channels. Inner."""
    kept = Channel.objects.bulk_create(channels)
    log.record_many("channel.created", kept, by=None, now=now)
    return kept


def first_administrator(username: str, name: str, email: str, *, now: datetime) -> Staff:
    """The person who invites everybody else; no password yet, see `open_accounts`. Inner."""
    person = Staff.objects.create(
        username=username, name=name, email=email, role=Role.ADMIN, scope=Staff.Scope.CHAIN,
        password=make_password(None), created_at=now,
    )  # fmt: skip
    log.record("staff.invited", person, by=None, now=now)
    return person


def open_accounts(people: Iterable[Staff], password: str) -> int:
    """Give known demo people one password, hashed once; how many. Inner."""
    return Staff.objects.filter(pk__in=[person.pk for person in people]).update(password=make_password(password))


def open_stores(new: Iterable[NewStore], *, by: Staff | None, now: datetime) -> list[Store]:
    """Keep these stores, with a line each in the action log. Inner."""
    made = Store.objects.bulk_create(
        [Store(brand_id=row.region.brand_id, created_at=now, **row._asdict()) for row in new], batch_size=1000
    )
    log.record_many("store.created", made, by=by, now=now, store_of=lambda store: store.pk)
    return made


def live_codes(stores: Iterable[Store]) -> dict[int, StoreCode]:
    """The live store code of each store, by store id."""
    codes = StoreCode.objects.filter(store__in=list(stores), kind=StoreCode.Kind.STORE, revoked_at=None)
    return {code.store_id: code for code in codes}


def stores_of(stores: Iterable[Store]) -> QuerySet[Store]:
    """The same stores as a queryset, for the services that want one."""
    return Store.objects.filter(pk__in=[store.pk for store in stores])


def printed_codes(stores: Iterable[Store]) -> QuerySet[StoreCode]:
    """The store codes of those stores whose poster hangs already."""
    printed = stores_of(stores).exclude(code_printed_at=None)
    return StoreCode.objects.filter(store__in=printed, kind=StoreCode.Kind.STORE)


def record_scans(scans: Iterable[NewScan]) -> int:
    """Note many visits at once; a visitor counts once an hour. Inner."""
    rows = [(scan.code_id, scan.visitor, scan.at, scan.joined_at) for scan in scans]
    with connection.cursor() as cursor:
        cursor.execute(SCANS, [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []])
    return len(rows)


# --- what platforms told -------------------------------------------------------------------------------
def keep_notices(told: Iterable[NewNotice]) -> int:
    """Keep notices as if they had been received then, sealed like any; the new ones wait to be dealt with. Inner."""
    rows = [
        Notice(
            channel=one.channel, kind=one.kind, key=one.key, subject=notices.subject_of(one.subject),
            happened_at=one.happened_at, received_at=one.received_at, body=platforms.seal(json.dumps(one.content).encode()),
            state=one.state, tries=one.tries, reason=one.reason[:200],
            due_at=one.received_at if one.state == Notice.State.NEW else None,
            done_at=None if one.state == Notice.State.NEW else one.received_at,
        )
        for one in told
    ]  # fmt: skip
    Notice.objects.bulk_create(rows)
    for row in rows:
        if row.state == Notice.State.FAILED:
            platforms.note_failure(row.channel, row.reason.partition(":")[0], now=row.received_at)
    for channel_id, last in {
        row.channel_id: row.received_at for row in sorted(rows, key=lambda r: r.received_at)
    }.items():
        Channel.objects.filter(pk=channel_id).update(last_success_at=last)
    return len(rows)


def count_refusals(channel: Channel, word: str, *, times: int, at: datetime) -> None:
    """Note that a channel was told something so often, in that hour, that was not taken. Inner."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    NoticeRefusal.objects.create(channel=channel, hour=hour, word=word, count=times, last_at=at)
    platforms.note_failure(channel, word, now=at)
