"""Tills look members up."""

from django.http import Http404
from django.utils.translation import get_language
from ninja import Router

from loyalty.queries import accounts
from members.queries import identities
from members.rules import phones
from stores.models import ApiKey
from stores.queries import channels

from .auth import ChannelKey, KeyRequest
from .schemas import HoldingOut, LookupIn, MemberOut, ProblemOut

router = Router(auth=ChannelKey(), tags=["Members"])


@router.post("/members/lookup", response={200: MemberOut, frozenset({401, 404, 422, 503}): ProblemOut})
def look_up(request: KeyRequest, body: LookupIn):
    """Find a member by phone or card: name and phone masked, with tier and balance in the brands of this key."""
    member = shown(identities.owner(body.ref()), request.auth)
    if member is None:
        raise Http404
    return member


def shown(member_id: int | None, key: ApiKey) -> MemberOut | None:
    """A member as this key may see them; None for nobody."""
    member = identities.member(member_id)
    if member is None:
        return None
    brands = set(channels.brands_of(key).values_list("pk", flat=True))
    return MemberOut(
        number=member.number,
        name=phones.mask_name(member.name),
        phone=phones.mask(identities.phone_of(member) or ""),
        joined_at=member.joined_at,
        holdings=[_holding_out(each) for each in accounts.holdings(member) if each.brand.pk in brands],
    )


def _holding_out(holding: accounts.Holding) -> HoldingOut:
    in_chinese = (get_language() or "").startswith("zh")
    tier = holding.tier.name if in_chinese else holding.tier.name_en or holding.tier.name
    return HoldingOut(
        brand=holding.brand.code, tier=tier, points=holding.points, growth=holding.growth, debt=holding.debt,
        to_next_tier=holding.to_next,
    )  # fmt: skip
