"""The catalogue of what a rule may ask. One entry here appears in the builder, in both engines and in the sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(StrEnum):
    """What a field's value is: decides the widget and the shape in JSON."""

    NUMBER = "number"  # {"attr": name, "op": "gte", "value": 3}; "between" takes [low, high]
    CHOICE = "choice"  # {"attr": name, "op": "in", "value": [..]}
    FLAG = "flag"  # {"attr": name, "op": "eq", "value": true}
    TAG = "tag"  # {"tag": id}
    ORDERS = "orders"  # {"orders": {"days": 30, "category": [..], "agg": "count", "op": "gte", "value": 2}}
    NEAR = "near"  # {"near": {"store": id, "km": 3}} or {"near": {"lat": .., "lon": .., "km": 3}}
    SNAPSHOT = "snapshot"  # {"snapshot": id}


class Measure(StrEnum):
    """How a number in a rule becomes a comparison with what is kept of a member."""

    PLAIN = "plain"
    DAYS_AGO = "days_ago"  # kept as a day; a rule says how many days ago
    YEARS_AGO = "years_ago"  # kept as yyyymmdd; a rule says completed years
    MONEY = "money"  # kept in fen; a rule says yuan


class Group(StrEnum):
    """Under which heading the builder offers a field."""

    BASIC = "basic"
    PLACE = "place"
    LOYALTY = "loyalty"
    ORDERS = "orders"
    TAGS = "tags"
    REACH = "reach"


GROUPS: dict[str, Promise] = {
    Group.BASIC: _("Profile"),
    Group.PLACE: _("Store and place"),
    Group.LOYALTY: _("Tier and points"),
    Group.ORDERS: _("Orders"),
    Group.TAGS: _("Tags and audiences"),
    Group.REACH: _("Consent and contact"),
}
COMPARISONS = ("gte", "lte", "between", "eq", "gt", "lt")
KNOWING = ("known", "unknown")
OPERATORS: dict[str, Promise] = {
    "gte": _("at least"),
    "lte": _("at most"),
    "between": _("between"),
    "eq": pgettext_lazy("comparison", "exactly"),
    "gt": _("more than"),
    "lt": _("less than"),
    "in": _("is one of"),
    "known": _("is known"),
    "unknown": _("is not known"),
}
AGGREGATES: dict[str, Promise] = {"count": _("number of orders"), "sum": _("sum in yuan")}


@dataclass(frozen=True)
class Field:
    """One thing that a rule may ask of a member.

    ``choices`` is a key of ``segments.queries.choices``; ``value_type`` is what stands in JSON for one choice and
    ``values`` all there are, where the code knows them. ``column``
    names what the engines compare (``segments.rules.columns``); empty for kinds with a leaf of their own.
    """

    name: str
    label: Promise
    help: Promise
    kind: Kind
    group: Group
    operators: tuple[str, ...] = ()
    choices: str = ""
    values: tuple[str | int, ...] = ()
    value_type: type = int
    column: str = ""
    measure: Measure = Measure.PLAIN
    unit: Promise | str = ""
    least: int = 0
    most: int = 1_000_000_000

    @property
    def can_be_unknown(self) -> bool:
        return "unknown" in self.operators


def _number(name: str, label: Promise, text: Promise, group: Group, **more: object) -> Field:
    known = KNOWING if more.pop("can_be_unknown", False) else ()
    given = {"operators": (*COMPARISONS, *known), "column": name} | more
    return Field(name, label, text, Kind.NUMBER, group, **given)  # type: ignore[arg-type]


def _choice(name: str, label: Promise, text: Promise, group: Group, choices: str, **more: object) -> Field:
    given = {"operators": ("in", *KNOWING), "column": name} | more
    return Field(name, label, text, Kind.CHOICE, group, choices=choices, **given)  # type: ignore[arg-type]


def _flag(name: str, label: Promise, text: Promise) -> Field:
    return Field(name, label, text, Kind.FLAG, Group.REACH, ("eq",), value_type=bool, column=name)


