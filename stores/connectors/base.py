"""What every connector takes and gives. Plain data: connectors know nothing of ours."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Outgoing:
    """One message on its way: where to (a phone, an openid, an e-mail) and the whole text."""

    address: str
    text: str


@dataclass(frozen=True)
class Receipt:
    """The other side took it under ``reference``. Only a connector that sends nowhere sets ``shown``, the text."""

    reference: str
    shown: str = ""


class SendFailed(Exception):
    """The other side did not take it. ``permanent``: trying again is useless."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Connector(Protocol):
    """Speaks to one kind of channel."""

    is_local: bool  # nothing leaves this machine

    def send(self, message: Outgoing) -> Receipt:
        """Hand one message over. Raises SendFailed."""
        ...
