"""The way out of every offer: one tap, no sign-in, and nobody is asked why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from members.models import Member
from members.services import consent
from members.services.consent import Purpose
from stores.models import Brand

from ..models import Delivery
from ..rules import links
from .links import NoSuchLink, found

__all__ = ["NoSuchLink", "brand_of", "give_back", "is_out", "unsubscribe"]
METHOD = "link"


def brand_of(token: str) -> Brand:
    """Whose offers the link ends. Raises NoSuchLink."""
    return found(token, links.UNSUBSCRIBE)[0].brand


def is_out(token: str) -> bool:
    """Whether the member gets no offers any more. Raises NoSuchLink."""
    held = consent.latest(_member(token), Purpose.MARKETING)
    return held is None or not held.is_given


@transaction.atomic(durable=True)
def unsubscribe(token: str, *, now: datetime, address: str | None = None) -> bool:
    """Take the member's yes to offers back; False when there was none to take. Raises NoSuchLink.

    Only by POST: mail programs and scanners open links by themselves.
    """
    return consent.withdraw(_member(token), Purpose.MARKETING, method=METHOD, now=now, address=address) is not None


@transaction.atomic(durable=True)
def give_back(token: str, *, language: str, now: datetime, address: str | None = None) -> bool:
    """Undo a tap that was a mistake: the member says yes again. Raises NoSuchLink."""
    member = _member(token)
    held = consent.latest(member, Purpose.MARKETING)
    if held is None or held.is_given or held.method != METHOD:
        return False  # a yes that was never given cannot be given back by a link
    given = consent.give(member, Purpose.MARKETING, language=language, method=METHOD, now=now, address=address)
    return given is not None


def _member(token: str) -> Member:
    _campaign, delivery_id = found(token, links.UNSUBSCRIBE)
    member = Member.objects.filter(pk__in=Delivery.objects.filter(pk=delivery_id).values("member")).first()
    if member is None:
        raise NoSuchLink
    return member