YUAN, DAYS, YEARS = _("yuan"), _("days"), _("years")
_ALL = [
    _choice("gender", _("Gender"), _("As given in the profile."), Group.BASIC, "genders", value_type=str, values=("f", "m")),
    _number(
        "age", _("Age"), _("Completed years today; members without a birthday have no age."), Group.BASIC,
        column="birth", measure=Measure.YEARS_AGO, unit=YEARS, most=150, can_be_unknown=True,
    ),
    _choice(
        "birthday_month", _("Month of birth"), _("1 is January."), Group.BASIC, "months", column="birth_month",
        values=tuple(range(1, 13)),
    ),
    _number(
        "joined_days", _("Days since joining"), _("0 is today."), Group.BASIC,
        column="joined_day", measure=Measure.DAYS_AGO, unit=DAYS, most=36_500,
    ),
    _choice(
        "joined_channel", _("Joined through"), _("The channel where the member joined."), Group.BASIC, "channels",
    ),
    _choice("home_store", _("Home store"), _("The store that the member belongs to."), Group.PLACE, "stores"),
    _choice("region", _("Region"), _("The region of the home store."), Group.PLACE, "regions", column="home_store"),
    _choice(
        "city", _("City"), _("The city of the home store."), Group.PLACE, "cities", column="home_store", value_type=str
    ),
    _choice("brand", _("Brand"), _("The brand of the home store."), Group.PLACE, "brands", column="home_store"),
    Field(
        "near", _("Distance to a store"), _("Members whose place lies within so many kilometres, as the crow flies."),
        Kind.NEAR, Group.PLACE, choices="placed_stores", unit=_("km"), most=500,
    ),
    _choice("tier", _("Tier"), _("The tier held today in any brand's programme."), Group.LOYALTY, "tiers"),
    _number("points", _("Points"), _("What can be spent now, all programmes together."), Group.LOYALTY),
    _number("growth", _("Growth value"), _("All programmes together."), Group.LOYALTY),
    _number(
        "last_order_days", _("Days since the last order"), _("0 is today; members who never bought have no last order."),
        Group.ORDERS, column="last_order_day", measure=Measure.DAYS_AGO, unit=DAYS, most=36_500, can_be_unknown=True,
    ),
    _number("order_count", _("Orders so far"), _("Without orders that were refunded in full."), Group.ORDERS),
    _number(
        "spent", _("Spent so far"), _("In yuan, after refunds."), Group.ORDERS, measure=Measure.MONEY, unit=YUAN
    ),
    Field(
        "orders", _("Orders in a period"),
        _("How many orders, or how much in yuan, in the last so many days (today counts as one), by category and store."),
        Kind.ORDERS, Group.ORDERS, operators=COMPARISONS,
    ),
    Field("tag", _("Tag"), _("A word of the tag dictionary."), Kind.TAG, Group.TAGS, choices="tags"),
    Field(
        "snapshot", _("Locked audience"), _("Members of an audience that was locked earlier."),
        Kind.SNAPSHOT, Group.TAGS, choices="snapshots",
    ),
    _flag("marketing_consent", _("Agreed to offers"), _("The latest answer about offers and news is yes.")),
    _flag("has_phone", _("Has a phone number"), _("Can be reached by text message.")),
    _flag("has_email", _("Has an e-mail address"), _("Can be reached by e-mail.")),
    _flag("has_wechat", _("Is known on WeChat"), _("An OpenID is known.")),
]  # fmt: skip
FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
ATTRIBUTES: dict[str, Field] = {
    name: field for name, field in FIELDS.items() if field.kind in (Kind.NUMBER, Kind.CHOICE, Kind.FLAG)
}
# the filters of the orders leaf: key in JSON -> (label, key of segments.queries.choices, type of one value)
ORDER_FILTERS: dict[str, tuple[Promise, str, type]] = {
    "category": (_("Categories"), "categories", str),
    "store": (_("Stores"), "stores", int),
    "region": (_("Regions"), "regions", int),
    "channel": (_("Channels"), "channels", int),
}
MONTHS: dict[int, Promise] = {
    1: _("January"), 2: _("February"), 3: _("March"), 4: _("April"), 5: _("May"), 6: _("June"), 7: _("July"),
    8: _("August"), 9: _("September"), 10: _("October"), 11: _("November"), 12: _("December"),
}  # fmt: skip
