"""Leaf adapters, one folder for each kind: plain data in, plain data out."""

from collections.abc import Callable

from .base import Account, Answer, Connector, Line, Outgoing, Receipt, SendFailed
from .console.connector import ConsoleConnector
from .smtp.connector import SmtpConnector


def _webhook(account: Account) -> Connector:
    from .webhook.connector import WebhookConnector  # noqa: PLC0415 -- its HTTP client slows every process's start

    return WebhookConnector(account)


def _gateway(kind: str) -> Callable[[Account], Connector]:
    def connector(account: Account) -> Connector:
        from .gateway_line import GatewayConnector  # noqa: PLC0415 -- its HTTP client slows every process's start

        return GatewayConnector(kind, account)

    return connector


KINDS: dict[str, Callable[[Account], Connector]] = {
    "console": ConsoleConnector,
    "smtp": SmtpConnector,
    "webhook": _webhook,
    "aliyun_sms": _gateway("aliyun_sms"),
    "tencent_sms": _gateway("tencent_sms"),
}
NOBODY = Account()


def connect(kind: str, account: Account = NOBODY) -> Connector:
    """The connector of a kind. Raises KeyError for a kind that does not exist."""
    return KINDS[kind](account)


__all__ = [
    "KINDS", "Account", "Answer", "Connector", "Line", "Outgoing", "Receipt", "SendFailed", "connect",
]  # fmt: skip
