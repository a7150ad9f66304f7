"""What happened at one store, in figures: members, joins, orders."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum

from stores.models import Store

from ..models import Member, Order


@dataclass(frozen=True)
class Figures:
    """Members who belong here, and the last 30 days; ``sales`` in yuan, refunds taken off."""

    members: int
    joined: int
    orders: int
    sales: Decimal
    by_members: int

    @property
    def member_share(self) -> float | None:
        """Which share of the orders members made, 0 to 1; None without orders."""
        return self.by_members / self.orders if self.orders else None


def figures(store: Store, *, now: datetime, days: int = 30) -> Figures:
    """A store's figures over the last days, in two queries."""
    since = now - timedelta(days=days)
    people = Member.objects.filter(home_store=store).aggregate(
        members=Count("pk"), joined=Count("pk", filter=Q(joined_at__gte=since))
    )
    bought = Order.objects.filter(store=store, paid_at__gte=since, paid_at__lte=now).aggregate(
        orders=Count("pk"), amount=Sum("amount"), refunded=Sum("refunded"), by_members=Count("member")
    )
    sales = (bought["amount"] or Decimal(0)) - (bought["refunded"] or Decimal(0))
    return Figures(people["members"], people["joined"], bought["orders"], sales, bought["by_members"])
