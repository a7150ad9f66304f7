"""A partner makes somebody a member: the app, the mall or the till asked them, and passes their answers on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from members.services import consent, profiles
from members.services.consent import Purpose
from stores.models import Channel, Store

from . import coupons, programs
from .joining import CannotJoin, Joined

METHOD = "api"


@transaction.atomic(durable=True)
def join(
    phone: str, *, channel: Channel, store: Store, agrees: bool, wants_offers: bool | None, language: str, now: datetime,
    name: str = "",
) -> Joined:  # fmt: skip
    """Make the person with this canonical phone a member of the store's brand, with the consents they gave.

    Nothing is inferred: without a yes to the terms nobody joins, and ``wants_offers`` None leaves open what nobody
    asked. Safe to repeat and to race. Raises CannotJoin.
    """
    if not agrees:
        raise CannotJoin(_("Without a yes to the membership terms nobody can join."))
    if store.closed_on is not None:
        raise CannotJoin(_("This store is closed."))
    member, is_new = profiles.join(phone=phone, name=name, store=store, channel=channel, language=language, now=now)
    is_first = consent.latest(member, Purpose.MEMBERSHIP) is None
    consent.give(member, Purpose.MEMBERSHIP, language=language, method=METHOD, now=now, store=store)
    if wants_offers is not None:
        consent.give(
            member, Purpose.MARKETING, is_given=wants_offers, language=language, method=METHOD, now=now, store=store
        )
    program = programs.ensure(store.brand, now=now)
    is_enrolled = bool(programs.enrol_many([member.pk], program, at=now))
    coupon = coupons.issue_welcome(member, program, now=now) if is_enrolled or is_first else None
    return Joined(member, is_new, is_enrolled, coupon)
