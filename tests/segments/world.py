"""A small chain with random members and orders, and random rules about them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from loyalty.models import Account, Book, Standing
from loyalty.services import programs
from members.models import Consent, Identity, Member, MemberTag, Order, OrderLine, Product, Tag
from stores.models import Channel, Store
from tests.factories import NOON, make_brand, make_channel, make_region, make_store

CATEGORIES = ["乳品", "烘焙", "酒水", "Fruit", "a'b%c", ""]


@dataclass
class World:
    """What the random rules draw from."""

    dice: random.Random
    stores: list[Store]
    channels: list[Channel]
    tags: list[Tag]
    tiers: list[int]


def make_world(members: int, *, seed: int = 7) -> World:
    """Three brands, a dozen stores, products in five categories, and this many members with some 3 orders each."""
    dice = random.Random(seed)
    stores = []
    for brand in [make_brand() for _ in range(3)]:
        programs.ensure(brand, now=NOON)
        for region in [make_region(brand) for _ in range(2)]:
            for city in ("杭州", "上海"):
                place = {
                    "latitude": Decimal(f"{30 + dice.random():.6f}"),
                    "longitude": Decimal(f"{120 + dice.random():.6f}"),
                }
                stores.append(make_store(region, city=city, **place))
    tags = Tag.objects.bulk_create([Tag(name=f"标签{n}", created_at=NOON) for n in range(9)])
    for n, category in enumerate(CATEGORIES * 2):
        Product.objects.create(sku=f"SKU{n}", name=f"商品{n}", category=category, updated_at=NOON)
    tiers = [tier for book in Book.objects.all() for tier in book.program.tiers.values_list("pk", flat=True)]
    world = World(dice, stores, [make_channel() for _ in range(3)], tags, sorted(set(tiers)))
    add_members(world, members)
    add_orders(world, members * 3)
    return world


def add_members(world: World, count: int) -> list[Member]:
    """Members with everything that a rule may ask, some of it unknown."""
    dice, first = world.dice, (Member.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    first += dice.randrange(3)  # a lost race leaves a hole
    made = Member.objects.bulk_create(_member(world, pk) for pk in range(first, first + count))
    Identity.objects.bulk_create(
        Identity(kind=kind, value=f"{kind}-{member.pk}", member=member, added_at=NOON)
        for member in made for kind in (1, 3, 5) if dice.random() < 0.6
    )  # fmt: skip
    Consent.objects.bulk_create(
        Consent(member=member, purpose="marketing", is_given=dice.random() < 0.6, at=NOON, method="test")
        for member in made for _ in range(dice.randrange(3))
    )  # fmt: skip
    MemberTag.objects.bulk_create(
        MemberTag(member=member, tag=tag, added_at=NOON)
        for member in made for tag in dice.sample(world.tags, dice.randrange(5))
    )  # fmt: skip
    books = list(Book.objects.all())
    Account.objects.bulk_create(
        Account(member=member, book=book, balance=dice.randrange(3000))
        for member in made for book in dice.sample(books, dice.randrange(4))
    )  # fmt: skip
    rungs = {book.program_id: list(book.program.tiers.values_list("pk", flat=True)) for book in books}
    Standing.objects.bulk_create(
        Standing(member=member, program_id=program, tier_id=dice.choice(rungs[program]), since=NOON, joined_at=NOON)
        for member in made for program in dice.sample(sorted(rungs), dice.randrange(3))
    )  # fmt: skip
    return made


def _member(world: World, pk: int) -> Member:
    dice = world.dice
    home = dice.choice([*world.stores, None])
    place: dict[str, Any] = {}
    if home and dice.random() < 0.7:
        spread = dice.choice([0.01, 0.05, 0.3])
        place["latitude"] = home.latitude + Decimal(f"{dice.gauss(0, spread):.6f}")
        place["longitude"] = home.longitude + Decimal(f"{dice.gauss(0, spread):.6f}")
    born = date(1950, 1, 1) + timedelta(days=dice.randrange(22_000))
    if dice.random() < 0.05:
        born = date(2000, 2, 29)
    return Member(
        id=pk, number=f"M{pk:010d}", name="王小明", gender=dice.choice(["", "f", "m"]),
        birthday=born if dice.random() < 0.7 else None, home_store=home,
        joined_at=NOON - timedelta(hours=dice.randrange(24 * 700)), joined_channel=dice.choice([*world.channels, None]),
        created_at=NOON, updated_at=NOON, **place,
    )  # fmt: skip


def add_orders(world: World, count: int) -> list[Order]:
    """Receipts with up to four lines, some anonymous, some refunded in part or in full, some of nothing."""
    dice = world.dice
    members = list(Member.objects.values_list("pk", flat=True))
    serial = Order.objects.count()
    made = Order.objects.bulk_create(_order(world, dice.choice([*members[: len(members) // 2 + 1], None]), serial + n)
                                     for n in range(count))  # fmt: skip
    products = list(Product.objects.all())
    lines = []
    for order in made:
        for line_no in range(1, dice.randrange(1, 5)):
            product = dice.choice([*products, None])
            amount = Decimal(dice.randrange(-300, 30_000)) / 100
            lines.append(OrderLine(order=order, line_no=line_no, sku="x", product=product, quantity=1, amount=amount))
    OrderLine.objects.bulk_create(lines)
    return made


def _order(world: World, member_id: int | None, number: int) -> Order:
    dice = world.dice
    amount = Decimal(dice.choice([0, dice.randrange(1, 90_000)])) / 100
    refunded = dice.choice([Decimal(0)] * 6 + [amount, (amount / 3).quantize(Decimal("0.01"))])
    return Order(
        channel=dice.choice(world.channels), number=f"W{number}", member_id=member_id, store=dice.choice(world.stores),
        amount=amount, refunded=refunded, received_at=NOON, digest=b"0" * 16,
        paid_at=NOON - timedelta(minutes=dice.randrange(60 * 24 * 400)),
    )  # fmt: skip


# --- random rules --------------------------------------------------------------------------------------
def random_rule(world: World, depth: int = 1) -> dict[str, Any]:
    """A rule with some nesting; its leaves draw from every field."""
    dice = world.dice
    roll = dice.random()
    if depth < 4 and roll < (0.9 if depth == 1 else 0.35):
        nodes = [random_rule(world, depth + 1) for _ in range(dice.randrange(1, 4))]
        return {dice.choice(["all", "any"]): nodes}
    if depth < 6 and roll < 0.5:
        return {"not": random_rule(world, depth + 1)}
    return _leaf(world)


def _leaf(world: World) -> dict[str, Any]:
    dice = world.dice
    kind = dice.randrange(5)
    if kind == 0:
        return {"tag": dice.choice(world.tags).pk}
    if kind == 1:
        return {"orders": _orders(world)}
    if kind == 2 and dice.random() < 0.5:
        km = dice.choice([0.5, 3, 20])
        if dice.random() < 0.5:
            return {"near": {"store": dice.choice(world.stores).pk, "km": km}}
        return {"near": {"lat": 30 + dice.random(), "lon": 120 + dice.random(), "km": km}}
    return _number(dice) if dice.random() < 0.5 else _choice(world)


def _compared(dice: random.Random, most: int) -> dict[str, Any]:
    op = dice.choice(["gte", "lte", "gt", "lt", "eq", "between"])
    value: Any = dice.randrange(most)
    if op == "between":
        value = sorted([value, dice.randrange(most)])
    return {"op": op, "value": value}


def _number(dice: random.Random) -> dict[str, Any]:
    name, most = dice.choice([
        ("age", 80), ("joined_days", 700), ("points", 4000), ("growth", 4000), ("last_order_days", 400),
        ("order_count", 6), ("spent", 3000),
    ])  # fmt: skip
    if name in ("age", "last_order_days") and dice.random() < 0.2:
        return {"attr": name, "op": dice.choice(["known", "unknown"])}
    return {"attr": name, **_compared(dice, most)}


def _choice(world: World) -> dict[str, Any]:
    dice = world.dice
    stores = world.stores
    name, values = dice.choice([
        ("gender", ["f", "m"]), ("birthday_month", list(range(1, 13))), ("home_store", [s.pk for s in stores]),
        ("region", [s.region_id for s in stores]), ("city", ["杭州", "上海", "无锡"]),
        ("brand", [s.brand_id for s in stores]), ("tier", world.tiers), ("joined_channel", [c.pk for c in world.channels]),
        ("marketing_consent", None), ("has_phone", None), ("has_email", None), ("has_wechat", None),
    ])  # fmt: skip
    if values is None:
        return {"attr": name, "op": "eq", "value": dice.random() < 0.5}
    if dice.random() < 0.2:
        return {"attr": name, "op": dice.choice(["known", "unknown"])}
    return {"attr": name, "op": "in", "value": dice.sample(values, dice.randrange(1, min(8, len(values)) + 1))}


def _orders(world: World) -> dict[str, Any]:
    dice = world.dice
    agg = dice.choice(["count", "count", "sum"])
    asked: dict[str, Any] = {"agg": agg, **_compared(dice, 4 if agg == "count" else 800)}
    if dice.random() < 0.8:
        asked["days"] = dice.choice([1, 7, 30, 90, 365])
    if dice.random() < 0.5:
        asked["category"] = dice.sample([*CATEGORIES[:-1], "nothing"], dice.randrange(1, 4))
    if dice.random() < 0.3:
        asked["store"] = [store.pk for store in dice.sample(world.stores, 4)]
    if dice.random() < 0.2:
        asked["region"] = [store.region_id for store in dice.sample(world.stores, 4)]
    if dice.random() < 0.2:
        asked["channel"] = [dice.choice(world.channels).pk]
    return {"days": None, **asked}
