"""A store's own promotions: what headquarters leaves it free to choose, whom it would reach, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from loyalty.models import Coupon, CouponTemplate
from loyalty.queries import coupons
from members.models import Member
from segments.queries import audiences
from stores.models import Sender, Staff, Store

from ..models import Campaign, CampaignTemplate, Delivery
from ..rules import allowances
from . import campaigns

MEDIA = {Sender.Medium.SMS: "sms", Sender.Medium.EMAIL: "email", Sender.Medium.OFFICIAL_ACCOUNT: "wechat"}


@dataclass(frozen=True)
class Room:
    """What a store may choose. ``value`` and ``unit_most`` in the coupon's unit; ``running`` of ``most_at_once`` run."""

    is_percent: bool
    threshold: Decimal
    value: Decimal
    highest_value: Decimal
    floor: int
    first_day: date
    last_day: date | None
    most_days: int
    radius_m: int
    budget: Decimal
    running: int
    most_at_once: int

    @property
    def is_free(self) -> bool:
        """Whether one more may run."""
        return self.running < self.most_at_once


@dataclass(frozen=True)
class Reach:
    """Own members within the radius; those of them who can be told; own members whose place nobody knows."""

    members: int
    reachable: int
    unplaced: int


@dataclass(frozen=True)
class Plan:
    """Who of the members within the radius gets it: never more than coupons, nor than the budget pays.

    ``gets`` + ``silent`` (no consent or no address) + ``beyond`` (no coupon is left for them) = ``members``.
    """

    members: int
    gets: int
    silent: int
    beyond: int


@dataclass(frozen=True)
class Result:
    """A promotion with what came of it; ``discount`` in yuan. ``promised``: planned, but not beyond its coupons."""

    campaign: Campaign
    planned: int
    promised: int
    sent: int
    issued: int
    redeemed: int
    discount: Decimal
    is_over: bool


def audience_rule(store: Store, radius_m: int) -> dict[str, Any]:
    """The store's own members within so many metres of it."""
    return {
        "all": [
            {"attr": "home_store", "op": "in", "value": [store.pk]},
            {"near": {"store": store.pk, "km": radius_m / 1000}},
        ]
    }


def templates(staff: Staff, store: Store) -> QuerySet[CampaignTemplate]:
    """What headquarters lets this store start today or later."""
    offered = campaigns.templates_visible_to(staff).filter(brand=store.brand_id, is_local=True, retired_at=None)
    return offered.filter(coupon_template__isnull=False)


def room(template: CampaignTemplate, store: Store, *, now: datetime) -> Room:
    """The limits of a template for this store, as they are now."""
    pattern = template.coupon_template
    assert pattern is not None
    today = now.astimezone(ZoneInfo(store.time_zone)).date()
    is_percent = pattern.kind == CouponTemplate.Kind.PERCENT
    highest = allowances.highest_value(is_percent, pattern.threshold, template.discount_floor)
    return Room(
        is_percent=is_percent, threshold=pattern.threshold, value=min(pattern.value, highest), highest_value=highest,
        floor=template.discount_floor, first_day=max(today, template.first_day or today), last_day=template.last_day,
        most_days=template.most_days, radius_m=template.radius_m, budget=template.budget,
        running=places_taken(store, now=now), most_at_once=template.most_at_once,
    )  # fmt: skip


def places_taken(store: Store, *, now: datetime) -> int:
    """How many promotions of a store count now: those that run or will, and those stopped while coupons are out.

    Without the latter, stopping and starting again would spend the budget twice in the same days.
    """
    out = Exists(Coupon.objects.filter(template=OuterRef("coupon_template")))
    stopped = Campaign.objects.filter(out, store=store, kind=Campaign.Kind.LOCAL, status=Campaign.Status.CANCELLED)
    return campaigns.live_in(store, now=now).count() + stopped.filter(ends_at__gt=now).count()


