"""Events that partners may tell, each with its version, its fields and a sample. Pure data, and how it is judged.

A published version never changes: a new field that must be there is a new version below the old one. Facts of our own
(``order.paid``) are written by services and cannot be told from outside.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

MOST_TEXT, MOST_COUNT, MOST_MONEY = 200, 10**9, Decimal(10) ** 10


class Fact(TextChoices):
    """What an event tells about a member."""

    CONSUMPTION = "consumption", _("Consumption")
    BEHAVIOUR = "behaviour", _("Behaviour")
    PREFERENCE = "preference", _("Preference")
    TRADE = "trade", _("Trade")
    ACTIVITY = "activity", _("Campaign activity")
    OFFLINE = "offline", _("Offline, in stores")


class Field(NamedTuple):
    """One field: ``text``, ``count`` (whole, not negative), ``money`` (yuan), ``flag``, or one of ``choices``."""

    kind: str
    sample: Any
    needed: bool = False
    choices: tuple[str, ...] = ()


class Schema(NamedTuple):
    """One version of one event."""

    name: str
    version: int
    fact: Fact
    label: Any
    fields: dict[str, Field]
    at_store: bool = False  # means nothing without a store

    @property
    def sample(self) -> dict[str, Any]:
        return {name: field.sample for name, field in self.fields.items()}


class Wrong(NamedTuple):
    """Why an event is not taken: a word for programs, and the field that it is about."""

    code: str
    field: str = ""


SKU = Field("text", "TEA-250", needed=True)
PAGE = Field("text", "/tea/longjing", needed=True)
DEVICE = Field("choice", "phone", choices=("phone", "tablet", "desktop", "screen"))
SCHEMAS = (
    Schema("app.opened", 1, Fact.BEHAVIOUR, _("Opened the app"), {"device": DEVICE}),
    Schema("page.viewed", 1, Fact.BEHAVIOUR, _("Looked at a page"),
           {"page": PAGE, "seconds": Field("count", 12), "device": DEVICE}),
    Schema("product.viewed", 1, Fact.BEHAVIOUR, _("Looked at a product"), {"sku": SKU, "seconds": Field("count", 8)}),
    Schema("product.searched", 1, Fact.BEHAVIOUR, _("Searched"),
           {"words": Field("text", "green tea", needed=True), "found": Field("count", 14)}),
    Schema("product.favoured", 1, Fact.PREFERENCE, _("Put a product among the favourites"), {"sku": SKU}),
    Schema("preference.told", 1, Fact.PREFERENCE, _("Told a preference"),
           {"topic": Field("text", "taste", needed=True), "value": Field("text", "mild", needed=True)}),
    Schema("review.written", 1, Fact.PREFERENCE, _("Wrote a review"),
           {"sku": SKU, "stars": Field("choice", "5", needed=True, choices=("1", "2", "3", "4", "5"))}),
    Schema("cart.added", 1, Fact.TRADE, _("Put into the cart"),
           {"sku": SKU, "quantity": Field("count", 1, needed=True), "amount": Field("money", "98.50")}),
    Schema("cart.removed", 1, Fact.TRADE, _("Took out of the cart"), {"sku": SKU, "quantity": Field("count", 1, needed=True)}),
    Schema("checkout.begun", 1, Fact.TRADE, _("Went to the checkout"),
           {"amount": Field("money", "128.50", needed=True), "items": Field("count", 2)}),
    Schema("payment.failed", 1, Fact.TRADE, _("A payment failed"),
           {"amount": Field("money", "128.50", needed=True), "reason": Field("text", "timeout")}),
    Schema("product.used", 1, Fact.CONSUMPTION, _("Used a product"), {"sku": SKU, "times": Field("count", 1)}),
    Schema("product.opened", 1, Fact.CONSUMPTION, _("Scanned the code on a pack"),
           {"sku": SKU, "code": Field("text", "A1B2C3", needed=True)}),
    Schema("service.used", 1, Fact.CONSUMPTION, _("Used a service"), {"service": Field("text", "engraving", needed=True)}),
    Schema("campaign.seen", 1, Fact.ACTIVITY, _("Saw a campaign"), {"campaign": Field("text", "double-eleven", needed=True)}),
    Schema("campaign.entered", 1, Fact.ACTIVITY, _("Took part in a campaign"),
           {"campaign": Field("text", "double-eleven", needed=True), "way": Field("text", "lottery")}),
    Schema("content.shared", 1, Fact.ACTIVITY, _("Shared something"),
           {"page": PAGE, "to": Field("choice", "group", choices=("friend", "group", "moments", "other"))}),
    Schema("game.played", 1, Fact.ACTIVITY, _("Played a game"),
           {"game": Field("text", "wheel", needed=True), "won": Field("flag", True)}),
    Schema("store.entered", 1, Fact.OFFLINE, _("Came into a store"),
           {"by": Field("choice", "wifi", choices=("wifi", "camera", "door", "associate"))}, at_store=True),
    Schema("shelf.touched", 1, Fact.OFFLINE, _("Took something from a shelf"),
           {"sku": SKU, "seconds": Field("count", 20)}, at_store=True),
    Schema("fitting.tried", 1, Fact.OFFLINE, _("Tried something on"), {"sku": SKU}, at_store=True),
    Schema("store.checked_in", 1, Fact.OFFLINE, _("Checked in at a store"), {}, at_store=True),
)  # fmt: skip
BY_NAME = {(schema.name, schema.version): schema for schema in SCHEMAS}
NEWEST = {schema.name: schema for schema in sorted(SCHEMAS, key=lambda each: each.version)}


def find(name: str, version: int | None) -> Schema | None:
    """The event of this name: the version asked for, else the newest; None for what nobody registered."""
    return NEWEST.get(name) if version is None else BY_NAME.get((name, version))


def read(schema: Schema, data: dict[str, Any]) -> tuple[dict[str, Any], Wrong | None]:
    """The fields as they are kept, or what is wrong with the first that is."""
    if unknown := sorted(data.keys() - schema.fields.keys()):
        return {}, Wrong("unknown_field", str(unknown[0])[:40])
    kept = {}
    for name, field in schema.fields.items():
        if (value := data.get(name)) is None:
            if field.needed:
                return {}, Wrong("missing_field", name)
            continue
        if (good := _value(field, value)) is None:
            return {}, Wrong("bad_field", name)
        kept[name] = good
    return kept, None


def _value(field: Field, value: Any) -> Any:
    """The value as it is kept; None when it is not of its kind."""
    if field.kind == "flag":
        return value if isinstance(value, bool) else None
    if field.kind == "count":
        return value if type(value) is int and 0 <= value <= MOST_COUNT else None
    if field.kind == "money":
        return _money(value)
    if not (isinstance(value, str) and 0 < len(value) <= MOST_TEXT and value.isprintable()):
        return None
    return value if field.kind == "text" or value in field.choices else None


def _money(value: Any) -> str | None:
    try:
        amount = Decimal(value) if isinstance(value, int | str | Decimal) and not isinstance(value, bool) else None
    except ArithmeticError:
        return None
    if amount is None or not amount.is_finite() or not 0 <= amount < MOST_MONEY:
        return None
    exponent = amount.as_tuple().exponent
    return f"{amount:.2f}" if isinstance(exponent, int) and exponent >= -2 else None
