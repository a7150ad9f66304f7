"""What the demo is made from: size, seed and day; and the parts of the chain that everything else points at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from stores.models import Channel

VERSION = 2  # raise it when the generator makes other data from the same seed
SEED = 20260122
ZONE = ZoneInfo("Asia/Shanghai")
YEAR = 365  # days of trade


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    members: int
    stores: int
    staff: int
    orders: int


SIZES = {
    "2k": Size(2_000, 60, 240, 5_000),
    "100k": Size(100_000, 2_000, 6_000, 70_000),
}
# For benches: members and orders drawn inside the database, on the ground of the usual demo.
SERIES = {"200k": 200_000, "2m": 2_000_000, "10m": 10_000_000}


@dataclass(frozen=True)
class BrandPlan:
    """A brand's shares of the whole and its habits."""

    code: str
    name: str
    name_en: str
    colour: str
    binding: str
    letters: str
    stores: float
    members: float
    orders: float
    lines: float
    hours: tuple[int, ...]


# Weights of the hours 7 to 22: breakfast and lunch for the corner shop, evenings for the others.
BRANDS = (
    BrandPlan("mart", "青禾便利", "Qinghe Mart", "#1f6f54", "last", "QH", 0.60, 0.52, 0.56, 1.5,
              (9, 11, 8, 5, 6, 11, 10, 5, 4, 5, 7, 10, 10, 8, 6, 3)),
    BrandPlan("beauty", "禾光美妆", "Heguang Beauty", "#a2456b", "first", "HG", 0.25, 0.28, 0.25, 0.7,
              (0, 0, 0, 3, 5, 6, 7, 8, 8, 8, 8, 10, 12, 12, 8, 2)),
    BrandPlan("baby", "稚禾母婴", "Zhihe Baby", "#b8722c", "after_days", "ZH", 0.15, 0.20, 0.19, 0.9,
              (0, 0, 1, 6, 8, 8, 6, 6, 8, 9, 9, 8, 10, 9, 5, 1)),
)  # fmt: skip


@dataclass
class Shop:
    """A store as the generator needs it: keys only, so that it travels to another process."""

    pk: int
    code: str
    city: int
    weight: float
    opened: int  # days since 0001-01-01, as date.toordinal()
    trades: bool
    scanned: bool
    code_id: int | None = None
    associates: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class World:
    """The shops and channels of each brand by its code, the tags, and the clock."""

    size: Size
    seed: int
    now: datetime
    first_phone: dict[str, int]
    shops: dict[str, list[Shop]] = field(default_factory=dict)
    tills: dict[str, Channel] = field(default_factory=dict)
    apps: dict[str, Channel] = field(default_factory=dict)
    tag_ids: list[int] = field(default_factory=list)

    def dice(self, *names: str) -> np.random.Generator:
        """A generator of its own for each part, so that one part never shifts another."""
        words = [byte for name in names for byte in name.encode()]
        return np.random.default_rng([VERSION, self.seed, self.today, *words])

    @property
    def local(self) -> datetime:
        return self.now.astimezone(ZONE)

    @property
    def today(self) -> int:
        return self.local.date().toordinal()

    @property
    def midnight(self) -> int:
        """The start of today in seconds since 1970."""
        return int(self.local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())

    @property
    def founded(self) -> datetime:
        """When the chain came onto this system: before its first member."""
        return self.now - timedelta(days=2 * YEAR + 30)


def new_world(size: Size, seed: int, now: datetime) -> World:
    """The brands' slices of the phone range, one after another."""
    first, phones = 0, {}
    for plan in BRANDS:
        phones[plan.code] = first
        first += members_of(size, plan)
    return World(size, seed, now.replace(microsecond=0), phones)


def members_of(size: Size, plan: BrandPlan) -> int:
    """How many members joined at this brand; the first brand takes what rounding leaves."""
    rest = [round(size.members * other.members) for other in BRANDS[1:]]
    return size.members - sum(rest) if plan == BRANDS[0] else rest[BRANDS.index(plan) - 1]


def phone(index: int) -> str:
    """The demo phone of the n-th person: 1690000xxxx to 1690099xxxx, scattered, each once for n below a million."""
    return f"16900{(index * 618_033 + 271_828) % 1_000_000:06d}"
