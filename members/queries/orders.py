"""Which orders a person may see."""

from __future__ import annotations

from django.db.models import QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import Member, Order, OrderLine, Refund


def visible_to(staff: Staff) -> QuerySet[Order]:
    """The orders of the stores that this person sees."""
    if not staff.is_active:
        return Order.objects.none()
    if staff.sees_every_store:
        return Order.objects.all()
    return Order.objects.filter(store__in=stores.visible_to(staff).values("pk"))


def for_list(staff: Staff) -> QuerySet[Order]:
    """The orders on the list page, with store, channel and member."""
    return visible_to(staff).select_related("store", "channel", "member")


def of_member(staff: Staff, member: Member) -> QuerySet[Order]:
    """A member's orders that this person may see, latest first."""
    return for_list(staff).filter(member=member).order_by("-paid_at", "-pk")


def lines_of(order: Order) -> QuerySet[OrderLine]:
    """The lines of a receipt in their order, with the product where it is known."""
    return OrderLine.objects.filter(order=order).select_related("product").order_by("line_no")


def refunds_of(order: Order) -> QuerySet[Refund]:
    """What was given back, first to last."""
    return Refund.objects.filter(order=order).select_related("channel").order_by("refunded_at", "pk")
