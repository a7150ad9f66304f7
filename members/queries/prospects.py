"""People who have not joined: who may see them, and what they did so far."""

from __future__ import annotations

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from stores.models import Staff
from stores.queries import stores

from ..models import Event, Member, Order


def visible_to(staff: Staff) -> QuerySet[Member]:
    """Head office sees every prospect; a store sees those who scanned its code or bought there."""
    everybody = Member.people.filter(joined_at=None)
    if not staff.is_active:
        return everybody.none()
    if staff.sees_every_store:
        return everybody
    mine = stores.visible_to(staff).values("pk")
    belong = everybody.filter(home_store__in=mine).order_by().values("pk")
    bought = Order.objects.filter(store__in=mine, prospect__isnull=False).order_by().values("prospect")
    return everybody.filter(pk__in=belong.union(bought))


def for_list(staff: Staff) -> QuerySet[Member]:
    """Those with store and channel, how many orders they have, and when something was last heard of them."""
    orders = (
        Order.objects.filter(prospect=OuterRef("pk")).order_by().values("prospect").annotate(n=Count("*")).values("n")
    )
    last = Event.objects.filter(member=OuterRef("pk")).order_by("-at", "-pk").values("at")[:1]
    rows = visible_to(staff).select_related("home_store", "associate", "joined_channel")
    return rows.annotate(order_count=Coalesce(Subquery(orders), 0), last_at=Subquery(last))


def orders_of(staff: Staff, prospect: Member) -> QuerySet[Order]:
    """What they bought, as far as this person may see it, latest first."""
    rows = Order.objects.filter(prospect=prospect).select_related("store", "channel").order_by("-paid_at", "-pk")
    return rows if staff.sees_every_store else rows.filter(store__in=stores.visible_to(staff).values("pk"))
