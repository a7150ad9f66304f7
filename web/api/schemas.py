"""What partners send and get. Amounts are yuan with at most two decimals, as text or number.

What comes by the thousand is plain pydantic: ninja's own base costs as much again as all the rest.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import BaseModel, Field, SkipValidation, model_validator

from loyalty.services.orders import MemberRef, NewLine, NewOrder, NewRefund
from stores.models import Channel

MOST_ORDERS = 1_000
MOST_LINES = 500
Text64 = Annotated[str, Field(max_length=64)]
Word64 = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
Yuan = Annotated[Literal["CNY"], Field(description="Amounts are yuan; another currency is refused")]


class ShopperIn(BaseModel):
    """Who bought: exactly one of the three."""

    phone: Annotated[str, Field(max_length=40)] | None = None
    card: Text64 | None = None
    openid: Annotated[str, Field(max_length=128)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "ShopperIn":
        if len([word for word in (self.phone, self.card, self.openid) if word]) != 1:
            raise ValueError(_("give exactly one of phone, card and openid"))
        return self

    def ref(self) -> MemberRef:
        """The shopper as the services name them."""
        if self.phone:
            return MemberRef.phone(self.phone)
        return MemberRef.card(self.card) if self.card else MemberRef.openid(self.openid or "")


class LineIn(BaseModel):
    """One line of the receipt; ``amount`` is for the whole line."""

    sku: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(max_length=160)] = ""
    quantity: Decimal = Decimal(1)
    amount: Decimal


class OrderIn(BaseModel):
    """One paid receipt. ``number`` is unique for the channel: sending the same again is safe."""

    number: Text64
    store: Annotated[str, Field(max_length=32, description="The store's code")]
    amount: Annotated[Decimal, Field(description="What was paid, in yuan", examples=["128.50"])]
    currency: Yuan = "CNY"
    paid_at: Annotated[datetime, Field(description="With its time zone", examples=["2026-03-04T12:00:00+08:00"])]
    member: ShopperIn | None = None
    associate: Annotated[str, Field(max_length=60, description="Login name of who sold it")] = ""
    lines: Annotated[list[LineIn], Field(max_length=MOST_LINES)] = []

    def new(self, channel: Channel) -> NewOrder:
        """The order as the services take it."""
        lines = tuple(NewLine(line.sku, line.name, line.quantity, line.amount) for line in self.lines)
        ref = self.member.ref() if self.member else None
        return NewOrder(channel, self.store, self.number, ref, self.amount, self.paid_at, lines, self.associate)


class BatchIn(BaseModel):
    """Up to 1,000 orders. Each is judged by itself: a bad one keeps nobody out."""

    orders: Annotated[list[SkipValidation[OrderIn]], Field(min_length=1, max_length=MOST_ORDERS)]


class RefundIn(Schema):
    """Money given back on one order. ``number`` is the refund's own, unique for the channel."""

    number: Text64
    amount: Decimal
    currency: Yuan = "CNY"
    refunded_at: datetime
    reason: Annotated[str, Field(max_length=200)] = ""

    def new(self, channel: Channel, order_number: str) -> NewRefund:
        """The refund as the services take it."""
        return NewRefund(channel, self.number, order_number, self.amount, self.refunded_at, self.reason)


class LookupIn(Schema):
    """Whom to look for: exactly one of the three. In the body, so that no log keeps a phone number."""

    phone: Annotated[str, Field(max_length=40)] | None = None
    card: Text64 | None = None
    openid: Annotated[str, Field(max_length=128)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "LookupIn":
        if len([word for word in (self.phone, self.card, self.openid) if word]) != 1:
            raise ValueError(_("give exactly one of phone, card and openid"))
        return self

    def ref(self) -> MemberRef:
        """The shopper as the services name them."""
        if self.phone:
            return MemberRef.phone(self.phone)
        return MemberRef.card(self.card) if self.card else MemberRef.openid(self.openid or "")


class HoldingOut(Schema):
    """A member's place in one brand. What your channel may not share is empty: see the channel's page."""

    brand: str
    tier: str
    points: int | None = None
    growth: int | None = None
    debt: int | None = None
    to_next_tier: int | None = None


class MemberOut(Schema):
    """A member as a till may see them: name and phone masked."""

    number: str
    name: str
    phone: str
    joined_at: datetime
    holdings: list[HoldingOut]


class OrderOut(Schema):
    """What became of the order, and what its shopper holds now in the store's brand."""

    number: str
    status: str
    earned_points: int
    earned_growth: int
    member: MemberOut | None
    note: str = ""


class ItemOut(Schema):
    """What became of one order of a batch. ``reason`` is for programs, ``detail`` for people; empty when taken."""

    number: str
    status: str
    earned_points: int = 0
    earned_growth: int = 0
    has_member: bool = False
    reason: str = ""
    detail: str = ""


class BatchOut(Schema):
    created: int
    duplicate: int
    rejected: int
    items: list[ItemOut]


class RefundOut(Schema):
    """What became of the refund, and what it took back (points that were spent are owed now)."""

    number: str
    status: str
    taken_points: int
    taken_growth: int
    member: MemberOut | None


class CouponIn(Schema):
    """Which coupon, where and for what order. A mall or app may leave the store out; a till may not."""

    code: Annotated[str, Field(max_length=64, examples=["7K2M 9QXR 4TBA"])]
    store: Annotated[str, Field(max_length=32, description="The store's code; empty for an online order")] = ""
    amount: Annotated[Decimal, Field(description="What the order costs, in yuan")] | None = None
    currency: Yuan = "CNY"


class RedeemIn(CouponIn):
    """``key`` is the till's own number of this act: sending the same again is safe."""

    key: Word64
    order_number: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")] = ""


class UndoIn(Schema):
    """The key of the redemption to take back."""

    key: Word64


class CouponOut(Schema):
    """A coupon that counts here and now. ``discount`` in yuan; null while the order amount is needed for it."""

    code: str
    name: str
    discount: Decimal | None
    needs_amount: bool
    threshold: Decimal
    expires_at: datetime
    member: str


class RedeemedOut(Schema):
    """What became of it: ``redeemed``, ``duplicate`` (the same key again) or ``restored``."""

    code: str
    key: str
    status: str
    name: str
    discount: Decimal | None
    order_amount: Decimal | None
    order_number: str
    redeemed_at: datetime | None
    member: str


class ProblemOut(Schema):
    """What went wrong."""

    type: str
    title: str
    detail: str
    code: str


# what every address may answer besides its own
PROBLEMS: dict[Any, Any] = {frozenset({400, 401, 403, 404, 409, 413, 422, 429, 503}): ProblemOut}
