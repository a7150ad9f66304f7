"""Tills look members up."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Router

from loyalty.queries import accounts
from members.queries import identities
from members.rules import phones
from stores.models import ApiKey
from stores.queries import keys, stores
from stores.rules.scopes import Scope
from stores.services import limits

from .auth import KeyRequest
from .doors import reads
from .errors import TooOften
from .schemas import HoldingOut, LookupIn, MemberOut

router = Router(tags=["Members"])


@reads(router, "/members/lookup", Scope.MEMBERS_READ, MemberOut, method="POST")
def look_up(request: KeyRequest, body: LookupIn):
    """Find a member by phone or card: name and phone masked, with tier and balance in the brands of this key.

    Only who takes part in one of those brands, or belongs to or bought at a store of this key, is found.
    """
    if wait := limits.count_lookup(request.auth, now=timezone.now()):
        raise TooOften(wait)
    member = shown(identities.owner(body.ref()), request.auth)
    if member is None:
        raise Http404
    return member


def shown(member_id: int | None, key: ApiKey) -> MemberOut | None:
    """A member as this key may see them; None for nobody and for a stranger to the key's brands and stores."""
    member = identities.member(member_id)
    if member is None:
        return None
    brands = set(keys.brands_of(key).values_list("pk", flat=True))
    held = [each for each in accounts.holdings(member) if each.brand.pk in brands]
    if not held and not identities.is_known_at(member, stores.visible_to_key(key)):
        return None
    return MemberOut(
        number=member.number,
        name=phones.mask_name(member.name),
        phone=phones.mask(identities.phone_of(member) or ""),
        joined_at=member.joined_at,
        holdings=[_holding_out(each) for each in held],
    )


def _holding_out(holding: accounts.Holding) -> HoldingOut:
    in_chinese = (get_language() or "").startswith("zh")
    tier = holding.tier.name if in_chinese else holding.tier.name_en or holding.tier.name
    return HoldingOut(
        brand=holding.brand.code, tier=tier, points=holding.points, growth=holding.growth, debt=holding.debt,
        to_next_tier=holding.to_next,
    )  # fmt: skip
