"""Fill an empty database with the demo chain."""

from __future__ import annotations

import os
import time
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from segments.services import audience_store
from stores.services.founding import NotEmpty
from web.demo import world
from web.demo.fill import fill, fill_series


class Command(BaseCommand):
    help = "Fill an empty database with the demo chain: 3 brands, 2,000 stores, 6,000 staff, 100,000 members, a year."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", default="100k", choices=[*world.SIZES, *world.SERIES])
        parser.add_argument("--seed", type=int, default=world.SEED)
        parser.add_argument("--now", type=datetime.fromisoformat, help="the moment the data ends at (with its zone)")
        parser.add_argument(
            "--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes that share the work"
        )

    def handle(self, *words: str, size: str, seed: int, now: datetime | None, workers: int, **options: object) -> None:
        begun = time.monotonic()
        given = {
            "seed": seed, "now": now or timezone.now(), "workers": workers,
            "say": lambda text: self.stdout.write(f"demo    | {text}"),
        }  # fmt: skip
        try:
            if size in world.SIZES:
                fill(world.SIZES[size], **given)
            else:
                fill_series(world.SERIES[size], **given)
        except NotEmpty as problem:
            raise CommandError(
                f"{problem} The demo fills an empty one only: `make clean` deletes this checkout's database."
            ) from problem
        audience_store.want_build("demo data", now=timezone.now())  # crowds come without events
        self.stdout.write(
            f"demo    | {size} in {time.monotonic() - begun:.1f} s (seed {seed}, version {world.VERSION})"
        )
