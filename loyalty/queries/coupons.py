"""Coupons that members hold, and the templates they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from members.models import Member
from members.queries import members
from stores.models import Channel, Staff, Store
from stores.queries import stores

from ..models import Coupon, CouponTemplate, Program
from ..rules.redeeming import Terms


class Counts(NamedTuple):
    """What became of a template's coupons."""

    issued: int
    used: int
    expired: int
    voided: int

    @property
    def open(self) -> int:
        """Still in wallets, to be used."""
        return self.issued - self.used - self.expired - self.voided


def of_member(member: Member) -> QuerySet[Coupon]:
    """Every coupon the member was ever given, latest first."""
    coupons = Coupon.objects.filter(member=member).select_related("template__program__brand", "redeemed_store")
    return coupons.order_by("-issued_at", "-pk")


def wallet(member: Member, now: datetime) -> QuerySet[Coupon]:
    """The coupons a member may still use, now or from a later day on; the first to expire on top."""
    live = of_member(member).filter(expires_at__gt=now, redeemed_at=None, voided_at=None)
    return live.order_by("expires_at", "pk")


def spent(member: Member, now: datetime) -> QuerySet[Coupon]:
    """The coupons a member used or let run out, latest first. Withdrawn ones are not shown to members."""
    over = Q(redeemed_at__isnull=False) | Q(expires_at__lte=now)
    return of_member(member).filter(over, voided_at=None).order_by("-redeemed_at", "-expires_at", "-pk")


def one_of(member: Member, pk: int) -> Coupon | None:
    """The member's own coupon; None for a stranger's and for one that was withdrawn."""
    return of_member(member).select_related("redeemed_channel").filter(pk=pk, voided_at=None).first()


def welcome_template(program: Program) -> CouponTemplate | None:
    """What a new member of the programme is given; None when nothing is."""
    return CouponTemplate.objects.filter(program=program, is_welcome=True, is_live=True).first()


# --- at the till ---------------------------------------------------------------------------------------
def with_terms() -> QuerySet[Coupon]:
    """Coupons with all that their terms and their story need."""
    joined = ("template__program__brand", "member", "redeemed_store", "redeemed_channel")
    return Coupon.objects.select_related(*joined).prefetch_related("template__stores")


def by_code(code: str) -> Coupon | None:
    """The coupon with this code, in any state."""
    return with_terms().filter(code=code).first()


def has_key(channel: Channel, key: str) -> bool:
    """Whether the channel gave this key to some redemption."""
    return Coupon.objects.filter(redeemed_channel=channel, redeemed_key=key).exists()


def redeemed_with(channel: Channel, key: str) -> Coupon | None:
    """The coupon that the channel redeemed under this key; None when there is none, or it was given back."""
    return with_terms().filter(redeemed_channel=channel, redeemed_key=key, redeemed_at__isnull=False).first()


def redeemed_by(staff: Staff, code: str) -> Coupon | None:
    """The coupon with this code, if this very person redeemed it."""
    return with_terms().filter(code=code, redeemed_by=staff, redeemed_at__isnull=False).first()


def terms_of(template: CouponTemplate) -> Terms:
    """What the template promises, as plain values."""
    return Terms(
        template.kind, template.value, template.most, template.threshold, template.place, template.program.brand_id,
        frozenset(store.pk for store in template.stores.all()),
    )  # fmt: skip


def places_of(template: CouponTemplate) -> list[Store]:
    """The stores where it counts; none listed means every store of the brand."""
    return list(template.stores.order_by("code"))


# --- for headquarters ----------------------------------------------------------------------------------
def templates_visible_to(staff: Staff) -> QuerySet[CouponTemplate]:
    """The templates of the brands that a person sees."""
    templates = CouponTemplate.objects.select_related("program__brand")
    return templates.filter(program__brand__in=stores.brands_visible_to(staff))


def tallies(templates: Sequence[CouponTemplate]) -> dict[int, tuple[int, int]]:
    """(issued, used) of these templates by their ids, from two indexes that hold nothing else."""
    given = Coupon.objects.filter(template__in=[each.pk for each in templates]).order_by().values_list("template")
    issued = dict(given.annotate(n=Count("template")))
    used = dict(given.filter(redeemed_at__isnull=False).annotate(n=Count("template")))
    return {each.pk: (issued.get(each.pk, 0), used.get(each.pk, 0)) for each in templates}


def visible_to(staff: Staff) -> QuerySet[Coupon]:
    """The coupons of a person's brands that members in their scope hold."""
    coupons = Coupon.objects.filter(template__in=templates_visible_to(staff))
    if staff.sees_every_store:
        return coupons
    return coupons.filter(member__in=members.visible_to(staff).values("pk"))


def of_template(template: CouponTemplate, staff: Staff) -> QuerySet[Coupon]:
    """The template's coupons as the list shows them."""
    rows = visible_to(staff).filter(template=template)
    return rows.select_related("member", "template", "redeemed_store", "redeemed_channel")


def latest(template: CouponTemplate, staff: Staff, count: int = 10) -> list[Coupon]:
    """The template's latest coupons."""
    return list(of_template(template, staff).order_by("-issued_at", "-pk")[:count])


def counts(template: CouponTemplate, now: datetime) -> Counts:
    """What became of the template's coupons, counted."""
    unused = Q(redeemed_at=None, voided_at=None)
    row = Coupon.objects.filter(template=template).aggregate(
        issued=Count("pk"), used=Count("pk", filter=Q(redeemed_at__isnull=False)),
        expired=Count("pk", filter=unused & Q(expires_at__lte=now)),
        voided=Count("pk", filter=Q(voided_at__isnull=False)),
    )  # fmt: skip
    return Counts(**row)


def is_issued(template: CouponTemplate) -> bool:
    """Whether anybody was ever given one: its promise is then fixed."""
    return Coupon.objects.filter(template=template).exists()
