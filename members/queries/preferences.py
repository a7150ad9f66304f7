"""What a member's preference page shows: each medium with its address and its switch."""

from __future__ import annotations

from dataclasses import dataclass

from stores.rules.masking import masked

from ..models import Identity, Medium, Member
from ..models.consent import Purpose
from . import consents
from .consents import Standing

LINK = "link"  # how an answer came that was given through a message's link
ADDRESSES = {
    Medium.SMS: Identity.Kind.PHONE, Medium.EMAIL: Identity.Kind.EMAIL, Medium.OFFICIAL_ACCOUNT: Identity.Kind.OPENID,
}  # fmt: skip


@dataclass(frozen=True)
class Switch:
    """One medium. ``address`` is masked and empty when none is known; ``may_turn``: whether this page may change it."""

    standing: Standing
    address: str
    is_known: bool
    may_turn: bool


@dataclass(frozen=True)
class Shown:
    """``terms`` is the answer to the membership terms; ``history`` every answer, the latest first."""

    switches: list[Switch]
    terms: Standing
    is_any: bool


def of(member: Member, *, may_add: bool) -> Shown:
    """The page of a member. ``may_add``: who looks has proved who they are; a link only gives back what a link took."""
    standings = consents.state(member)
    known = dict(
        Identity.objects.filter(member=member, kind__in=ADDRESSES.values()).order_by("is_verified", "-value")
        .values_list("kind", "value")
    )  # fmt: skip
    switches = []
    for each in standings:
        if each.purpose == Purpose.MARKETING and each.medium:
            kind = ADDRESSES[Medium(each.medium)]
            # nobody reads an OpenID: that the account is known says it all
            address = "" if kind == Identity.Kind.OPENID else masked(known.get(kind, ""))
            switches.append(Switch(each, address, kind in known, each.is_given or may_add or may_give_back(each)))
    terms = next(each for each in standings if each.purpose == Purpose.MEMBERSHIP)
    return Shown(switches, terms, any(each.standing.is_given for each in switches))


def may_give_back(standing: Standing) -> bool:
    """Whether a message's link may say yes again: only where a link said no after a yes."""
    return standing.row is not None and standing.row.method == LINK
