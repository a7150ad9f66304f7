"""The lane of one-time codes: a phone and six digits in, a text message out. It takes no other text."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ..connectors import Outgoing, Receipt, SendFailed, connect
from ..rules.phones import is_demo

__all__ = ["NoSuchPhone", "Receipt", "SendFailed", "send_code"]


class NoSuchPhone(SendFailed):
    """The number is of the invented range, which never leaves this machine."""


def send_code(phone: str, code: str, *, sender: str, minutes: int, language: str) -> Receipt:
    """Send a code to a canonical phone, signed by ``sender``, in ``language``. Raises SendFailed.

    Called outside of any transaction: the other side may be slow.
    """
    connector = connect(settings.SMS_CONNECTOR)
    if is_demo(phone) and settings.DEMO_NUMBERS_BLOCK_SEND and not connector.is_local:
        raise NoSuchPhone("invented number", permanent=True)
    with translation.override(language):
        text = _("[%(sender)s] %(code)s is your code. It is valid for %(minutes)s minutes. Tell it to nobody.") % {
            "sender": sender, "code": code, "minutes": minutes,
        }  # fmt: skip
    return connector.send(Outgoing(address=phone, text=text))
