"""What a rule's plan asks of the database: stores of regions, places of stores, members of locked audiences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import Q

from members.models import Tag
from stores.models import Store

from ..models import AudienceSnapshot
from ..rules import plan, tree
from ..rules.plan import Plan, no_such


class Lookups:
    """``plan.Facts`` over the database, for one rule and the stores that it names. Raises RuleError for what does not exist."""

    LOOKUP = {"region": "region__in", "brand": "brand__in", "city": "city__in"}

    def stores_of(self, kind: str, values: tuple[Any, ...]) -> Iterable[int]:
        return Store.objects.filter(Q(**{self.LOOKUP[kind]: values})).order_by().values_list("pk", flat=True)

    def __init__(self, stores: Iterable[int] = ()):
        self.asked = sorted(set(stores))

    def place_of(self, store: int) -> tuple[float, float]:
        if store not in self._places:
            raise no_such("near.store")
        lat, lon = self._places[store]
        if lat is None or lon is None:
            raise plan.no_place("near.store")
        return float(lat), float(lon)

    @cached_property
    def _places(self) -> dict[int, tuple[Any, Any]]:
        rows = Store.objects.filter(pk__in=self.asked).order_by().values_list("pk", "latitude", "longitude")
        return {pk: (lat, lon) for pk, lat, lon in rows}


def today(now: datetime) -> date:
    """The day in the chain's time zone."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def planned(rule: object, *, now: datetime) -> Plan:
    """The plan of a rule given as JSON, as it is meant today. Raises RuleError for what is wrong or does not exist."""
    node = tree.parse(rule)
    demand_known(node)
    near = [store for leaf in tree.leaves(node) if isinstance(leaf, tree.Near) for store in leaf.stores]
    return plan.plan(node, today=today(now), facts=Lookups(near))


def demand_known(node: tree.Node) -> None:
    """Raise RuleError unless the tags and locked audiences that a tree names exist."""
    found = tree.leaves(node)
    tags = {leaf.tag for leaf in found if isinstance(leaf, tree.HasTag)}
    snapshots = {leaf.snapshot for leaf in found if isinstance(leaf, tree.InSnapshot)}
    if tags and Tag.objects.filter(pk__in=tags).count() < len(tags):
        raise no_such("tag")
    if snapshots and AudienceSnapshot.objects.filter(pk__in=snapshots).count() < len(snapshots):
        raise no_such("snapshot")


def bits_of(snapshot: int) -> bytes:
    """The stored bits of a locked audience."""
    return bytes(AudienceSnapshot.objects.values_list("bits", flat=True).get(pk=snapshot))


def ids_in(bits: bytes) -> np.ndarray:
    """The sorted member ids of stored bits."""
    held = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    return (np.nonzero(held)[0] + 1).astype(np.int32)


def members_of(snapshot: int) -> list[int]:
    """The member ids of a locked audience."""
    return ids_in(bits_of(snapshot)).tolist()
