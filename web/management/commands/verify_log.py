"""Check the chain of the action log. Ends with 1 and names the first broken line when it is not whole."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from stores.queries import chain


class Command(BaseCommand):
    help = "Check that no line of the action log was changed or deleted."

    def handle(self, *args, **options):
        found = chain.verify(now=timezone.now())
        self.stdout.write(f"{found.lines} lines whole, {found.waiting} not sealed yet, {found.anchors} anchors")
        if found.broken:
            raise CommandError(
                f"line {found.broken.number} of the chain is {found.broken.what}"
                + (f" (row {found.broken.line_id})" if found.broken.line_id else "")
            )
        if found.is_late:
            raise CommandError("lines wait for their seal: is the clock running?")
