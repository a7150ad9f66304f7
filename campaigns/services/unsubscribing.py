"""The way out of every offer: one tap, no sign-in, and nobody is asked why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from members.models import Member
from members.queries import consents, preferences
from members.services import consent
from members.services.consent import Purpose
from stores.models import Brand

from ..models import Delivery
from ..rules import links
from .links import NoSuchLink, found

__all__ = ["NoSuchLink", "brand_of", "choose", "give_back", "is_out", "member_of", "unsubscribe"]
METHOD = preferences.LINK


def brand_of(token: str) -> Brand:
    """Whose offers the link ends. Raises NoSuchLink."""
    return found(token, links.UNSUBSCRIBE)[0].brand


def is_out(token: str) -> bool:
    """Whether the member gets no offers any more. Raises NoSuchLink."""
    return not consents.wants_anything(member_of(token))


@transaction.atomic(durable=True)
def unsubscribe(token: str, *, now: datetime, address: str | None = None) -> bool:
    """Take the member's yes to offers back; False when there was none to take. Raises NoSuchLink.

    Only by POST: mail programs and scanners open links by themselves.
    """
    return consent.withdraw(member_of(token), Purpose.MARKETING, method=METHOD, now=now, address=address) is not None


@transaction.atomic(durable=True)
def give_back(token: str, *, language: str, now: datetime, address: str | None = None) -> bool:
    """Undo a tap that was a mistake: the member says yes again. Raises NoSuchLink."""
    member = member_of(token)
    held = consent.latest(member, Purpose.MARKETING)
    if held is None or held.is_given or held.method != METHOD:
        return False  # a yes that was never given cannot be given back by a link
    given = consent.give(member, Purpose.MARKETING, language=language, method=METHOD, now=now, address=address)
    return given is not None


@transaction.atomic(durable=True)
def choose(
    token: str, medium: int, *, wanted: bool, language: str, now: datetime, address: str | None = None
) -> bool:  # fmt: skip
    """Turn offers through one medium (0: every one) on or off; whether anything changed. Raises NoSuchLink.

    A link may be forwarded: it turns on only what a link turned off.
    """
    member, offers = member_of(token), Purpose.MARKETING
    if not wanted:
        return consent.withdraw(member, offers, method=METHOD, now=now, address=address, medium=medium) is not None
    state = consents.state(member, [offers])
    asked = next((each for each in state if each.medium == medium), None)
    if asked is None or asked.is_given or not preferences.may_give_back(asked):
        return False
    return consent.give(
        member, offers, language=language, method=METHOD, now=now, address=address, medium=medium
    ) is not None  # fmt: skip


def member_of(token: str) -> Member:
    """Whom the link was sent to. Raises NoSuchLink."""
    _campaign, delivery_id = found(token, links.UNSUBSCRIBE)
    member = Member.objects.filter(pk__in=Delivery.objects.filter(pk=delivery_id).values("member")).first()
    if member is None:
        raise NoSuchLink
    return member
