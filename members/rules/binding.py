"""Which store and associate a member belongs to after a scan. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Rule(StrEnum):
    """A brand's choice; the values stand in ``Brand.binding``."""

    FIRST = "first"
    LAST = "last"
    AFTER_DAYS = "after_days"


class Why(StrEnum):
    """The reason written beside a binding."""

    FIRST = "first"
    LATEST = "latest"
    DAYS_PASSED = "days_passed"
    ASSOCIATE = "associate"
    IMPORTED = "imported"


class Place(NamedTuple):
    """A store with its brand and perhaps an associate, by their keys."""

    brand: int
    store: int
    associate: int | None = None


def decide(rule: str, days: int, *, held: Place | None, since: datetime | None, scanned: Place, now: datetime):
    """Why a scan binds anew (a ``Why``), or None when what is held stays.

    ``since`` is when ``held`` began; ``days`` counts only for the rule ``after_days``. A store of another brand never
    takes a member away, since each rule is the business of one brand. A member of the store who has no associate gets
    the one whose code was scanned; changing an associate follows the brand's rule.
    """
    if held is None:
        return Why.FIRST
    if held.brand != scanned.brand:
        return None
    same_store = held.store == scanned.store
    if same_store and scanned.associate in (None, held.associate):
        return None
    if same_store and held.associate is None:
        return Why.ASSOCIATE
    if rule == Rule.LAST:
        return Why.ASSOCIATE if same_store else Why.LATEST
    if rule == Rule.AFTER_DAYS and since is not None and now - since >= timedelta(days=days):
        return Why.ASSOCIATE if same_store else Why.DAYS_PASSED
    return None
