"""Write messy files to try the imports with."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from web.demo.files import write_all


class Command(BaseCommand):
    help = "Write legacy member, store and staff files, as messy as real ones, into var/demo-files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=10_000)
        parser.add_argument("--folder", type=Path, default=settings.VAR / "demo-files")

    def handle(self, *words: str, rows: int, folder: Path, **options: object) -> None:
        for name, count in write_all(folder, rows=rows).items():
            self.stdout.write(f"demo    | {folder / name}  {count:,} rows")
