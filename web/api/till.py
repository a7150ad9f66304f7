"""Tills through one address: sales, refunds, voids, look-ups and coupons, one by one or as many as a till without a line kept.

A receipt's number counts within its store: what is stored is ``<store>-<receipt_no>``.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from ninja import Router

from loyalty.services import holding, orders
from loyalty.services.coupons import CannotRedeem, TooManyGuesses
from loyalty.services.orders import MemberRef, NewLine, NewOrder, NewRefund, Refusal, Status
from members.queries import for_keys, identities
from members.rules import cards
from stores.models import ApiKey, Store
from stores.queries import stores
from stores.rules.scopes import Scope

from .auth import KeyRequest
from .doors import writes
from .errors import NotLetIn, Refused
from .members import shown, store_of
from .till_schemas import LATE, TillBatchIn, TillBatchOut, TillEventIn, TillEventOut, TillMemberIn

router = Router(tags=["Tills"])
TOO_LATE = "too_late"


class Done(NamedTuple):
    """What became of one event."""

    status: str
    member_id: int | None = None
    moved: int = 0
    code: str = ""
    words: str = ""
    discount: Decimal | None = None


@writes(router, "/pos/events", Scope.ORDERS_WRITE, {200: TillEventOut})
def take_event(request: KeyRequest, body: TillEventIn):
    """Take one event of a till. Its `Idempotency-Key` is `store:receipt_no:event`; sending it again changes nothing."""
    return _take(body, request.auth)


@writes(router, "/pos/events/batch", Scope.ORDERS_WRITE, {200: TillBatchOut})
def take_events(request: KeyRequest, body: TillBatchIn):
    """Take up to 500 events of tills that had no line, in the order in which they happened, up to seven days late."""
    return {"items": [_take(each, request.auth) for each in body.events]}


def _take(sent: TillEventIn, key: ApiKey) -> TillEventOut:
    store = _store(sent, key)
    done = KINDS[sent.event](sent, key, store) if store else _rejected(Refusal.UNKNOWN_STORE)
    member = shown(done.member_id, key)
    held = [each.points for each in member.holdings if store and each.brand == store.brand.code] if member else []
    balance = held[0] if held else 0 if member else None
    return TillEventOut(
        event=sent.event, receipt_no=sent.receipt_no, seq=sent.seq, status=done.status, code=done.code,
        balance=balance, moved=done.moved, discount=done.discount, member=member, messages=_messages(done, balance),
    )  # fmt: skip


def _store(sent: TillEventIn, key: ApiKey) -> Store | None:
    try:
        return store_of(key, sent.store)
    except Refused:
        return None


def _rejected(refusal: Refusal | None) -> Done:
    return Done(Status.REJECTED, code=refusal.value, words=str(refusal.label)) if refusal else Done(Status.REJECTED)


def _messages(done: Done, balance: int | None) -> list[str]:
    """A line for what it gave and one for what stands there now; the reason when it was not taken."""
    if done.words:
        return [done.words]
    if balance is None:
        return []
    lines = [_("Points now: %(count)s") % {"count": number_format(balance, force_grouping=True)}]
    if done.moved > 0:
        lines.insert(0, _("Points for this purchase: %(count)s") % {"count": number_format(done.moved)})
    return lines


# --- kinds --------------------------------------------------------------------------------------------
def _sale(sent: TillEventIn, key: ApiKey, store: Store) -> Done:
    if late := _late(sent):
        return late
    lines = tuple(NewLine(line.sku, line.name, line.quantity, line.amount) for line in sent.lines)
    new = NewOrder(
        key.channel, store.code, _number(sent.receipt_no, store), _ref(sent.member), sent.paid or Decimal(0),
        sent.occurred_at or timezone.now(), lines,
    )  # fmt: skip
    done = orders.settle(new, now=timezone.now(), within=stores.visible_to_key(key))
    return _rejected(done.refusal) if done.refusal else Done(done.status, done.member_id, done.points)


def _refund(sent: TillEventIn, key: ApiKey, store: Store) -> Done:
    number = _number(sent.original_receipt_no or "", store)
    return _late(sent) or _give_back(sent, key, store, number, sent.paid or Decimal(0))


def _void(sent: TillEventIn, key: ApiKey, store: Store) -> Done:
    """The whole of a sale is taken back: what is left of it."""
    number = _number(sent.receipt_no, store)
    order = for_keys.orders(key).filter(number=number).first()
    if order is None:
        return _rejected(Refusal.UNKNOWN_ORDER)
    if order.refunded == order.amount:
        return Done(Status.DUPLICATE, order.member_id)
    return _late(sent) or _give_back(sent, key, store, number, order.amount - order.refunded)


def _give_back(sent: TillEventIn, key: ApiKey, store: Store, number: str, amount: Decimal) -> Done:
    own = _number(sent.receipt_no, store) + (":void" if sent.event == "void" else "")
    at = sent.occurred_at or timezone.now()
    new = NewRefund(key.channel, own, number, amount, at, sent.reason)
    done = orders.refund(new, now=timezone.now(), within=stores.visible_to_key(key))
    return _rejected(done.refusal) if done.refusal else Done(done.status, done.member_id, -done.points)


def _look_up(sent: TillEventIn, key: ApiKey, store: Store) -> Done:
    if not key.may(Scope.MEMBERS_READ):
        raise NotLetIn("scope_missing", scope=Scope.MEMBERS_READ)
    member_id = identities.owner(ref) if (ref := _ref(sent.member)) else None
    return Done("found", member_id) if shown(member_id, key) else Done("unknown")


def _redeem(sent: TillEventIn, key: ApiKey, store: Store) -> Done:
    """A coupon for one receipt: held while it is made, used up when it is paid, let go when it is not."""
    if not key.may(Scope.COUPONS_WRITE):
        raise NotLetIn("scope_missing", scope=Scope.COUPONS_WRITE)
    number, now = _number(sent.receipt_no, store), timezone.now()
    if sent.event == "redeem_release":
        return Done("released" if holding.release(channel=key.channel, key=number) else "unknown")
    try:
        if sent.event == "redeem_hold":
            held = holding.hold(
                sent.coupon or "", store=store, channel=key.channel, key=number, amount=sent.paid, now=now
            )
            return Done("held", held.checked.coupon.member_id, discount=held.checked.discount)
        used = holding.commit(
            store=store, channel=key.channel, key=number, amount=sent.paid, order_number=number, now=now
        )
    except (CannotRedeem, TooManyGuesses) as refused:
        return Done(Status.REJECTED, code=getattr(refused, "reason", "too_many"), words=str(refused))
    return Done("redeemed" if used.is_new else Status.DUPLICATE, used.coupon.member_id, discount=used.coupon.discount)


KINDS: dict[str, Callable[[TillEventIn, ApiKey, Store], Done]] = {
    "sale": _sale, "refund": _refund, "void": _void, "member_lookup": _look_up,
    "redeem_hold": _redeem, "redeem_commit": _redeem, "redeem_release": _redeem,
}  # fmt: skip


# --- words --------------------------------------------------------------------------------------------
def _late(sent: TillEventIn) -> Done | None:
    if sent.occurred_at and sent.occurred_at < timezone.now() - LATE:
        words = _("This happened more than seven days ago. Bring it in by a file instead.")
        return Done(Status.REJECTED, code=TOO_LATE, words=words)
    return None


def _number(receipt_no: str, store: Store) -> str:
    return f"{store.code}-{receipt_no}"


def _ref(member: TillMemberIn | None) -> MemberRef | None:
    """The identity behind what the till read; a card page's code leads to the member's phone."""
    if member is None or member.code is None:
        return member.ref() if member else None
    number = member.code.strip().upper()
    if cards.looks_like(number):
        try:
            number = cards.read(number, key=settings.SECRET_KEY, now=timezone.now())
        except cards.BadToken:
            return None
    held = for_keys.by_number(number)
    phone = identities.phone_of(held) if held else None
    return MemberRef.phone(phone) if phone else None
