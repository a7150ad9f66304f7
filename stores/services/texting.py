"""The lane of one-time codes: a phone and six digits in, a text message out. It takes no other text."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ..connectors import Connector, Outgoing, Receipt, SendFailed, connect
from ..queries import senders as known
from ..rules.phones import is_demo
from . import senders

__all__ = ["NoSuchPhone", "Receipt", "SendFailed", "send_code"]


class NoSuchPhone(SendFailed):
    """The number is of the invented range, which never leaves this machine."""


def send_code(phone: str, code: str, *, sender: str, minutes: int, language: str) -> Receipt:
    """Send a code to a canonical phone, signed by ``sender``, in ``language``. Raises SendFailed.

    Called outside of any transaction: the other side may be slow.
    """
    connector = _connector()
    if is_demo(phone) and settings.DEMO_NUMBERS_BLOCK_SEND and not connector.is_local:
        raise NoSuchPhone("invented number", permanent=True)
    with translation.override(language):
        text = _("[%(sender)s] %(code)s is your code. It is valid for %(minutes)s minutes. Tell it to nobody.") % {
            "sender": sender, "code": code, "minutes": minutes,
        }  # fmt: skip
    return connector.send(Outgoing(address=phone, text=text))


def _connector() -> Connector:
    """What ``SMS_CONNECTOR`` names: a kind that needs no account, or a sender by its code (``sender:sms-main``).

    Raises SendFailed when there is no such sender or its secret cannot be opened.
    """
    kind, _colon, code = settings.SMS_CONNECTOR.partition(":")
    if kind != "sender":
        return connect(kind)
    sender = known.by_code(code)
    if sender is None:
        raise SendFailed("no active sender of this code")
    try:
        return connect(sender.kind, senders.account_of(sender))
    except senders.SenderProblem as problem:
        raise SendFailed(str(problem)) from None
