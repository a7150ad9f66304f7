"""Fill an empty database with the replayed chain: `make up CHAIN=journey`."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from stores.services import founding

from .replay import NEEDS


class Command(BaseCommand):
    help = "Fill an empty database with the Complete Journey chain; its year is moved by whole weeks to end now."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--households", type=int, help="only the first so many households")

    def handle(self, *words: str, households: int | None, **options: object) -> None:
        try:
            from web.replay import doors, source  # noqa: PLC0415 -- development dependencies
        except ImportError as missing:
            raise CommandError(NEEDS) from missing
        now = timezone.now()
        founding.bulk_session()
        data = source.read(households)
        data.shift = timedelta(weeks=(now - data.ends.astimezone(UTC)).days // 7)
        try:
            doors.bring_in(data, now=now, say=lambda text: self.stdout.write(f"journey | {text}"))
        except founding.NotEmpty as problem:
            raise CommandError(str(problem)) from problem
