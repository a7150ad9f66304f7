"""Leaf adapters, one folder for each kind: plain data in, plain data out."""

from .base import Connector, Outgoing, Receipt, SendFailed
from .console.connector import ConsoleConnector

KINDS: dict[str, type[Connector]] = {"console": ConsoleConnector}


def connect(kind: str) -> Connector:
    """The connector of a kind. Raises KeyError for a kind that does not exist."""
    return KINDS[kind]()


__all__ = ["KINDS", "Connector", "Outgoing", "Receipt", "SendFailed", "connect"]