def affordable(template: CampaignTemplate, value: Decimal) -> int:
    """How many coupons of this value the budget pays."""
    pattern = template.coupon_template
    assert pattern is not None
    face = pattern.most if pattern.kind == CouponTemplate.Kind.PERCENT else value
    return allowances.coupons_within(face, template.budget)


def reach(store: Store, template: CampaignTemplate, radius_m: int, *, now: datetime) -> Reach:
    """Whom a promotion with this radius would mean. Raises RuleError (no place on the map) and TooSlow."""
    rule = audience_rule(store, radius_m)
    medium = MEDIA[Sender.Medium(template.sender.medium)] if template.sender else "sms"
    unplaced = Member.objects.filter(home_store=store, latitude=None).count()
    return Reach(
        audiences.count(rule, now=now).number, audiences.reachable(rule, medium, now=now).number, unplaced
    )  # fmt: skip


def plan(found: Reach, *, coupons: int, paid_for: int) -> Plan:
    """What a start with so many coupons would come to, when the budget pays ``paid_for`` of them."""
    gets = max(0, min(found.reachable, coupons, paid_for))
    return Plan(found.members, gets, found.members - found.reachable, found.reachable - gets)


def draft(template: CampaignTemplate, store: Store) -> Campaign:
    """The campaign that a start would make, not saved: for showing its message."""
    return Campaign(
        store=store, template=template, text=template.text, text_en=template.text_en, sender=template.sender,
        coupon_template=template.coupon_template, kind=Campaign.Kind.LOCAL,
    )  # fmt: skip


def coupons_for_campaigns(staff: Staff) -> QuerySet[CouponTemplate]:
    """What headquarters may send along: given out still, and not the own coupon of some store's promotion."""
    own = Campaign.objects.filter(kind=Campaign.Kind.LOCAL, coupon_template=OuterRef("pk"))
    return coupons.templates_visible_to(staff).filter(~Exists(own), is_live=True)


def of_store(staff: Staff, store: Store) -> QuerySet[Campaign]:
    """The store's promotions that this person may see, the newest first."""
    mine = campaigns.visible_to(staff).filter(store=store, kind=Campaign.Kind.LOCAL)
    return mine.select_related("coupon_template", "template").defer("snapshot").order_by("-starts_at", "-pk")


def results(rows: list[Campaign], *, now: datetime) -> list[Result]:
    """What came of each, in two questions."""
    keys = [row.pk for row in rows]
    said = Delivery.objects.filter(campaign__in=keys).order_by().values_list("campaign")
    told = {
        pk: (planned, sent)
        for pk, planned, sent in said.annotate(all=Count("pk"), sent=Count("pk", filter=Q(status=Delivery.Status.SENT)))
    }
    given = Coupon.objects.filter(template__in=[row.coupon_template_id for row in rows]).order_by()
    used = {
        pk: (issued, redeemed, off or Decimal(0))
        for pk, issued, redeemed, off in given.values_list("template").annotate(
            n=Count("pk"), used=Count("redeemed_at"), off=Sum("discount")
        )
    }
    found = []
    for row in rows:
        planned, sent = told.get(row.pk, (0, 0))
        issued, redeemed, discount = used.get(row.coupon_template_id, (0, 0, Decimal(0)))
        stock = row.coupon_template.stock if row.coupon_template else None
        promised = planned if stock is None else min(planned, issued + stock)
        found.append(Result(row, planned, promised, sent, issued, redeemed, discount, _is_over(row, now)))
    return found


def _is_over(row: Campaign, now: datetime) -> bool:
    stopped = row.status in (Campaign.Status.CANCELLED, Campaign.Status.FINISHED)
    return stopped or (row.ends_at is not None and row.ends_at <= now)


def running(staff: Staff, store: Store, *, now: datetime) -> list[Result]:
    """Those that run or will, with what came of them so far."""
    live = campaigns.live_in(store, now=now).values("pk")
    return results(list(of_store(staff, store).filter(pk__in=live)[:3]), now=now)
