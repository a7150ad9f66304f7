"""One tap in a mini-program: WeChat vouches for phone and OpenID, the person agrees to the terms on the same page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Identity, Member
from members.rules import consent_texts, identities, phones
from members.rules.identities import BadIdentity
from members.services.consent import Purpose
from stores.services import mini_programs
from stores.services.mini_programs import Handed, NotProven, Proven

from . import admitting
from .admitting import Where, Yes
from .joining import CannotJoin, Joined, demand_open
from .matching import Newcomer, Shown

METHOD = "one_tap"
KEPT = 600  # seconds in which a second tap with the same codes is answered like the first


@dataclass(frozen=True)
class Tap:
    """What the page sends: what WeChat handed it, and the version of the terms that stood beside the button."""

    handed: Handed
    version: int
    wants_offers: bool | None = None
    language: str = "zh-hans"
    address: str | None = None


def join(tap: Tap, where: Where, *, now: datetime, ask: Any = None) -> Joined:
    """Make who tapped a member, or find them. Asks WeChat first, outside of any transaction.

    Raises CannotJoin, NotProven and NotNow. A double tap makes one member.
    """
    if where.code:
        demand_open(where.code)
    elif where.store.closed_on is not None:
        raise CannotJoin(_("This store is closed."))
    if tap.version != consent_texts.current(Purpose.MEMBERSHIP, tap.language).version:
        raise CannotJoin(_("The membership terms have changed. Please read them again."))
    codes = f"{tap.handed.login}\n{tap.handed.phone}\n{tap.handed.sealed}"
    mark = f"one-tap:{where.channel.pk}:{sha256(codes.encode()).hexdigest()}"
    try:
        proven = mini_programs.prove(where.channel, tap.handed, now=now, ask=ask)
    except NotProven:
        if kept := Member.objects.filter(pk=cache.get(mark) or 0).first():
            return Joined(kept, False, False, None)
        raise
    done = _join(proven, tap, where, now=now)
    cache.set(mark, done.member.pk, KEPT)
    return done


@transaction.atomic(durable=True)
def _join(proven: Proven, tap: Tap, where: Where, *, now: datetime) -> Joined:
    yes = Yes(METHOD, tap.language, tap.wants_offers, tap.address)
    return admitting.admit(Newcomer(shown_by(proven)), where, yes, now=now)


def shown_by(proven: Proven) -> list[Shown]:
    """The identities that WeChat vouches for. Raises NotProven for a phone that is none."""
    phone = phones.normalise(proven.phone if proven.country == "86" else f"+{proven.country}{proven.phone}")
    try:
        names = [
            Shown(Identity.Kind.PHONE, identities.canonical("phone", phone or "")),
            Shown(Identity.Kind.OPENID, identities.canonical("openid", proven.openid, scope=proven.app)),
        ]
        if proven.unionid:
            names.append(Shown(Identity.Kind.UNIONID, identities.canonical("unionid", proven.unionid)))
    except BadIdentity:
        raise NotProven from None
    return names
