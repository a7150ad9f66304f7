"""Which campaigns and templates a person may see."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from stores.models import Staff, Store
from stores.queries import stores

from ..models import Campaign, CampaignTemplate

LIVE = (Campaign.Status.SCHEDULED, Campaign.Status.RUNNING, Campaign.Status.PAUSED)


def visible_to(staff: Staff) -> QuerySet[Campaign]:
    """Headquarters sees the campaigns of its brands; everybody else the promotions of the stores they see."""
    if not staff.is_active:
        return Campaign.objects.none()
    if staff.is_headquarters and staff.sees_every_store:
        return Campaign.objects.all()
    if staff.is_headquarters:
        return Campaign.objects.filter(brand__in=stores.brands_visible_to(staff))
    return Campaign.objects.filter(kind=Campaign.Kind.LOCAL, store__in=stores.visible_to(staff).values("pk"))


def for_list(staff: Staff) -> QuerySet[Campaign]:
    """The campaigns on the list page, the newest first."""
    return (
        visible_to(staff)
        .select_related("brand", "store", "sender", "segment", "snapshot", "coupon_template", "created_by")
        .defer("snapshot__bits", "snapshot__rule")
        .order_by("-created_at", "-pk")
    )


def of_store(store: Store, *, now: datetime) -> QuerySet[Campaign]:
    """A store's own promotions that are not over, the newest first."""
    return live_in(store, now=now).select_related("coupon_template", "template").order_by("-starts_at", "-pk")


def live_in(store: Store, *, now: datetime) -> QuerySet[Campaign]:
    """The promotions of a store that run or will: what "at most so many at once" counts."""
    local = Campaign.objects.filter(store=store, kind=Campaign.Kind.LOCAL)
    not_stopped = local.filter(status__in=(*LIVE, Campaign.Status.FINISHED))
    return not_stopped.filter(Q(ends_at=None) | Q(ends_at__gt=now))


def templates_visible_to(staff: Staff) -> QuerySet[CampaignTemplate]:
    """Headquarters sees the templates of its brands; a store manager those of the own brand that stores may start."""
    if not staff.is_active:
        return CampaignTemplate.objects.none()
    templates = CampaignTemplate.objects.filter(brand__in=stores.brands_visible_to(staff))
    templates = templates.select_related("brand", "sender", "coupon_template").order_by("name", "pk")
    return templates if staff.is_headquarters else templates.filter(is_local=True, retired_at=None)
