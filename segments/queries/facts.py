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
    """``plan.Facts`` over the database, for one rule at one moment. Raises RuleError for what does not exist."""

    LOOKUP = {"region": "region__in", "brand": "brand__in", "city": "city__in"}

    def stores_of(self, kind: str, values: tuple[Any, ...]) -> Iterable[int]:
        return Store.objects.filter(Q(**{self.LOOKUP[kind]: values})).order_by().values_list("pk", flat=True)

    def place_of(self, store: int) -> tuple[float, float]:
        place = self._places.get(store)
        if place is None:
            place = self._places[store] = self._read(store)
        return place

    @cached_property
    def _places(self) -> dict[int, tuple[float, float]]:
        return {}

    def _read(self, store: int) -> tuple[float, float]:
        row = Store.objects.filter(pk=store).values_list("latitude", "longitude").first()
        if row is None:
            raise no_such("near.store")
        if row[0] is None or row[1] is None:
            raise plan.no_place("near.store")
        return float(row[0]), float(row[1])


def today(now: datetime) -> date:
    """The day in the chain's time zone."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def planned(rule: object, *, now: datetime) -> Plan:
    """The plan of a rule given as JSON, as it is meant today. Raises RuleError for what is wrong or does not exist."""
    node = tree.parse(rule)
    demand_known(node)
    return plan.plan(node, today=today(now), facts=Lookups())


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
