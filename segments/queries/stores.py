"""The audience store as this process sees it, and how it is doing."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection

from ..engine import layout
from ..engine.layout import Unavailable
from ..engine.reader import Reader

# one question: whose files count, is a new build asked for, what time is it, and does anything wait
ASK = """
    SELECT COALESCE((SELECT token FROM segments_audiencestore), ''),
        EXISTS (SELECT 1 FROM segments_audiencestore WHERE wanted_at IS NOT NULL),
        extract(epoch FROM clock_timestamp())::float8,
        EXISTS (SELECT 1 FROM members_inbox WHERE reader = 'segments')
"""
HEALTH = """
    SELECT count(*), extract(epoch FROM clock_timestamp() - min(e.recorded_at))::float8
    FROM members_inbox i JOIN members_event e ON e.id = i.event_id WHERE i.reader = 'segments'
"""
STALE = 60  # seconds without a sign of the writer
_open: dict[str, Reader] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Opened:
    """A store that may answer. ``is_exact``: nothing waits to be written into it."""

    reader: Reader
    is_exact: bool

    @property
    def as_of(self) -> datetime:
        return datetime.fromtimestamp(self.reader.drained_at, UTC)


@dataclass(frozen=True)
class Health:
    """``why`` is empty when the store answers; ``waiting`` changes and the age of the oldest in seconds."""

    why: str
    as_of: datetime | None
    members: int
    megabytes: float
    waiting: int
    lag: float
    built_at: datetime | None
    build_seconds: float
    sequence: int


def opened() -> Opened:
    """The store that follows this database. Raises Unavailable: missing, foreign, wanted or stale."""
    with connection.cursor() as cursor:
        cursor.execute(ASK)
        token, is_wanted, clock, waits = cursor.fetchone()
    folder = layout.current()
    if folder is None or not token:
        raise Unavailable("missing")
    if folder.name != token:
        raise Unavailable("foreign")
    if is_wanted:
        raise Unavailable("wanted")
    reader = _reader(folder)
    if clock - reader.drained_at > getattr(settings, "AUDIENCE_STALE_SECONDS", STALE):
        raise Unavailable("stale")
    return Opened(reader, not waits)


def _reader(folder) -> Reader:
    with _lock:
        if str(folder) not in _open:
            _open.clear()  # an older store's files are gone
            _open[str(folder)] = Reader(folder)
        return _open[str(folder)]


def health() -> Health:
    """What the status page shows."""
    why, held = "", None
    try:
        held = opened()
    except Unavailable as problem:
        why = problem.why
    folder = layout.current()
    size = sum(each.stat().st_size for each in folder.iterdir()) / 1e6 if folder and folder.is_dir() else 0.0
    with connection.cursor() as cursor:
        cursor.execute(HEALTH)
        waiting, lag = cursor.fetchone()
        cursor.execute("SELECT built_at, build_seconds, members FROM segments_audiencestore")
        built_at, seconds, members = cursor.fetchone() or (None, None, 0)
    state = None
    with suppress(Unavailable):
        state = _reader(folder).files.state if folder else None
    return Health(
        why, held.as_of if held else None, members, size, waiting, lag or 0.0, built_at, seconds or 0.0,
        int(state[layout.SEQUENCE]) if state is not None else 0,
    )  # fmt: skip
