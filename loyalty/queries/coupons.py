"""Coupons that members hold."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from members.models import Member

from ..models import Coupon, CouponTemplate, Program


def of_member(member: Member) -> QuerySet[Coupon]:
    """Every coupon the member was ever given, latest first."""
    coupons = Coupon.objects.filter(member=member).select_related("template__program__brand")
    return coupons.order_by("-issued_at", "-pk")


def wallet(member: Member, now: datetime) -> QuerySet[Coupon]:
    """The coupons a member may still use, the first to expire on top."""
    return of_member(member).filter(expires_at__gt=now).order_by("expires_at", "pk")


def welcome_template(program: Program) -> CouponTemplate | None:
    """What a new member of the programme is given; None when nothing is."""
    return CouponTemplate.objects.filter(program=program, is_welcome=True, is_live=True).first()
