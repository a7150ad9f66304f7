"""What a brand sold in all, and where: sums over everything, for the replay and for checks. Money before refunds."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth

from stores.models import Brand

from ..models import Identity, Member, Order, OrderLine, Product


def counts(brand: Brand) -> dict[str, Any]:
    """Members of the brand's stores, orders, lines and products; sales in yuan by orders and by lines; pieces."""
    orders = Order.objects.filter(store__brand=brand).aggregate(orders=Count("pk"), sales=Sum("amount"))
    lines = OrderLine.objects.filter(order__store__brand=brand).aggregate(
        lines=Count("*"), line_sales=Sum("amount"), pieces=Sum("quantity")
    )
    return {
        "members": Member.objects.filter(home_store__brand=brand).count(),
        "products": Product.objects.count(),
        **orders,
        **lines,
    }


def sales_by_store(brand: Brand) -> dict[str, Decimal]:
    """Yuan by store code; stores without a sale are left out."""
    rows = Order.objects.filter(store__brand=brand).values("store__code").annotate(total=Sum("amount"))
    return {row["store__code"]: row["total"] for row in rows}


def sales_by_department(brand: Brand) -> dict[str, Decimal]:
    """Yuan by the department of the product; what no file names stands under the empty word."""
    rows = (
        OrderLine.objects.filter(order__store__brand=brand)
        .values(department=Coalesce("product__department", Value("")))
        .annotate(total=Sum("amount"))
    )
    return {row["department"]: row["total"] for row in rows}


def sales_by_month(brand: Brand) -> dict[str, Decimal]:
    """Yuan by month of payment in UTC, as ``2017-01``."""
    rows = (
        Order.objects.filter(store__brand=brand)
        .values(month=TruncMonth("paid_at", tzinfo=UTC))
        .annotate(total=Sum("amount"))
    )
    return {f"{row['month']:%Y-%m}": row["total"] for row in rows}


def members_by_card(brand: Brand) -> dict[str, int]:
    """Member ids by card number, of the members of the brand's stores."""
    cards = Identity.objects.filter(kind=Identity.Kind.CARD, member__home_store__brand=brand)
    return dict(cards.values_list("value", "member_id"))
