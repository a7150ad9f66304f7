"""Prints instead of sending: for development, the demo chain and tests."""

import sys
from itertools import count

from ..base import Outgoing, Receipt

_numbers = count(1)


class ConsoleConnector:
    """Writes the message to the server's output, the address with its middle hidden."""

    is_local = True

    def send(self, message: Outgoing) -> Receipt:
        masked = f"{message.address[:3]}****{message.address[-4:]}"
        sys.stdout.write(f"SMS to {masked}: {message.text}\n")
        sys.stdout.flush()
        return Receipt(reference=f"console-{next(_numbers)}", shown=message.text)
