"""What tills send and get through one address: docs/api.md has the whole of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from members.rules.receipts import MemberRef

from .schemas import LineIn, MemberOut, Yuan

LATE = timedelta(days=7)  # how long a till without a line may keep its receipts
MOST = 500
Receipt = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$")]
Code = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]


class TillMemberIn(BaseModel):
    """Who stands at the till: exactly one. ``code`` is what the member's card page shows, or the member number."""

    phone: Annotated[str, Field(max_length=40)] | None = None
    code: Code | None = None
    card: Code | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "TillMemberIn":
        if len([word for word in (self.phone, self.code, self.card) if word]) != 1:
            raise ValueError(_("give exactly one of phone, code and card"))
        return self

    def ref(self) -> MemberRef | None:
        """The identity, unless it is a code."""
        if self.phone:
            return MemberRef.phone(self.phone)
        return MemberRef.card(self.card) if self.card else None


class TillEventIn(BaseModel):
    """One thing that happened at a till. What a kind does not need is left out."""

    event: Literal["sale", "refund", "void", "member_lookup", "redeem_hold", "redeem_commit", "redeem_release"]
    store: Annotated[str, Field(max_length=32, description="The store's code")]
    till: Annotated[str, Field(max_length=32, description="Which till of the store")] = ""
    receipt_no: Receipt = "-"
    original_receipt_no: Annotated[Receipt | None, Field(description="refund: the receipt of the sale")] = None
    lines: Annotated[list[LineIn], Field(max_length=MOST)] = []
    paid: Annotated[Decimal | None, Field(description="Yuan; of a refund what was given back")] = None
    currency: Yuan = "CNY"
    member: TillMemberIn | None = None
    occurred_at: Annotated[AwareDatetime | None, Field(description="By the till's clock; up to 7 days late")] = None
    seq: Annotated[int | None, Field(ge=0, lt=2**63, description="The till's own running number")] = None
    reason: Annotated[str, Field(max_length=200)] = ""
    coupon: Annotated[Code | None, Field(description="redeem_hold: the coupon's code")] = None

    @model_validator(mode="after")
    def _complete(self) -> "TillEventIn":
        needs = {
            "sale": ("receipt_no", "paid", "occurred_at"), "void": ("receipt_no", "occurred_at"),
            "refund": ("receipt_no", "original_receipt_no", "paid", "occurred_at"), "member_lookup": ("member",),
            "redeem_hold": ("receipt_no", "coupon"), "redeem_commit": ("receipt_no",), "redeem_release": ("receipt_no",),
        }[self.event]  # fmt: skip
        missing = [name for name in needs if getattr(self, name) in (None, "-")]
        if missing:
            raise ValueError(_("this event needs %(names)s") % {"names": ", ".join(missing)})
        return self


class TillBatchIn(BaseModel):
    """Up to 500 events in the order in which they happened. Each is judged by itself."""

    events: Annotated[list[TillEventIn], Field(min_length=1, max_length=MOST)]


class TillEventOut(Schema):
    """What became of it. ``messages`` are lines for the receipt printer, in the caller's language."""

    event: str
    receipt_no: str
    seq: int | None
    status: Annotated[
        str, Field(description="created, duplicate, found, unknown, held, redeemed, released or rejected")
    ]
    code: Annotated[str, Field(description="Why it was rejected, for programs; else empty")]
    balance: Annotated[int | None, Field(description="Points in the store's brand; null for nobody we know")]
    moved: Annotated[int, Field(description="Points that this event gave (or, below zero, took)")]
    discount: Annotated[Decimal | None, Field(description="What the coupon takes off, in yuan")]
    member: MemberOut | None
    messages: list[str]


class TillBatchOut(Schema):
    items: list[TillEventOut]
