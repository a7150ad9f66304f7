"""The programmes of the brands a person sees."""

from __future__ import annotations

from django.db.models import QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import CouponTemplate, Program, Tier


def visible_to(staff: Staff) -> QuerySet[Program]:
    """The programmes of the brands with a store in this person's scope."""
    rows = Program.objects.select_related("brand")
    return rows if staff.sees_every_store else rows.filter(brand__in=stores.brands_visible_to(staff).values("pk"))


def editable_by(staff: Staff) -> QuerySet[Program]:
    """The programmes that a person may change: those of whole brands, never from one region or store."""
    return visible_to(staff) if staff.scope in {Staff.Scope.CHAIN, Staff.Scope.BRAND} else Program.objects.none()


def ladder(program: Program) -> QuerySet[Tier]:
    """The tiers from the bottom up."""
    return Tier.objects.filter(program=program).order_by("rank")


def ladders(staff: Staff) -> QuerySet[Tier]:
    """Every tier of the visible programmes, with programme and brand, for filters."""
    rows = Tier.objects.filter(program__in=visible_to(staff)).select_related("program__brand")
    return rows.order_by("program", "rank")


def coupon_templates(program: Program) -> QuerySet[CouponTemplate]:
    """What the programme gives as coupons, live ones first."""
    return CouponTemplate.objects.filter(program=program).order_by("-is_live", "-is_welcome", "pk")
