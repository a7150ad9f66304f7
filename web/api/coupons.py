"""Tills and shops check and redeem coupons."""

from django.http import Http404
from django.utils import timezone
from ninja import Router, Status

from loyalty.models import Coupon
from loyalty.queries import coupons as queries
from loyalty.services import coupons
from loyalty.services.orders import Refusal
from members.rules import phones
from stores.models import ApiKey, Store
from stores.queries import stores
from stores.rules.scopes import Scope
from web.ui.names import local_name

from . import sharing
from .auth import KeyRequest
from .doors import reads, writes
from .errors import Refused
from .schemas import CouponIn, CouponOut, RedeemedOut, RedeemIn, UndoIn

router = Router(tags=["Coupons"])


@reads(router, "/coupons/check", Scope.COUPONS_READ, CouponOut, method="POST")
def check_coupon(request: KeyRequest, body: CouponIn):
    """What a coupon takes off here and now. Changes nothing; a coupon that does not count answers with the reason."""
    key = request.auth
    sharing.demand(key, "coupons")
    found = coupons.check(
        body.code, store=_store(key, body.store), amount=body.amount, channel=key.channel, now=timezone.now()
    )
    template = found.coupon.template
    return CouponOut(
        code=found.coupon.code, name=local_name(template), discount=found.discount, needs_amount=found.needs_amount,
        threshold=template.threshold, expires_at=found.coupon.expires_at,
        member=phones.mask_name(found.coupon.member.name) if sharing.may(key, "name") else "",
    )  # fmt: skip


@writes(router, "/coupons/redeem", Scope.COUPONS_WRITE, {200: RedeemedOut, 201: RedeemedOut})
def redeem_coupon(request: KeyRequest, body: RedeemIn):
    """Use a coupon up, once. Sending it again with the same key is safe: it answers 200 and changes nothing."""
    key = request.auth
    done = coupons.redeem(
        body.code, store=_store(key, body.store), channel=key.channel, key=body.key, amount=body.amount,
        order_number=body.order_number, now=timezone.now(),
    )  # fmt: skip
    out = _redeemed_out(done.coupon, request.auth, body.key, "redeemed" if done.is_new else "duplicate")
    return Status(201 if done.is_new else 200, out)


@writes(router, "/coupons/undo", Scope.COUPONS_WRITE, {200: RedeemedOut})
def undo_coupon(request: KeyRequest, body: UndoIn):
    """Take a redemption of this channel back, within two minutes. Its key is used up: redeem again with a new one."""
    coupon = queries.redeemed_with(request.auth.channel, body.key)
    if coupon is None:
        raise Http404
    done = coupons.undo(coupon, channel=request.auth.channel, now=timezone.now())
    return _redeemed_out(done, request.auth, body.key, "restored")


def _store(key: ApiKey, code: str) -> Store | None:
    """The store the key speaks of. Only a whole online channel may name none."""
    if not code and coupons.is_online(key.channel) and not key.stores.exists():
        return None
    store = stores.visible_to_key(key).select_related("brand").filter(code=code).first()
    if store is None:
        raise Refused(Refusal.UNKNOWN_STORE)
    return store


def _redeemed_out(coupon: Coupon, caller: ApiKey, key: str, status: str) -> RedeemedOut:
    return RedeemedOut(
        code=coupon.code, key=key, status=status, name=local_name(coupon.template), discount=coupon.discount,
        order_amount=coupon.order_amount, order_number=coupon.order_number, redeemed_at=coupon.redeemed_at,
        member=phones.mask_name(coupon.member.name) if sharing.may(caller, "name") else "",
    )  # fmt: skip
