"""Stop what `up` runs, or what a killed one left."""

import sys

from django.core.management.base import BaseCommand

from tools.start.up import down


class Command(BaseCommand):
    help = "Stop everything that `up` of this checkout started."
    requires_system_checks: list[str] = []

    def handle(self, *words: str, **options: object) -> None:
        sys.exit(down())
