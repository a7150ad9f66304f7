"""What every connector takes and gives. Plain data: connectors know nothing of ours."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Outgoing:
    """One message on its way: where to (a phone, an openid, an e-mail) and the whole text.

    ``key`` names the message: the same key twice is the same message. ``unsubscribe`` is an address that takes the
    reader's word by one POST; mail programs show it as a button.
    """

    address: str
    text: str
    key: str = ""
    subject: str = ""
    unsubscribe: str = ""


@dataclass(frozen=True)
class Receipt:
    """The other side took it under ``reference``. Only a connector that sends nowhere sets ``shown``, the text."""

    reference: str
    shown: str = ""


@dataclass(frozen=True)
class Account:
    """Whose line it is: what the connector needs to know, and the opened secret."""

    code: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


class SendFailed(Exception):
    """The other side did not take it. ``permanent``: trying again is useless. ``is_unknown``: perhaps it did take it.

    ``wait``: seconds in which it does not want to hear from us. ``is_garbled``: an answer that makes no sense.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        is_unknown: bool = False,
        is_garbled: bool = False,
        wait: float = 0,
    ) -> None:
        super().__init__(reason)
        self.permanent, self.is_unknown, self.is_garbled, self.wait = permanent, is_unknown, is_garbled, wait


Answer = Receipt | SendFailed


class Line(Protocol):
    """An open line. ``size``: messages that one call takes; ``width``: calls at once at most."""

    size: int
    width: int

    async def send_many(self, messages: Sequence[Outgoing]) -> list[Answer]:
        """Hand over up to ``size`` messages in one call; an answer for each, in order. Raises nothing."""
        ...


class Connector(Protocol):
    """Speaks to one kind of channel."""

    is_local: bool  # nothing leaves this machine

    def send(self, message: Outgoing) -> Receipt:
        """Hand one message over. Raises SendFailed."""
        ...

    def open(self) -> AbstractAsyncContextManager[Line]:
        """A line for many messages. Raises SendFailed when the account cannot be used at all."""
        ...
