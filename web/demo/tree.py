"""The chain's ground: brands, regions, dealers, channels and stores, through the services that lay it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from django.db import transaction

from loyalty.services import founding as loyalty_founding
from loyalty.services import programs
from members.services import consent
from members.services import founding as members_founding
from stores.models import Brand, Chain, Channel, Dealer, Region, Store
from stores.services import founding
from stores.services.founding import NewStore

from . import catalogue
from .places import AREAS, CITIES, ROADS, SPOTS
from .words import COMPUTED_TAGS, TAGS
from .world import BRANDS, BrandPlan, Shop, World

RUN_BY_DEALERS = 0.3
LAUNCHING = 0.03  # stores that are still on the opening board
CLOSED = 0.008
BIGGEST_FIRST = 2.2  # how much more the first store of a city sells than a later one
COUPONS = {
    "mart": ("新会员满15减5", "5 off 15 for new members", 5, 15),
    "beauty": ("新会员满199减30", "30 off 199 for new members", 30, 199),
    "baby": ("新会员满99减20", "20 off 99 for new members", 20, 99),
}
DEALER_NAMES = ("禾顺", "云稻", "青穗", "麦田", "谷丰", "沐禾", "三秋", "晨耕", "南枝", "月河")
DEALER_NAMES_EN = ("Heshun", "Yundao", "Qingsui", "Maitian", "Gufeng", "Muhe", "Sanqiu", "Chengeng", "Nanzhi", "Yuehe")


class Ground(NamedTuple):
    """What was laid: the nodes of the tree, and the stores of each brand in order."""

    chain: Chain
    brands: dict[str, Brand]
    regions: dict[tuple[str, str], Region]
    dealers: dict[int, list[Dealer]]


@transaction.atomic(durable=True)
def lay(world: World) -> Ground:
    """Brands with their programmes and welcome coupons, regions, dealers, channels and the goods on the shelf."""
    chain = founding.found("青禾集团", "Qinghe Group", is_demo=True)
    made = founding.add_brands(
        [
            Brand(
                chain=chain, code=plan.code, name=plan.name, name_en=plan.name_en, colour=plan.colour,
                binding=plan.binding,
            )
            for plan in BRANDS
        ],
        now=world.founded,
    )  # fmt: skip
    brands = {brand.code: brand for brand in made}
    regions = _regions(brands)
    for brand in made:
        program = programs.ensure(brand, now=world.founded)
        loyalty_founding.welcome_template(program, *COUPONS[brand.code])
    _channels(world, brands)
    members_founding.list_goods(
        [(g.sku, g.name, g.department, g.category, g.maker, g.size) for g in catalogue.goods()], now=world.founded
    )
    world.tag_ids = members_founding.tags(TAGS, now=world.founded)
    members_founding.tags(COMPUTED_TAGS, now=world.founded)
    consent.ensure_texts(now=world.founded)
    return Ground(chain, brands, regions, _dealers(regions))


def _regions(brands: dict[str, Brand]) -> dict[tuple[str, str], Region]:
    made = founding.add_regions(
        [
            Region(brand=brand, code=f"{brand.code}-{area.code}", name=f"{brand.name}{area.name}",
                   name_en=f"{brand.name_en} {area.name_en}")
            for brand in brands.values()
            for area in AREAS
        ]
    )  # fmt: skip
    return {(region.brand.code, region.code.split("-", 1)[1]): region for region in made}


def _dealers(regions: dict[tuple[str, str], Region]) -> dict[int, list[Dealer]]:
    made = founding.add_dealers(
        [
            Dealer(region=region, code=f"{region.code}-{place + 1}", name=f"{DEALER_NAMES[pick]}商贸（{area.name[:2]}）",
                   name_en=f"{DEALER_NAMES_EN[pick]} Trading, {area.name_en}")
            for number, ((_brand, _code), region) in enumerate(regions.items())
            for area in [AREAS[number % len(AREAS)]]
            for place in range(3)
            for pick in [(number * 3 + place) % len(DEALER_NAMES)]
        ]
    )  # fmt: skip
    by_region = defaultdict(list)
    for dealer in made:
        by_region[dealer.region_id].append(dealer)
    return by_region


def _channels(world: World, brands: dict[str, Brand]) -> None:
    kinds = ((Channel.Kind.POS, "pos", "收银", "tills"), (Channel.Kind.MINI_PROGRAM, "mini", "小程序", "mini-program"))
    made = founding.add_channels(
        [
            Channel(code=f"{code}-{brand.code}", kind=kind, name=f"{brand.name}{word}",
                    name_en=f"{brand.name_en} {word_en}", brand=brand, created_at=world.founded)
            for brand in brands.values()
            for kind, code, word, word_en in kinds
        ],
        now=world.founded,
    )  # fmt: skip
    for channel in made:
        (world.tills if channel.kind == Channel.Kind.POS else world.apps)[channel.brand.code] = channel


# --- stores --------------------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def open_stores(world: World, ground: Ground, by) -> dict[str, list[Store]]:
    """The stores of each brand over the cities; fills ``world.shops``."""
    opened: dict[str, list[Store]] = {}
    left = world.size.stores
    for plan in BRANDS:
        count = left if plan == BRANDS[-1] else round(world.size.stores * plan.stores)
        left -= count
        cities = _spread(count, world.dice("cities", plan.code))
        new = _new_stores(world, ground, plan, cities)
        opened[plan.code] = founding.open_stores(new, by=by, now=world.founded)
        world.shops[plan.code] = _shops(world, plan, cities, new, opened[plan.code])
    return opened


def _spread(count: int, dice: np.random.Generator) -> np.ndarray:
    """A city for each store, in the order of the cities, near the cities' weights."""
    share = np.array([city.weight for city in CITIES], dtype=float)
    exact = share / share.sum() * count
    each = np.floor(exact).astype(int)
    most_short = np.argsort(each - exact - dice.random(len(share)) * 1e-6)[: count - each.sum()]
    each[most_short] += 1
    return np.repeat(np.arange(len(CITIES)), each)


