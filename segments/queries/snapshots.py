"""Locked audiences: who is in them, and how far the live rule has moved since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import QuerySet

from stores.access import Role
from stores.models import Staff

from ..models import AudienceSnapshot
from . import exact, facts


@dataclass(frozen=True)
class Drift:
    """The locked audience beside the rule as it would choose now. ``stayed`` + ``left`` = what was locked."""

    locked: int
    live: int
    stayed: int
    left: int
    entered: int
    is_other_rule: bool


def visible_to(staff: Staff) -> QuerySet[AudienceSnapshot]:
    """Headquarters sees every locked audience, others none. Without the bits, which are large."""
    if not staff.is_active or staff.role not in Role.HEADQUARTERS:
        return AudienceSnapshot.objects.none()
    return AudienceSnapshot.objects.select_related("segment", "locked_by").defer("bits")


def ids_of(snapshot: AudienceSnapshot) -> np.ndarray:
    """The sorted member ids (int32)."""
    return facts.ids_in(facts.bits_of(snapshot.pk))


def contains(snapshot: AudienceSnapshot, member_id: int) -> bool:
    """Whether this member was locked in."""
    bits, place = facts.bits_of(snapshot.pk), member_id - 1
    return place // 8 < len(bits) and bool(bits[place // 8] >> place % 8 & 1)


def drift(snapshot: AudienceSnapshot, now: datetime) -> Drift:
    """How the segment's rule of today (the locked rule, without one) would choose now. Raises RuleError, TooSlow."""
    rule = snapshot.segment.rule if snapshot.segment else snapshot.rule
    locked, live = ids_of(snapshot), exact.find(rule, now=now).ids
    stayed = len(np.intersect1d(locked, live, assume_unique=True))
    return Drift(len(locked), len(live), stayed, len(locked) - stayed, len(live) - stayed, rule != snapshot.rule)
