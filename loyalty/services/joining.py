"""A scan becomes a membership: member, store, consents, programme and welcome coupon in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Member, StoreBinding
from members.services import assists, binding, consent, profiles
from stores.models import Channel, StoreCode
from stores.services import codes

from ..models import Coupon, Program, Standing
from . import coupons, programs

METHOD = "h5"


@dataclass(frozen=True)
class Joined:
    """``is_new``: this call made the member. ``is_enrolled``: it opened the brand's programme for them.

    A member whom a file or a till brought is neither, yet gets the welcome coupon on the first own yes.
    """

    member: Member
    is_new: bool
    is_enrolled: bool
    coupon: Coupon | None


class CannotJoin(Exception):
    """The code is out of use, its store closed, or the terms were not agreed to. The text may be shown."""


def demand_open(code: StoreCode) -> None:
    """Raise CannotJoin unless people may join by this code."""
    if not code.is_live:
        raise CannotJoin(_("This code is no longer in use."))
    if code.store.closed_on is not None:
        raise CannotJoin(_("This store is closed."))


@transaction.atomic(durable=True)
def join(
    phone: str,
    *,
    code: StoreCode,
    agrees: bool,
    wants_offers: bool,
    language: str,
    now: datetime,
    name: str = "",
    visitor: str = "",
    address: str | None = None,
    channel: Channel | None = None,
    assist: str = "",
) -> Joined:
    """Make the person with this canonical, proven phone a member of the code's brand, bound to its store.

    ``assist`` is the token of an associate's link that led here; it counts once.

    Safe to repeat and to race: one phone is one member with one welcome coupon. Raises CannotJoin.
    """
    demand_open(code)
    _demand_yes(agrees)
    store = code.store
    member, is_new = profiles.join(
        phone=phone, name=name, store=store, associate=code.associate, code=code, channel=channel,
        language=language, now=now,
    )  # fmt: skip
    is_first = _give(
        member, wants_offers=wants_offers, is_new=is_new, language=language, method=METHOD, now=now, store=store,
        address=address,
    )  # fmt: skip
    if not is_new:
        binding.bind(member, store=store, associate=code.associate, code=code, now=now)
    program = programs.ensure(store.brand, now=now)
    is_enrolled = bool(programs.enrol_many([member.pk], program, at=now, store=store, channel=channel))
    coupon = coupons.issue_welcome(member, program, now=now) if is_enrolled or is_first else None
    if is_enrolled or is_first:
        codes.mark_joined(code, visitor=visitor, now=now)
    assists.finish(assist, member, code=code, now=now)
    return Joined(member, is_new, is_enrolled, coupon)


def _demand_yes(agrees: bool) -> None:
    if not agrees:
        raise CannotJoin(_("Please agree to the membership terms to join."))


def _give(member: Member, *, wants_offers: bool, is_new: bool, **how: Any) -> bool:
    """Write the yes to the terms, and what was said about offers; True for the member's first yes."""
    held = consent.latest(member, consent.Purpose.MEMBERSHIP)
    consent.give(member, consent.Purpose.MEMBERSHIP, **how)
    if wants_offers or is_new:
        consent.give(member, consent.Purpose.MARKETING, is_given=wants_offers, **how)
    return held is None


@transaction.atomic(durable=True)
def agree(
    phone: str, *, agrees: bool, wants_offers: bool, language: str, now: datetime, name: str = "",
    address: str | None = None,
) -> Joined:  # fmt: skip
    """A member with this canonical, proven phone agrees to the terms on their card, at no store. Raises CannotJoin.

    The first yes is worth the same here as in a store: the welcome coupon of the brand that the card opens on.
    """
    _demand_yes(agrees)
    member, is_new = profiles.join(phone=phone, name=name, language=language, now=now)
    is_first = _give(
        member, wants_offers=wants_offers, is_new=is_new, language=language, method="card", now=now, address=address
    )
    program = _program_of(member) if is_first else None
    coupon = coupons.issue_welcome(member, program, now=now) if program else None
    return Joined(member, is_new, is_enrolled=False, coupon=coupon)


def _program_of(member: Member) -> Program | None:
    """The programme of the home store's brand, else the first that the member takes part in; None for none."""
    held = [
        each.program for each in Standing.objects.filter(member=member).select_related("program").order_by("joined_at")
    ]
    home = member.home_store.brand_id if member.home_store else None
    return next((program for program in held if program.brand_id == home), held[0] if held else None)


@transaction.atomic(durable=True)
def visit(member: Member, *, code: StoreCode, now: datetime) -> StoreBinding | None:
    """A member scanned a code: bind by the brand's rule; None when all stays as it is. Raises CannotJoin."""
    demand_open(code)
    return binding.bind(member, store=code.store, associate=code.associate, code=code, now=now)


@transaction.atomic(durable=True)
def set_offers(
    member: Member, *, wanted: bool, language: str, now: datetime, address: str | None = None,
    medium: int = consent.Medium.EVERY,
) -> None:  # fmt: skip
    """The member switches offers and news on or off on their own card, through one medium or every one."""
    offers, method = consent.Purpose.MARKETING, "card"
    if wanted:
        consent.give(member, offers, language=language, method=method, now=now, address=address, medium=medium)
    else:
        consent.withdraw(member, offers, method=method, now=now, address=address, medium=medium)
