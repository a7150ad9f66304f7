"""Orders as they stand here: for partners who compare their books with ours."""

from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404
from ninja import Path, Query, Schema
from pydantic import AwareDatetime, Field

from members.models import Order
from members.queries import for_keys, orders
from stores.rules.scopes import Scope

from .auth import KeyRequest
from .doors import reads
from .paging import PageIn, cut, moment, whole
from .pos import router  # one address takes and shows orders


class OrderLineOut(Schema):
    line_no: int
    sku: str
    name: str
    quantity: Decimal
    amount: Decimal


class StoredRefundOut(Schema):
    number: str
    amount: Decimal
    refunded_at: AwareDatetime
    reason: str


class StoredOrderOut(Schema):
    """One receipt. ``member`` is the member's number; null for a shopper whom nobody knows."""

    number: str
    store: str
    member: str | None
    amount: Decimal
    refunded: Decimal
    paid_at: AwareDatetime
    received_at: AwareDatetime


class WholeOrderOut(StoredOrderOut):
    lines: list[OrderLineOut]
    refunds: list[StoredRefundOut]


class StoredOrdersOut(Schema):
    items: list[StoredOrderOut]
    next: Annotated[str | None, Field(description="The `cursor` of the next page; null at the end")]


class OrdersPageIn(PageIn):
    """Which orders: of one store, paid in a span."""

    store: Annotated[str, Field(max_length=32, description="The store's code")] = ""
    since: Annotated[AwareDatetime | None, Field(description="Paid at or after")] = None
    until: Annotated[AwareDatetime | None, Field(description="Paid before")] = None

    def narrow(self, rows: Any) -> Any:
        asked = {"store__code": self.store or None, "paid_at__gte": self.since, "paid_at__lt": self.until}
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})


@reads(router, "/orders", Scope.ORDERS_READ, StoredOrdersOut)
def list_orders(request: KeyRequest, page: Query[OrdersPageIn]):
    """The orders that this key's channel sent, latest paid first, page by page."""
    rows = page.narrow(for_keys.orders(request.auth))
    found, after = cut(rows, page, "paid_at", "id", read=[moment, whole], backwards=True)
    return {"items": [StoredOrderOut(**_head(each)) for each in found], "next": after}


@reads(router, "/orders/{path:number}", Scope.ORDERS_READ, WholeOrderOut)
def get_order(request: KeyRequest, number: Path[str]):
    """One order with its lines and refunds."""
    order = for_keys.orders(request.auth).filter(number=number).first()
    if order is None:
        raise Http404
    lines, refunds = list(orders.lines_of(order)), list(orders.refunds_of(order))
    return {**_head(order), "lines": lines, "refunds": refunds}


def _head(order: Order) -> dict[str, Any]:
    return {
        "number": order.number, "store": order.store.code, "member": order.member.number if order.member else None,
        "amount": order.amount, "refunded": order.refunded, "paid_at": order.paid_at, "received_at": order.received_at,
    }  # fmt: skip
