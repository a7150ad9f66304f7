"""Keep the audience store up to date, for as long as it runs. `make up` runs it beside the workers."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from segments.services import audience_store
from segments.services.audience_store import AnotherWriter, Follower

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Follow the inbox of the segments into the audience store."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pause", type=float, default=2.0, help="seconds between two looks")
        parser.add_argument("--once", action="store_true", help="bring the store to this moment, then end")

    def handle(self, *words: str, pause: float, once: bool, **options: Any) -> None:
        self.stopping = threading.Event()
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stopping.set())
        while not self.stopping.is_set():
            try:
                with audience_store.only_writer():
                    self._follow(pause, once)
            except AnotherWriter:
                self.stopping.wait(pause)
            except DatabaseError as problem:
                log.warning("audience_writer_waits", error=f"{type(problem).__name__}: {problem}")
                connection.close()
                self.stopping.wait(pause)
            if once:
                return

    def _follow(self, pause: float, once: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        follower = Follower()
        while not self.stopping.is_set():
            begun = time.monotonic()
            read = follower.turn(now=timezone.now())
            if read:
                log.info("audience_store_followed", events=read, seconds=round(time.monotonic() - begun, 2))
            if once:
                return
            self.stopping.wait(pause)
