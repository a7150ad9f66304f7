"""What an order moved in the ledger."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from members.models import Order, Refund

from ..models import Entry


def entries_of(order: Order) -> QuerySet[Entry]:
    """The entries that this order and its refunds posted, first to last; none for a shopper nobody knows.

    Reads the member's part of the ledger only.
    """
    refunds = Refund.objects.filter(order=order).values("pk")
    own = Q(ref_type="order", ref_id=order.pk) | Q(ref_type="refund", ref_id__in=refunds)
    rows = Entry.objects.filter(own, member=order.member_id) if order.member_id else Entry.objects.none()
    return rows.select_related("book__program__brand").order_by("id")
