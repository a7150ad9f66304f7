"""A member's card at one brand: tier with the way to the next, points, coupons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from members.models import Member
from stores.models import Brand

from ..models import Coupon, CouponTemplate, Standing, Tier
from . import accounts, coupons
from .accounts import Holding

SHOWN = 20  # coupons on a card


@dataclass(frozen=True)
class Card:
    """``holding`` is the place at the brand shown; ``others`` the member's other brands."""

    holding: Holding
    others: list[Brand]
    next_tier: Tier | None
    coupons: list[Coupon]

    @property
    def step(self) -> tuple[int, int]:
        """How far into the present rung (done, whole) in growth value; (1, 1) at the top."""
        if self.next_tier is None:
            return 1, 1
        floor = self.holding.tier.threshold
        return max(self.holding.growth - floor, 0), self.next_tier.threshold - floor


def is_enrolled(member: Member, brand: Brand) -> bool:
    """Whether the member takes part in the brand's programme."""
    return Standing.objects.filter(member=member, program__brand=brand).exists()


def card(member: Member, brand: Brand | None, *, now: datetime) -> Card | None:
    """The card at this brand, else at the home store's brand, else at the first; None for somebody without any."""
    held = accounts.holdings(member)
    if not held:
        return None
    wanted = [brand.pk] if brand else []
    if member.home_store:
        wanted.append(member.home_store.brand_id)
    chosen = next((h for pk in wanted for h in held if h.brand.pk == pk), held[0])
    return _built(member, chosen, held, now=now)


def card_at(member: Member, brand: Brand, *, now: datetime) -> Card | None:
    """The card at this very brand; None for somebody who takes no part in it. For staff, who see no other brand's."""
    held = accounts.holding(member, brand)
    return _built(member, held, [held], now=now) if held else None


def _built(member: Member, chosen: Holding, held: list[Holding], *, now: datetime) -> Card:
    above = Tier.objects.filter(program=chosen.program, threshold__gt=chosen.growth).order_by("threshold").first()
    wallet = coupons.wallet(member, now).filter(template__program=chosen.program)
    return Card(chosen, [h.brand for h in held if h is not chosen], above, list(wallet[:SHOWN]))


def welcome_of(brand: Brand) -> CouponTemplate | None:
    """What a new member of the brand is given, while there is some; None for nothing."""
    live = CouponTemplate.objects.filter(program__brand=brand, is_welcome=True, is_live=True)
    return live.exclude(stock=0).first()
