"""The member's own card: what its QR code says, and who holds a card that was scanned."""

from datetime import datetime

from django.conf import settings

from stores.models import Staff

from ..models import Member
from ..rules import cards as rules
from . import consents, members


def token(member: Member, *, now: datetime) -> str:
    """What the QR code of this member says for the coming minute."""
    return rules.make(member.number, key=settings.SECRET_KEY, now=now)


def holder(staff: Staff, scanned: str, *, now: datetime) -> Member | None:
    """The member whose card was scanned, if this person may see them; None for somebody of other stores.

    Raises BadToken or OldToken (``members.rules.cards``).
    """
    number = rules.read(scanned, key=settings.SECRET_KEY, now=now)
    return members.for_list(staff).filter(number=number).first()


def wants_offers(member: Member) -> bool:
    """Whether offers and news may be sent through any medium."""
    return consents.wants_anything(member)
