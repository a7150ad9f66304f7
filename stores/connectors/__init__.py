"""Leaf adapters, one folder for each kind: plain data in, plain data out."""

from collections.abc import Callable

from .base import Account, Answer, Connector, Line, Outgoing, Receipt, SendFailed
from .console.connector import ConsoleConnector
from .smtp.connector import SmtpConnector


def _webhook(account: Account) -> Connector:
    from .webhook.connector import WebhookConnector  # noqa: PLC0415 -- its HTTP client slows every process's start

    return WebhookConnector(account)


KINDS: dict[str, Callable[[Account], Connector]] = {
    "console": ConsoleConnector,
    "smtp": SmtpConnector,
    "webhook": _webhook,
}
NOBODY = Account()


def connect(kind: str, account: Account = NOBODY) -> Connector:
    """The connector of a kind. Raises KeyError for a kind that does not exist."""
    return KINDS[kind](account)


__all__ = [
    "KINDS", "Account", "Answer", "Connector", "Line", "Outgoing", "Receipt", "SendFailed", "connect",
]  # fmt: skip
