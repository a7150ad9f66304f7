"""What members bought, as the verdict about their worth looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, Sum

from ..models import Order
from ..rules.worth import YEAR, Bought


def of_many(members: Sequence[int], *, now: datetime) -> dict[int, Bought]:
    """What each of these members (ids) bought, in one question. Who bought nothing has an empty one."""
    late = Q(paid_at__gt=now - YEAR)
    rows = Order.objects.filter(member__in=members, refunded__lt=F("amount")).order_by().values("member")
    found = rows.annotate(
        orders=Count("pk"), year_orders=Count("pk", filter=late),
        year_spent=Sum(F("amount") - F("refunded"), filter=late), last=Max("paid_at"),
    )  # fmt: skip
    bought = {
        row["member"]: Bought(row["orders"], row["year_orders"], row["year_spent"] or Decimal(0), row["last"])
        for row in found
    }
    return {pk: bought.get(pk, Bought()) for pk in members}


def plain(bought: Bought) -> dict[str, Any]:
    """The same as JSON keeps it."""
    last = bought.last_paid_at.isoformat() if bought.last_paid_at else None
    return bought._asdict() | {"year_spent": str(bought.year_spent), "last_paid_at": last}


def read(kept: dict[str, Any]) -> Bought:
    """What ``plain`` kept."""
    last = datetime.fromisoformat(kept["last_paid_at"]) if kept["last_paid_at"] else None
    return Bought(kept["orders"], kept["year_orders"], Decimal(kept["year_spent"]), last)
