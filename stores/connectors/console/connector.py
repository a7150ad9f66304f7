"""Prints instead of sending: for development, the demo chain and tests."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

from django.conf import settings

from ..base import Account, Answer, Outgoing, Receipt, SendFailed

_numbers = count(1)


class ConsoleConnector:
    """Writes the message to the server's output, the address with its middle hidden.

    Only where no real shopper comes: a server's output is kept and read by others, and a code in it opens a card.
    """

    is_local = True
    size, width = 1, 1

    def __init__(self, account: Account = Account()) -> None:  # noqa: B008 -- frozen
        self.is_silent = bool(account.settings.get("is_silent"))

    def send(self, message: Outgoing) -> Receipt:
        """Print; raise SendFailed on a server that is neither a demo nor under development or test."""
        if not (settings.DEMO or settings.DEBUG or settings.TESTING):
            raise SendFailed("SMS_CONNECTOR is console, which prints only with DEMO or DEBUG", permanent=True)
        if not self.is_silent:
            masked = f"{message.address[:3]}****{message.address[-4:]}"
            sys.stdout.write(f"SMS to {masked}: {message.text}\n")
            sys.stdout.flush()
        return Receipt(reference=f"console-{next(_numbers)}", shown=message.text)

    async def send_many(self, messages: Sequence[Outgoing]) -> list[Answer]:
        """Print each."""
        return [self._answer(message) for message in messages]

    def _answer(self, message: Outgoing) -> Answer:
        try:
            return self.send(message)
        except SendFailed as failure:
            return failure

    @asynccontextmanager
    async def open(self) -> AsyncIterator["ConsoleConnector"]:
        """The console is always open."""
        yield self
