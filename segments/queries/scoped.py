"""Audiences as one person sees them."""

from datetime import datetime
from typing import Any

import numpy as np

from members.models import Member
from members.queries import members
from stores.models import Staff

from ..engine.layout import Unavailable
from ..rules.columns import NOWHERE
from ..rules.plan import OneOf
from . import audiences, facts, stores


def seen(ids: np.ndarray, staff: Staff) -> np.ndarray:
    """Those of the sorted member ids that this person may see."""
    if staff.sees_every_store:
        return ids
    found = members.visible_to(staff).order_by().values_list("pk", flat=True)
    return np.intersect1d(ids, np.fromiter(found.iterator(chunk_size=20_000), np.int32))


def rows(ids: np.ndarray, staff: Staff, *, start: int, size: int) -> list[Member]:
    """Some of these members in the order of their ids, with what lists show."""
    keys = ids[start : start + size].tolist()
    return list(members.for_list(staff).filter(pk__in=keys).order_by("pk"))


def reachable(rule: dict[str, Any], medium: str, staff: Staff, *, now: datetime) -> int:
    """How many of the visible members of a rule agreed to offers and have an address for ``medium``.

    Raises RuleError (also when a limited person's rule has no room for two conditions more) and TooSlow.
    """
    if staff.sees_every_store:
        return audiences.reachable(rule, medium, now=now).number
    asked = [{"attr": name, "op": "eq", "value": True} for name in ("marketing_consent", audiences.MEDIA[medium])]
    inside = rule.get("all", [rule])
    return audiences.count({"all": [*inside, *asked]}, now=now, staff=staff).number


def unplaced(staff: Staff) -> int:
    """How many of the members whom this person may see have no known place, so that no distance is known."""
    if staff.sees_every_store:
        try:
            return stores.opened().reader.count(OneOf("latitude", (NOWHERE,)), facts.bits_of)
        except Unavailable:
            pass
    return members.visible_to(staff).filter(latitude=None).count()