def _new_stores(world: World, ground: Ground, plan: BrandPlan, cities: np.ndarray) -> list[NewStore]:
    dice = world.dice("stores", plan.code)
    count = len(cities)
    drawn = zip(
        cities.tolist(), dice.random(count).tolist(), dice.normal(0, 0.035, (count, 2)).tolist(),
        dice.integers(0, 10**6, count).tolist(), dice.random(count).tolist(), strict=True,
    )  # fmt: skip
    seen: Counter[int] = Counter()
    made = []
    for serial, (city_no, run, (north, east), pick, stage) in enumerate(drawn, 1):
        city = CITIES[city_no]
        region = ground.regions[plan.code, city.area]
        place = seen[city_no]
        seen[city_no] += 1
        (spot, spot_en), (road, road_en) = _spot(place + city_no * 7), ROADS[pick % len(ROADS)]
        dealers = ground.dealers[region.pk]
        made.append(
            NewStore(
                f"{plan.letters}{serial:05d}", region,
                dealers[pick % len(dealers)] if run < RUN_BY_DEALERS else None,
                f"{plan.name}{city.name}{spot}店", f"{plan.name_en} {city.name_en} {spot_en}", city.province, city.name,
                f"{city.name}{road}{pick % 380 + 1}号（{road_en}）", f"16900{900_000 + pick % 100_000:06d}",
                round(city.latitude + north, 6), round(city.longitude + east, 6),
                *_milestones(world, stage, pick),
            )
        )  # fmt: skip
    return made


def _spot(number: int) -> tuple[str, str]:
    """A place name; after all of them were used once, joined with a road."""
    spot, spot_en = SPOTS[number % len(SPOTS)]
    turn = number // len(SPOTS)
    if not turn:
        return spot, spot_en
    road, road_en = ROADS[(turn - 1) % len(ROADS)]
    return f"{spot}{road}", f"{spot_en} {road_en}"


def _milestones(world: World, stage: float, pick: int) -> tuple:
    """Opening day, closing day, and how far the opening of the store has come."""
    if stage < LAUNCHING:
        opened = date.fromordinal(world.today + 20 - pick % 40)
        done = int(stage / LAUNCHING * 3)  # 0 nothing printed, 1 printed, 2 scanned
        ago = [world.now - timedelta(days=days, minutes=pick % 700) for days in (6, 3)]
        return opened, None, ago[0] if done >= 1 else None, ago[1] if done >= 2 else None, None
    opened = date.fromordinal(world.today - 800 - pick % 2200)
    closed = date.fromordinal(world.today - pick % 200) if stage > 1 - CLOSED else None
    first = world.founded + timedelta(days=pick % 20, minutes=pick % 1000)
    return opened, closed, first, first + timedelta(hours=5), first + timedelta(hours=30)


def _shops(world: World, plan: BrandPlan, cities: np.ndarray, new: list[NewStore], opened: list[Store]) -> list[Shop]:
    """What the generator needs; the first store of a city sells most, and sizes are spread widely."""
    sizes = world.dice("sizes", plan.code).lognormal(0, 0.7, len(opened)).tolist()
    seen: set[int] = set()
    shops = []
    for store, row, city, size in zip(opened, new, cities.tolist(), sizes, strict=True):
        first = city not in seen
        seen.add(city)
        trades = row.first_join_at is not None and row.closed_on is None
        shops.append(
            Shop(
                store.pk,
                store.code,
                city,
                size * (BIGGEST_FIRST if first else 1),
                row.opened_on.toordinal(),
                trades,
                scanned=row.first_scan_at is not None,
            )
        )
    return shops
