"""Start everything and keep it running until Ctrl-C."""

import argparse
import os
import sys

from django.core.management.base import BaseCommand, CommandParser

from tools.start.up import up


def port_number(text: str) -> int:
    """A port as somebody types it."""
    if text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535, make up PORT=9000")


class Command(BaseCommand):
    help = "Start database, broker, web, workers and clock; print the address and the demo's logins."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
        parser.add_argument("--port", type=port_number, default=os.environ.get("PORT") or "8000")

    def handle(self, *words: str, host: str, port: int, **options: object) -> None:
        sys.exit(up(host=host, port=port))
