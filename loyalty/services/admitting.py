"""Somebody whom a platform vouches for becomes a member: one way in for every platform, safe to repeat. Inner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from members.models import Member
from members.services import binding, consent, profiles
from members.services.prospects import Seen
from stores.models import Channel, Store, StoreCode
from stores.services import codes

from . import coupons, matching, programs
from .joining import Joined
from .matching import Newcomer


@dataclass(frozen=True)
class Yes:
    """How somebody agreed to the membership terms. ``wants_offers`` None: nobody asked, and nothing is taken as given."""

    method: str
    language: str = "zh-hans"
    wants_offers: bool | None = None
    address: str | None = None


@dataclass(frozen=True)
class Where:
    """Through which channel somebody came, and at which store; a code names store and associate."""

    channel: Channel
    store: Store
    code: StoreCode | None = None


def admit(newcomer: Newcomer, where: Where, yes: Yes, *, now: datetime, visitor: str = "") -> Joined:
    """Make the one person behind these identities a member of the store's brand, bound to the store.

    Who is a prospect keeps number and timeline; who is a member stays the same one. One welcome coupon for each person.
    """
    met = matching.meet_in(newcomer, now=now, seen=Seen(now, where.channel, where.store))
    associate = where.code.associate if where.code else None
    phone = next((each.value for each in newcomer.shown if each.kind == matching.PHONE), "")
    member, is_new = profiles.join(
        person=met.member, phone=phone, name=newcomer.name, store=where.store, associate=associate, code=where.code,
        channel=where.channel, language=yes.language, now=now,
    )  # fmt: skip
    if not is_new:
        binding.bind(member, store=where.store, associate=associate, code=where.code, now=now)
    is_first = _agree(member, where, yes, now)
    program = programs.ensure(where.store.brand, now=now)
    is_enrolled = bool(programs.enrol_many([member.pk], program, at=now, store=where.store, channel=where.channel))
    coupon = coupons.issue_welcome(member, program, now=now) if is_enrolled or is_first else None
    if where.code and (is_enrolled or is_first):
        codes.mark_joined(where.code, visitor=visitor, now=now)
    return Joined(member, is_new, is_enrolled, coupon)


def _agree(member: Member, where: Where, yes: Yes, now: datetime) -> bool:
    """Write the yes to the terms, and what was said about offers if anything was; True for the first yes."""
    how: dict[str, Any] = {
        "language": yes.language, "method": yes.method, "now": now, "store": where.store, "address": yes.address,
        "channel": where.channel,
    }  # fmt: skip
    is_first = consent.latest(member, consent.Purpose.MEMBERSHIP) is None
    consent.give(member, consent.Purpose.MEMBERSHIP, **how)
    if yes.wants_offers is not None:
        consent.give(member, consent.Purpose.MARKETING, is_given=yes.wants_offers, **how)
    return is_first
