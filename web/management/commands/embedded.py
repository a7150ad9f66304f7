"""Run one command while the embedded database is up: ``manage.py embedded demo --size 100k``."""

import argparse
import sys

from django.core.management.base import BaseCommand, CommandParser

from tools.start.up import with_database


class Command(BaseCommand):
    help = "Start the embedded PostgreSQL if need be, migrate, run the command that follows (or -m module)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", nargs=argparse.REMAINDER)

    def handle(self, *args: str, words: list[str], **options: object) -> None:
        sys.exit(with_database([word for word in words if word != "--"]))
