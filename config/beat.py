"""The clock: many may run, one fires."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connections
from django_celery_beat.schedulers import DatabaseScheduler

LOCK = 0x9A_0B_EA7  # the advisory lock of the one clock that fires
WAIT = 5.0  # seconds until a waiting clock asks again


class OneBeat(DatabaseScheduler):
    """Fires only while its own database connection holds the lock; a killed clock frees it at once."""

    _guard: psycopg.Connection[Any] | None = None

    def _fires(self) -> bool:
        try:
            if self._guard is not None:
                self._guard.execute("SELECT 1")  # raises when the connection, and the lock with it, is gone
                return True
            guard = self._connect()
            row = guard.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        except psycopg.Error:
            self._guard = None
            return False
        if row and row[0]:
            self._guard = guard
            return True
        guard.close()
        return False

    @staticmethod
    def _connect() -> psycopg.Connection[Any]:
        words = connections["default"].get_connection_params()
        for own in ("cursor_factory", "context", "prepare_threshold"):
            words.pop(own, None)
        return psycopg.connect(**words, autocommit=True)

    def tick(self, *words: Any, **named: Any) -> float:
        """Seconds until the next look."""
        return super().tick(*words, **named) if self._fires() else WAIT
