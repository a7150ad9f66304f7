"""What a till sends, and what is wrong with it. Plain values: no database."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from . import phones

if TYPE_CHECKING:
    from stores.models import Channel

CLOCK_SKEW = timedelta(minutes=5)  # how far a till's clock may run ahead
MOST = Decimal(10) ** 10  # yuan: what the columns hold
MOST_QUANTITY = Decimal(10) ** 9
FINEST = -20  # the power of ten of the last digit that a number may be written with
MOST_LINES = 2_000
BACKDATED = timedelta(days=1)  # how far a refund may lie before its order: tills that know only the day
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Refusal(TextChoices):
    """Why an order or a refund was not taken. The value is the machine's word, the label is for people."""

    UNKNOWN_STORE = "unknown_store", _("There is no store with this code that this key may use.")
    NEGATIVE_AMOUNT = "negative_amount", _("The amount is negative. Send money given back as a refund.")
    BAD_AMOUNT = "bad_amount", _("The amount is not yuan with at most two decimals.")
    FUTURE = "future", _("The time of payment lies in the future. Check the till's clock.")
    BAD_TIME = "bad_time", _("The time is missing its time zone or lies before the year 2000.")
    BAD_NUMBER = "bad_number", _("The number must have 1 to 64 printable characters without spaces.")
    BAD_LINE = "bad_line", _("A line has no SKU, or a quantity or an amount that cannot be stored.")
    TOO_MANY_LINES = "too_many_lines", _("The order has too many lines.")
    OTHER_BODY = "other_body", _("This number was sent before with other content. What was stored first stays.")
    UNKNOWN_ORDER = "unknown_order", _("This order is not known here. Send the order first, then its refund.")
    NOTHING_GIVEN_BACK = "nothing_given_back", _("The amount of a refund must be more than zero.")
    BEFORE_ORDER = "before_order", _("The refund is dated before its order was paid. Check the till's clock.")
    MORE_THAN_PAID = "more_than_paid", _("The refunds of this order would be more than was paid.")


def printable(text: str) -> str:
    """Words for people, without what no column or page can hold; a tab or a line end becomes a space."""
    kept = (sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text)
    return "".join(kept).strip()


def _clean(text: str) -> str:
    text = text.strip()
    return text[:128] if text.isprintable() else ""


class MemberRef(NamedTuple):
    """How the till names the shopper: ``kind`` as in ``Identity.Kind``, ``value`` in its canonical form."""

    kind: int
    value: str

    @classmethod
    def phone(cls, text: str) -> MemberRef:
        """By phone; a text that is no phone is kept, and will simply be nobody's."""
        return cls(1, phones.normalise(text) or _clean(text))

    @classmethod
    def card(cls, text: str) -> MemberRef:
        return cls(2, _clean(text))

    @classmethod
    def openid(cls, text: str) -> MemberRef:
        return cls(3, _clean(text))


class NewLine(NamedTuple):
    """One line of a receipt: yuan for the line as a whole, quantity in pieces or kilograms."""

    sku: str
    name: str
    quantity: Decimal
    amount: Decimal


class NewOrder(NamedTuple):
    """One paid receipt. ``store`` is a store code, ``associate`` a login name; ``amount`` is what was paid, in yuan."""

    channel: Channel
    store: str
    number: str
    member: MemberRef | None
    amount: Decimal
    paid_at: datetime
    lines: tuple[NewLine, ...] | list[NewLine] = ()
    associate: str = ""


class NewRefund(NamedTuple):
    """Money given back on one order of the same channel; ``number`` is the refund's own."""

    channel: Channel
    number: str
    order_number: str
    amount: Decimal
    refunded_at: datetime
    reason: str = ""


def digest(new: NewOrder) -> bytes:
    """A fingerprint of what was sent: 16 bytes, the same for the same receipt however its numbers are written."""
    lines = "\x1e".join(
        f"{sku}\x1f{name}\x1f{quantity:.3f}\x1f{amount:.2f}" for sku, name, quantity, amount in new.lines
    )
    kind, value = new.member or (0, "")
    at = new.paid_at.astimezone(UTC).isoformat()
    head = f"{new.store}\x1f{kind}\x1f{value}\x1f{new.amount:.2f}\x1f{at}\x1f{new.associate}\x1d"
    return hashlib.blake2b((head + lines).encode("utf-8", "replace"), digest_size=16).digest()


def fault(new: NewOrder, *, now: datetime) -> Refusal | None:
    """The first thing wrong with an order, judged by itself; None when it may be stored."""
    return (
        _fault_of_number(new.number)
        or _fault_of_amount(new.amount)
        or _fault_of_time(new.paid_at, now=now)
        or _fault_of_lines(new.lines)
    )


def fault_of_refund(new: NewRefund, *, now: datetime) -> Refusal | None:
    """The first thing wrong with a refund, judged by itself."""
    wrong = _fault_of_number(new.number)
    if not wrong and _fault_of_number(new.order_number):
        wrong = Refusal.UNKNOWN_ORDER
    if not wrong and (wrong := _fault_of_amount(new.amount)) == Refusal.NEGATIVE_AMOUNT:
        wrong = Refusal.NOTHING_GIVEN_BACK
    if not wrong and new.amount == 0:
        wrong = Refusal.NOTHING_GIVEN_BACK
    return wrong or _fault_of_time(new.refunded_at, now=now)


def _fault_of_number(number: str) -> Refusal | None:
    fits = 0 < len(number) <= 64 and number.isprintable() and " " not in number
    return None if fits else Refusal.BAD_NUMBER


def _fault_of_amount(amount: Decimal) -> Refusal | None:
    if not _is_money(amount):
        return Refusal.BAD_AMOUNT
    return Refusal.NEGATIVE_AMOUNT if amount < 0 else None


def _is_storable(number: Decimal, most: Decimal, *, decimals: int) -> bool:
    """Whether a column holds it. The exponent is looked at first: no arithmetic runs on a number that it could break."""
    _sign, _digits, exponent = number.as_tuple()
    if not (isinstance(exponent, int) and exponent >= FINEST and -most < number < most):
        return False
    return -most < round(number, decimals) < most


def _is_money(amount: Decimal) -> bool:
    return _is_storable(amount, MOST, decimals=2) and amount == round(amount, 2)


def _fault_of_time(at: datetime, *, now: datetime) -> Refusal | None:
    if at.tzinfo is None or at < EARLIEST:
        return Refusal.BAD_TIME
    return Refusal.FUTURE if at > now + CLOCK_SKEW else None


def _fault_of_lines(lines: tuple[NewLine, ...] | list[NewLine]) -> Refusal | None:
    if len(lines) > MOST_LINES:
        return Refusal.TOO_MANY_LINES
    for sku, _name, quantity, amount in lines:
        if not (0 < len(sku) <= 40 and sku.isprintable()):
            return Refusal.BAD_LINE
        if not (_is_storable(quantity, MOST_QUANTITY, decimals=3) and _is_money(amount)):
            return Refusal.BAD_LINE
    return None
