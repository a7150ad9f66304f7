"""The opening board (门店开业): how far each region's stores have come."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from ..models import Store

FIELDS = {
    "invited": "invited_at", "printed": "code_printed_at", "scanned": "first_scan_at", "joined": "first_join_at",
    "promoted": "first_promotion_at",
}  # fmt: skip
STEPS = tuple(FIELDS)


@dataclass
class Progress:
    """How many open stores there are, and how many passed each step."""

    total: int = 0
    invited: int = 0
    printed: int = 0
    scanned: int = 0
    joined: int = 0
    promoted: int = 0

    def add(self, other: "Progress") -> None:
        for name in ("total", *STEPS):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class RegionLine:
    region_id: int
    name: str
    progress: Progress


@dataclass
class BrandLines:
    brand_id: int
    name: str
    colour: str
    progress: Progress = field(default_factory=Progress)
    regions: list[RegionLine] = field(default_factory=list)


def of(shops: QuerySet[Store], *, english: bool = False) -> tuple[Progress, list[BrandLines]]:
    """The open stores of the queryset counted by brand and region, in one query; and all of them together."""
    rows = (
        shops.filter(closed_on=None)
        .order_by("brand__code", "region__code")
        .values(
            "brand_id", "brand__name", "brand__name_en", "brand__colour", "region_id", "region__name",
            "region__name_en", "brand__code", "region__code",
        )
        .annotate(
            total=Count("pk"),
            **{step: Count("pk", filter=Q(**{f"{name}__isnull": False})) for step, name in FIELDS.items()},
        )
    )  # fmt: skip
    whole = Progress()
    brands: dict[int, BrandLines] = {}
    counted: list[dict[str, Any]] = [{**row} for row in rows]
    for row in counted:
        progress = Progress(**{name: row[name] for name in ("total", *STEPS)})
        brand = brands.setdefault(
            row["brand_id"],
            BrandLines(row["brand_id"], _name(row, "brand", english), row["brand__colour"]),
        )
        brand.regions.append(RegionLine(row["region_id"], _name(row, "region", english), progress))
        brand.progress.add(progress)
        whole.add(progress)
    return whole, list(brands.values())


def _name(row: dict, node: str, english: bool) -> str:
    return (english and row[f"{node}__name_en"]) or row[f"{node}__name"]


def longest_waiting(shops: QuerySet[Store], *, count: int = 10) -> QuerySet[Store]:
    """The open stores that still wait for a step, oldest first."""
    done = Q(**{f"{field}__isnull": False for field in FIELDS.values()})
    return shops.filter(~done, closed_on=None).select_related("brand", "region").order_by("created_at", "pk")[:count]
