"""What happened at one store today, for the people who stand in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, QuerySet, Sum

from stores.models import CodeScan, Staff, Store
from stores.queries import stores

from ..models import Identity, Member, Order
from . import members


@dataclass(frozen=True)
class Today:
    """``sales`` in yuan with refunds taken off; ``by_members`` of the orders were made by members."""

    joined: int
    orders: int
    by_members: int
    sales: Decimal
    scans: int


def midnight(store: Store, *, now: datetime) -> datetime:
    """When this day began by the store's clock."""
    return now.astimezone(ZoneInfo(store.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def figures(store: Store, *, now: datetime) -> Today:
    """The store's day so far, in three queries."""
    since = midnight(store, now=now)
    bought = Order.objects.filter(store=store, paid_at__gte=since, paid_at__lte=now).aggregate(
        orders=Count("pk"), by_members=Count("member"), amount=Sum("amount"), refunded=Sum("refunded")
    )
    sales = (bought["amount"] or Decimal(0)) - (bought["refunded"] or Decimal(0))
    return Today(
        joined=Member.objects.filter(home_store=store, joined_at__gte=since, joined_at__lte=now).count(),
        orders=bought["orders"],
        by_members=bought["by_members"],
        sales=sales,
        scans=scans(store, now=now),
    )


def scans(store: Store, *, now: datetime) -> int:
    """How often the store's codes were opened today."""
    since = midnight(store, now=now)
    return CodeScan.objects.filter(code__store=store, at__gte=since, at__lte=now).count()


def joined(store: Store, *, now: datetime) -> QuerySet[Member]:
    """Who became a member of this store today, the latest first, with ``shown_identities``."""
    since = midnight(store, now=now)
    shown = Identity.objects.filter(kind=Identity.Kind.PHONE)
    rows = Member.objects.filter(home_store=store, joined_at__gte=since, joined_at__lte=now)
    return (
        rows.select_related("associate", "joined_code__associate")
        .prefetch_related(Prefetch("identities", queryset=shown, to_attr="shown_identities"))
        .order_by("-joined_at", "-pk")
    )


def last_visit(member: Member, staff: Staff) -> Order | None:
    """The member's last order in the stores that this person sees."""
    bought = Order.objects.filter(member=member, store__in=stores.visible_to(staff))
    return bought.select_related("store").order_by("-paid_at").first()


def by_number(staff: Staff, number: str) -> Member | None:
    """The member of this number, if this person may see them."""
    return members.for_list(staff).filter(number=number).first()
