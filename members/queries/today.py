"""What happened at one store today, for the people who stand in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from stores.models import CodeScan, Staff, Store
from stores.queries import stores

from ..models import Identity, Member, Order
from . import members

BIRTHDAYS_AHEAD = 7  # days, today included
BY_MEMBERS = Q(member__isnull=False)


@dataclass(frozen=True)
class Today:
    """``sales`` and ``member_sales`` in yuan with refunds taken off; ``by_members`` of the orders were made by members."""

    joined: int
    orders: int
    by_members: int
    sales: Decimal
    member_sales: Decimal
    scans: int

    @property
    def member_share(self) -> Decimal | None:
        """The members' part of the sales, 0..1 (会员消费占比); None without sales."""
        return self.member_sales / self.sales if self.sales else None


def midnight(store: Store, *, now: datetime) -> datetime:
    """When this day began by the store's clock."""
    return now.astimezone(ZoneInfo(store.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def figures(store: Store, *, now: datetime) -> Today:
    """The store's day so far, in three queries."""
    since = midnight(store, now=now)
    bought = Order.objects.filter(store=store, paid_at__gte=since, paid_at__lte=now).aggregate(
        orders=Count("pk"), by_members=Count("member"), total=Sum("amount"), back=Sum("refunded"),
        paid=Sum("amount", filter=BY_MEMBERS), returned=Sum("refunded", filter=BY_MEMBERS),
    )  # fmt: skip
    sales = (bought["total"] or Decimal(0)) - (bought["back"] or Decimal(0))
    return Today(
        joined=Member.objects.filter(home_store=store, joined_at__gte=since, joined_at__lte=now).count(),
        orders=bought["orders"],
        by_members=bought["by_members"],
        sales=sales,
        member_sales=(bought["paid"] or Decimal(0)) - (bought["returned"] or Decimal(0)),
        scans=scans(store, now=now),
    )


def scans(store: Store, *, now: datetime) -> int:
    """How often the store's codes were opened today."""
    since = midnight(store, now=now)
    return CodeScan.objects.filter(code__store=store, at__gte=since, at__lte=now).count()


def joined(store: Store, *, now: datetime) -> QuerySet[Member]:
    """Who became a member of this store today, the latest first, with ``shown_identities``."""
    since = midnight(store, now=now)
    rows = shown(Member.objects.filter(home_store=store, joined_at__gte=since, joined_at__lte=now))
    return rows.select_related("associate", "joined_code__associate").order_by("-joined_at", "-pk")


def shown(rows: QuerySet[Member]) -> QuerySet[Member]:
    """Members as the lists of the store phone show them: with ``shown_identities``."""
    phones = Identity.objects.filter(kind=Identity.Kind.PHONE)
    rows = rows.select_related("associate")
    return rows.prefetch_related(Prefetch("identities", queryset=phones, to_attr="shown_identities"))


def birthdays(store: Store, *, now: datetime) -> QuerySet[Member]:
    """The store's members whose birthday is today or in the next six days. The 29th of February counts on the 28th."""
    first = midnight(store, now=now).date()
    days = [first + timedelta(days=n) for n in range(BIRTHDAYS_AHEAD)]
    wanted = {(day.month, day.day) for day in days}
    if (2, 28) in wanted and not _is_leap(first.year):
        wanted.add((2, 29))
    match = Q()
    for month, day in sorted(wanted):
        match |= Q(birthday__month=month, birthday__day=day)
    return Member.objects.filter(match, home_store=store).order_by("pk")


def _is_leap(year: int) -> bool:
    return (date(year, 3, 1) - timedelta(days=1)).day == 29


def last_visit(member: Member, staff: Staff) -> Order | None:
    """The member's last order in the stores that this person sees."""
    bought = Order.objects.filter(member=member, store__in=stores.visible_to(staff))
    return bought.select_related("store").order_by("-paid_at").first()


def by_number(staff: Staff, number: str) -> Member | None:
    """The member of this number, if this person may see them."""
    return members.for_list(staff).filter(number=number).first()
