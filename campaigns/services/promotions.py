"""A store's own promotion: one step, no approval, inside the limits that headquarters gave with the template."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.models import CouponTemplate
from members.models import Purpose
from segments.models import AudienceSnapshot
from segments.queries.audiences import TooSlow
from segments.rules.tree import RuleError
from segments.services import snapshots
from stores.models import Staff, Store
from stores.queries import stores
from stores.services import log
from stores.services import stores as shops

from ..models import Campaign, CampaignTemplate
from ..queries import promotions as neighbourhood
from ..rules import allowances
from ..rules.allowances import Allowance, Wish
from . import campaigns


class OutsideLimits(Exception):
    """A limit is broken. ``reasons`` names every one (see ``campaigns.rules.allowances``); the text may be shown.

    ``texts`` says each reason by itself, for the place where it was asked.
    """

    def __init__(self, reasons: list[str], text: str, texts: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.reasons = reasons
        self.reason = reasons[0]
        self.texts = texts or dict.fromkeys(reasons, text)


@transaction.atomic(durable=True)
def start(
    store: Store, template: CampaignTemplate, *, by: Staff, now: datetime, value: Decimal, days: int, radius_m: int,
    first_day: date | None = None, coupons: int | None = None,
) -> Campaign:  # fmt: skip
    """Start it: own coupon, locked audience, launched. Live in one step. Raises OutsideLimits, CannotLaunch.

    ``value`` is in the unit of the template's coupon (yuan or percent off). ``coupons``: how many at most; without
    it as many as the audience has members. Their face value together stays inside the budget: more never exist.
    """
    store = Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # two starts at once count each other
    template = CampaignTemplate.objects.select_related("coupon_template", "sender", "brand").get(pk=template.pk)
    _check_allowed(store, template, by)
    zone = ZoneInfo(store.time_zone)
    today = now.astimezone(zone).date()
    wish = _wish(store, template, first_day or today, days, value, radius_m, now)
    if reasons := allowances.broken(wish._replace(coupons=coupons or 1), _allowance(template), today=today):
        _refuse(reasons, template)
    snapshot = _lock_neighbours(store, template, radius_m, by, now)
    count = min(coupons, snapshot.size) if coupons else snapshot.size
    if reasons := allowances.broken(wish._replace(coupons=count), _allowance(template), today=today):
        _refuse(reasons, template)
    coupon = _make_coupon(store, template, wish, count, now)
    campaign = campaigns.save_draft_inner(None, by=by, now=now, **_draft(store, template, wish, coupon, snapshot, now))
    launched = campaigns.launch_inner(campaign, by=by, now=now)
    shops.note_promotion(store, now=now)
    return launched


@transaction.atomic(durable=True)
def stop(campaign: Campaign, *, by: Staff, now: datetime, reason: str) -> Campaign:
    """End a promotion: nothing more is said or given out; what shoppers hold stays good. Raises CampaignProblem."""
    stopped = campaigns.cancel_inner(campaign, by=by, now=now, reason=reason)
    coupon = stopped.coupon_template_id
    if coupon is not None and CouponTemplate.objects.filter(pk=coupon, is_live=True).update(is_live=False):
        log.record("promotion.stopped", stopped, by=by, now=now, store_id=stopped.store_id, reason=reason)
    return stopped


def _check_allowed(store: Store, template: CampaignTemplate, by: Staff) -> None:
    """Raises OutsideLimits."""
    if template.retired_at or not template.is_local or template.coupon_template is None:
        raise OutsideLimits(["template"], _("This template is not open to stores."))
    if template.brand_id != store.brand_id:
        raise OutsideLimits(["brand"], _("This template is of another brand."))
    if not stores.visible_to(by).filter(pk=store.pk).exists():
        raise OutsideLimits(["store"], _("This is not one of your stores."))
    if store.latitude is None:
        raise OutsideLimits(["place"], _("The place of the store on the map is not known, so nobody is near it."))


def _allowance(template: CampaignTemplate) -> Allowance:
    return Allowance(
        template.first_day, template.last_day, template.most_days, template.discount_floor, template.budget,
        template.most_at_once, template.radius_m,
    )  # fmt: skip


def _wish(
    store: Store, template: CampaignTemplate, first_day: date, days: int, value: Decimal, radius_m: int, now: datetime
) -> Wish:  # fmt: skip
    pattern = template.coupon_template
    assert pattern is not None
    return Wish(
        first_day, days, value, pattern.kind == CouponTemplate.Kind.PERCENT, pattern.threshold, pattern.most, radius_m,
        coupons=1, running=neighbourhood.places_taken(store, now=now),
    )  # fmt: skip


def _refuse(reasons: list[str], template: CampaignTemplate) -> None:
    limits: dict[str, Any] = {
        "first": template.first_day, "last": template.last_day, "days": template.most_days,
        "floor": template.discount_floor, "budget": template.budget, "radius": template.radius_m,
        "count": template.most_at_once,
    }  # fmt: skip
    texts = {
        "past": _("The first day lies in the past."),
        "first_day": _("Headquarters allows it from %(first)s on."),
        "last_day": _("Headquarters allows it until %(last)s."),
        "days": _("It may run 1 to %(days)s days."),
        "value": _("The value is not possible."),
        "floor": _("Shoppers must still pay at least %(floor)s%% of the price."),
        "budget": _("Together the coupons would cost more than the budget of %(budget)s yuan."),
        "radius": _("The radius may be up to %(radius)s metres."),
        "at_once": _(
            "A store may run %(count)s at once; one that gave out coupons counts until its last day, even stopped."
        ),
        "nobody": _("None of your members lives within this radius."),
    }
    said = {name: texts[name] % limits for name in reasons}
    raise OutsideLimits(reasons, " ".join(said.values()), said)


def _lock_neighbours(
    store: Store, template: CampaignTemplate, radius_m: int, by: Staff, now: datetime
) -> AudienceSnapshot:  # fmt: skip
    name = f"{template.name} {store.name}"[:80]
    try:
        return snapshots.make_snapshot(rule=neighbourhood.audience_rule(store, radius_m), name=name, by=by, now=now)
    except (RuleError, TooSlow) as problem:
        raise campaigns.CannotLaunch(str(problem)) from problem


def _make_coupon(store: Store, template: CampaignTemplate, wish: Wish, count: int, now: datetime) -> CouponTemplate:
    """The promotion's own coupon: for this store, these days and not one more than was counted."""
    pattern = template.coupon_template
    assert pattern is not None
    made = CouponTemplate.objects.create(
        program_id=pattern.program_id, name=pattern.name, name_en=pattern.name_en, terms=pattern.terms,
        terms_en=pattern.terms_en, kind=pattern.kind, value=wish.value, most=pattern.most, threshold=pattern.threshold,
        place=CouponTemplate.Place.STORE, valid_days=wish.days, valid_from=wish.first_day,
        valid_until=wish.first_day + timedelta(days=wish.days - 1), stock=count, created_at=now,
    )  # fmt: skip
    made.stores.add(store)
    return made


def _draft(
    store: Store, template: CampaignTemplate, wish: Wish, coupon: CouponTemplate, snapshot: AudienceSnapshot,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    zone = ZoneInfo(store.time_zone)
    begins = datetime.combine(wish.first_day, time(), tzinfo=zone).astimezone(UTC)
    ends = datetime.combine(wish.first_day + timedelta(days=wish.days), time(), tzinfo=zone).astimezone(UTC)
    return {
        "name": template.name, "kind": Campaign.Kind.LOCAL, "brand": template.brand, "store": store,
        "template": template, "template_version": template.version, "snapshot": snapshot, "sender": template.sender,
        "purpose": Purpose.MARKETING, "text": template.text, "text_en": template.text_en, "coupon_template": coupon,
        "starts_at": max(begins, now), "ends_at": ends, "budget": template.budget,
        "drop_stale_after": 0, "window_days": wish.days,
    }  # fmt: skip
