"""Sending and checking the six digits that prove a phone.

Caps are counted on asking, before anything is sent, and for known and unknown phones alike: nothing here looks a
member up, so the answer never tells whether there is one.
"""

import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from stores.services import texting

from ..models import OneTimeCode
from ..queries import one_time_codes as counts
from ..rules import one_time_codes as rules
from ..rules.one_time_codes import Limit, Outcome

logger = logging.getLogger(__name__)
SENDING = 0x51595F534D53  # the advisory lock under which caps are counted
LOCK = "SELECT pg_advisory_xact_lock(%s)"
KEPT = timedelta(days=2)  # rows are needed for the caps of a day, no longer


@dataclass(frozen=True)
class Sent:
    """A code is on its way. ``shown`` is the text when the connector sends nowhere, else empty."""

    expires_at: datetime
    next_at: datetime
    shown: str = ""


class TooManyCodes(Exception):
    """A cap stops the code until ``until``. The text may be shown."""

    def __init__(self, limit: Limit, until: datetime) -> None:
        super().__init__(limit)
        self.limit, self.until = limit, until

    def __str__(self) -> str:
        if self.limit == Limit.PHONE:
            return _("A code was sent to this number a short while ago.")
        return _("Too many codes were asked for from here.")


class CodeNotSent(Exception):
    """The text message could not be handed over. The text may be shown."""

    def __str__(self) -> str:
        return _("The text message could not be sent. Please try again in a minute.")


def print_of(kind: str, *parts: str) -> str:
    """The keyed fingerprint under which codes of a phone (kind ``phone``) or a session are kept."""
    return rules.digest(settings.SECRET_KEY, f"one-time-code:{kind}", *parts)


def send(
    phone: str,
    purpose: str,
    *,
    session: str,
    address: str,
    sender: str,
    language: str,
    now: datetime,
    store_code_id: int | None = None,
) -> Sent:
    """Send a new code to a canonical phone, bound to ``purpose``, the phone and the browser's ``session``.

    ``session`` is a random cookie value; it also counts as the device. An older code of the same three is void.
    Raises TooManyCodes or CodeNotSent.
    """
    code = rules.new_code()
    row = _note(phone, purpose, code, session=session, address=address, store_code_id=store_code_id, now=now)
    try:
        receipt = texting.send_code(
            phone, code, sender=sender, minutes=rules.LIFE.seconds // 60, language=language
        )  # fmt: skip
    except texting.SendFailed as failure:
        logger.warning("a one-time code was not sent: %s", failure)
        raise CodeNotSent from failure
    return Sent(expires_at=row.expires_at, next_at=now + rules.PAUSE, shown=receipt.shown)


@transaction.atomic(durable=True)
def _note(
    phone: str, purpose: str, code: str, *, session: str, address: str, store_code_id: int | None, now: datetime
) -> OneTimeCode:
    """Count the caps and write the code's row, one asker at a time, so that a burst cannot slip past a cap."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [SENDING])
    phone_hash, session_hash = print_of("phone", phone), print_of("session", session)
    stopped = counts.first_limit(
        phone_hash=phone_hash, device_hash=session_hash, address=address, store_code_id=store_code_id,
        budget=settings.ONE_TIME_CODES_PER_HOUR, now=now,
    )  # fmt: skip
    if stopped:
        if stopped[0] == Limit.BUDGET:
            logger.error("one-time codes: the hour's budget of %s is used up", settings.ONE_TIME_CODES_PER_HOUR)
        raise TooManyCodes(*stopped)
    return OneTimeCode.objects.create(
        purpose=purpose, phone_hash=phone_hash, session_hash=session_hash,
        code_hash=print_of("code", purpose, phone, session, code), address=address, store_code_id=store_code_id,
        sent_at=now, expires_at=now + rules.LIFE,
    )  # fmt: skip


@transaction.atomic(durable=True)
def verify(phone: str, typed: str, purpose: str, *, session: str, now: datetime) -> Outcome:
    """Check what was typed against the last code of this phone, purpose and session; a right code works once.

    The fifth wrong try burns the code; twenty wrong tries an hour lock the phone. Always compares, in constant time.
    """
    phone_hash, session_hash = print_of("phone", phone), print_of("session", session)
    row = (
        OneTimeCode.objects.select_for_update()
        .filter(phone_hash=phone_hash, session_hash=session_hash, purpose=purpose)
        .order_by("-sent_at", "-pk")
        .first()
    )
    wanted = row.code_hash if row else print_of("code", "nothing")
    is_right = hmac.compare_digest(wanted, print_of("code", purpose, phone, session, rules.clean(typed)))
    if row is None or row.used_at or row.expires_at <= now:
        return Outcome.EXPIRED
    if row.tries >= rules.TRIES:
        return Outcome.BURNT
    if counts.wrong_tries(phone_hash, now=now) >= rules.VERIFY_HOURLY:
        return Outcome.LOCKED
    if not is_right:
        row.tries += 1
        row.save(update_fields=["tries"])
        return Outcome.BURNT if row.tries >= rules.TRIES else Outcome.WRONG
    row.used_at = now
    row.save(update_fields=["used_at"])
    return Outcome.RIGHT


@transaction.atomic(durable=True)
def purge(*, now: datetime) -> int:
    """Delete what no cap counts any more; how many rows."""
    return OneTimeCode.objects.filter(sent_at__lt=now - KEPT).delete()[0]
