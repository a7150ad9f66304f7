"""Tills and shops post orders and refunds."""

from collections import Counter
from typing import Any

from django.http import JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Path, Router, Status
from pydantic import ValidationError

from loyalty.services import orders
from loyalty.services.orders import NewOrder, Settlement
from stores.models import ApiKey
from stores.queries import stores
from stores.rules.scopes import Scope

from .auth import KeyRequest
from .doors import writes
from .errors import Refused, wrong_fields
from .members import shown
from .schemas import BatchIn, BatchOut, ItemOut, OrderIn, OrderOut, RefundIn, RefundOut

router = Router(tags=["Orders"])
NOTHING: dict[str, Any] = ItemOut(number="", status=orders.Status.REJECTED).model_dump(mode="json")


@writes(router, "/orders", Scope.ORDERS_WRITE, {200: OrderOut, 201: OrderOut})
def push_order(request: KeyRequest, body: OrderIn):
    """Take one paid order. Sending it again is safe: it answers 200 with what it earned, and changes nothing.

    A shopper whom nobody knows is no mistake: the order is stored without a member, and ``note`` says so.
    """
    key = request.auth
    done = orders.settle(body.new(key.channel), now=timezone.now(), within=stores.visible_to_key(key))
    if done.refusal:
        raise Refused(done.refusal)
    return Status(201 if done.is_new else 200, _order_out(body, done, key))


@writes(router, "/orders/batch", Scope.ORDERS_WRITE, {200: BatchOut, 207: BatchOut})
def push_orders(request: KeyRequest, body: BatchIn):
    """Take up to 1,000 paid orders. Each answers for itself: created, duplicate, or rejected with a reason.

    200 when all were taken, 207 when some were rejected.
    """
    items, news = _read_batch(body, request.auth)
    done = orders.settle_many(list(news.values()), now=timezone.now(), within=stores.visible_to_key(request.auth))
    for place, settled in zip(news, done, strict=True):
        items[place] |= _settled(settled)
    counts = Counter(item["status"] for item in items)
    told = {word.value: counts[word] for word in orders.Status} | {"items": items}
    return JsonResponse(told, status=207 if counts["rejected"] else 200)  # as BatchOut; a test holds it to that


@writes(router, "/orders/{path:number}/refunds", Scope.ORDERS_WRITE, {200: RefundOut, 201: RefundOut})
def push_refund(request: KeyRequest, body: RefundIn, number: Path[str]):
    """Take a refund of one order, whole or in part.

    Sending it again is safe: it answers 200 with what it took back, and changes nothing.
    """
    key = request.auth
    done = orders.refund(body.new(key.channel, number), now=timezone.now(), within=stores.visible_to_key(key))
    if done.refusal:
        raise Refused(done.refusal)
    out = RefundOut(
        number=body.number, status=done.status, taken_points=done.points, taken_growth=done.growth,
        member=shown(done.member_id, key),
    )  # fmt: skip
    return Status(201 if done.is_new else 200, out)


def _order_out(body: OrderIn, done: Settlement, key: ApiKey) -> OrderOut:
    note = ""
    if body.member and done.member_id is None:
        note = _("Nobody is known by this phone, card or OpenID. The order was stored without a member.")
    return OrderOut(
        number=body.number, status=done.status, earned_points=done.points, earned_growth=done.growth,
        member=shown(done.member_id, key), note=note,
    )  # fmt: skip


def _read_batch(body: BatchIn, key: ApiKey) -> tuple[list[dict[str, Any]], dict[int, NewOrder]]:
    """An answer for each item so far, and the orders of the items that could be read, by their place."""
    items, news = [], {}
    for place, raw in enumerate(body.orders):
        number = str(raw.get("number", ""))[:64] if isinstance(raw, dict) else ""
        item = NOTHING | {"number": number}
        try:
            news[place] = OrderIn.model_validate(raw).new(key.channel)
        except ValidationError as error:
            item |= {"reason": "malformed", "detail": wrong_fields(error.errors())}
        items.append(item)
    return items, news


def _settled(done: Settlement) -> dict[str, Any]:
    told: dict[str, Any] = {
        "status": done.status.value, "earned_points": done.points, "earned_growth": done.growth,
        "has_member": done.member_id is not None,
    }  # fmt: skip
    return told | {"reason": done.refusal.value, "detail": str(done.refusal.label)} if done.refusal else told
