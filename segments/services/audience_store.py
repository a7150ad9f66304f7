"""The writer of the audience store: builds it, follows the inbox ``segments``, and is the only one to do so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import connection

from members.models import Event, Order
from members.services import inboxes

from ..engine import build, changes, layout
from ..engine.layout import Unavailable
from ..engine.writing import Full, Writer
from ..models import AudienceStore

log = structlog.get_logger(__name__)
LOCK = 7_310_001  # pg_advisory_lock: one writer for each database
SET = 20_000  # events that one apply takes
REBUILD_ABOVE = 300_000  # waiting changes: reading everything is quicker
PRODUCTS_EVERY = 60.0  # seconds between looks at the products' categories
NIGHT = (3, 5)  # hours of the chain's clock in which an old store is built anew
OLD = 20 * 3600.0  # seconds
MERGES = ("member.merged", "member.unmerged")  # all orders of the two have another owner
CAME = ("member.joined", "member.imported")  # what somebody bought before joining is theirs now
MISSED = """
    SELECT COALESCE(max(id), 0), EXISTS (SELECT 1 FROM members_inbox WHERE reader = 'segments') FROM members_member
"""
WAITING = "SELECT count(*) FROM (SELECT 1 FROM members_inbox WHERE reader = 'segments' LIMIT %s) few"


class AnotherWriter(Exception):
    """Another process writes this database's store."""


def want_build(why: str, *, now: datetime) -> None:
    """Ask the writer for a new build; counts go to PostgreSQL until it is there. After bulk writing. Inner."""
    given = {"wanted_at": now, "wanted_why": why[:80]}
    AudienceStore.objects.update_or_create(pk=1, defaults=given, create_defaults={"id": 1, **given})


@contextmanager
def only_writer() -> Iterator[None]:
    """Hold the writer's lock on this connection. Raises AnotherWriter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise AnotherWriter
    try:
        yield
    finally:
        with suppress(Exception), connection.cursor() as cursor:  # a lost connection has let go already
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


class Follower:
    """Keeps one store up to date. Hold ``only_writer`` around it. ``step``: see ``engine.writing.Writer``."""

    def __init__(self, *, step: Callable[[str], None] = lambda name: None):
        self.step = step
        self.writer: Writer | None = None
        self.products_seen = 0.0

    def turn(self, *, now: datetime) -> int:
        """Bring the store to this moment, building it where it is missing; how many events were read."""
        begun = _clock()
        if self._open() is None or self._is_due(now):
            self._build()
            return 0
        done = 0
        try:
            while read := inboxes.read_many("segments", self._apply, limit=SET):
                done += read
        except Full:
            self._build()
            return done
        assert self.writer is not None
        if self._has_missed():
            log.warning("audience_store_missed", why="members without an event")
            self._build()
            return done
        self.writer.release()
        self.writer.state[layout.DRAINED] = int(begun * 1e6)
        return done

    def _open(self) -> Writer | None:
        """The writer of the current files, None when they are not this database's."""
        folder = layout.current()
        token = AudienceStore.objects.filter(pk=1, wanted_at=None).values_list("token", flat=True).first()
        if folder is None or folder.name != token:
            self.writer = None
        elif self.writer is None or self.writer.meta.token != token:
            try:
                self.writer = Writer(folder, step=self.step)
            except Unavailable as problem:
                log.warning("audience_store_unusable", why=problem.why)
                self.writer = None
        return self.writer

    def _build(self) -> None:
        self.writer = None
        begun = time.monotonic()
        build.build()
        self.products_seen = time.monotonic()
        self._open()
        log.info("audience_store_built", seconds=round(time.monotonic() - begun, 1))

    def _is_due(self, now: datetime) -> bool:
        """A long queue, changed categories, or a night's rest: time for a new build."""
        assert self.writer is not None
        meta = self.writer.meta
        if _clock() - meta.built_at > OLD and NIGHT[0] <= now.astimezone(ZoneInfo(settings.TIME_ZONE)).hour < NIGHT[1]:
            return True
        if time.monotonic() - self.products_seen > PRODUCTS_EVERY:
            self.products_seen = time.monotonic()
            if build.products(meta.last_product) != (meta.last_product, meta.products):
                return True
        with connection.cursor() as cursor:
            cursor.execute(WAITING, [REBUILD_ABOVE + 1])
            return cursor.fetchone()[0] > REBUILD_ABOVE

    def _has_missed(self) -> bool:
        """Members that came without telling anybody: a bulk load."""
        assert self.writer is not None
        with connection.cursor() as cursor:
            cursor.execute(MISSED)
            highest, waits = cursor.fetchone()
        return not waits and highest > int(self.writer.state[layout.HIGHEST])

    def _apply(self, events: list[Event]) -> None:
        """Read the states of everybody the events tell of, and write them."""
        assert self.writer is not None
        members = {event.member_id for event in events if event.member_id}
        orders = {event.data["order"] for event in events if isinstance(event.data.get("order"), int)}
        merged = [event.data["winner"] for event in events if event.kind in MERGES]
        merged += [event.data["loser"] for event in events if event.kind in MERGES]
        merged += [event.member_id for event in events if event.kind in CAME and event.data.get("before")]
        orders |= set(Order.objects.filter(member__in=merged).values_list("pk", flat=True)) if merged else set()
        self.writer.apply(changes.read(self.writer.meta, sorted(members), sorted(orders)))
        self.step("applied")


def _clock() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return cursor.fetchone()[0]
