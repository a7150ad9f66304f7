"""The demo's year of trade: receipts and refunds day by day, ready for the till's door. Asks the database nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import numpy as np

from loyalty.services.orders import MemberRef, NewLine, NewOrder, NewRefund
from members.models import Identity

from . import calendar, catalogue
from .people import People, clip_to_now, day_passed, everybody, seconds_of_day, trading
from .world import BRANDS, YEAR, BrandPlan, Shop, World

STRANGERS = 0.08  # shoppers whom the till does not know
SISTERS = 0.05  # members of another brand of the group
ELSEWHERE = 0.15  # in another shop of the same city
NEVER = 0.30  # members who joined and did not come back
ZIPF = 0.75  # how unequal the others are
REFUNDED = 0.03
IN_FULL = 0.6  # of the refunds
APP_SHARE = 0.22
SERVED = 0.5  # receipts that name an associate
SALE = 80  # percent of the price on sale days
REASONS = ("尺寸不合适", "多买了", "商品破损", "顾客改变主意", "效期太近")


@dataclass
class Day:
    """One day of one brand. ``closing`` is when its receipts are sent: the day's end, or now."""

    closing: datetime
    orders: list[NewOrder]
    refunds: list[NewRefund]


@dataclass
class Receipts:
    """A brand's receipts as columns, in time order."""

    at: np.ndarray  # seconds since 1970
    shop: np.ndarray
    buyer: np.ndarray  # place in ``phones``, -1 for a stranger
    phones: list[str]


def receipts(world: World, plan: BrandPlan) -> Receipts:
    """Who bought when and where."""
    dice = world.dice("trade", plan.code)
    crowds = everybody(world)
    own, shops = crowds[plan.code], trading(world, plan)
    count = round(world.size.orders * plan.orders)
    buyer = _buyers(own, dice, count)
    first = np.maximum(own.joined[buyer], world.midnight - YEAR * 86_400)
    first[buyer < 0] = world.midnight - YEAR * 86_400
    day = _days(world, dice, first)
    moment = clip_to_now(world, dice, world.midnight + day * 86_400 + seconds_of_day(plan, dice, count))
    moment = np.minimum(np.maximum(moment, first + dice.integers(60, 900, count)), int(world.now.timestamp()))
    shop = _shops(own, shops, dice, buyer)
    buyer, phones = _sisters(crowds, plan, dice, buyer, moment)
    order = np.argsort(moment, kind="stable")
    return Receipts(moment[order], shop[order], buyer[order], phones)


def _buyers(own: People, dice: np.random.Generator, count: int) -> np.ndarray:
    """A member for each receipt by a Zipf law, or -1."""
    share = dice.permutation(1 / np.arange(1, len(own) + 1) ** ZIPF)
    share[dice.random(len(own)) < NEVER] = 0
    buyer = dice.choice(len(own), count, p=share / share.sum())
    buyer[dice.random(count) < STRANGERS] = -1
    return buyer


def _days(world: World, dice: np.random.Generator, first: np.ndarray) -> np.ndarray:
    """A day since joining for each receipt (0 is today, earlier ones negative), by the weight of the days."""
    weights = calendar.weights(world.today - YEAR, world.today)
    weights[-1] *= day_passed(world)
    reach = np.concatenate([[0.0], np.cumsum(weights)])
    since = np.clip((first - world.midnight) // 86_400 + YEAR, 0, YEAR).astype(int)
    drawn = reach[since] + dice.random(len(first)) * (reach[-1] - reach[since])
    return np.minimum(np.searchsorted(reach, drawn, side="right") - 1, YEAR) - YEAR


def _shops(own: People, shops: list[Shop], dice: np.random.Generator, buyer: np.ndarray) -> np.ndarray:
    """Mostly the home store, sometimes another in the same city; strangers anywhere."""
    sizes = np.array([shop.weight for shop in shops])
    anywhere = dice.choice(len(shops), len(buyer), p=sizes / sizes.sum())
    shop = np.where(buyer < 0, anywhere, own.shop[buyer])
    cities = np.array([each.city for each in shops])
    start, stop = np.searchsorted(cities, cities, "left"), np.searchsorted(cities, cities, "right")
    near = start[shop] + (dice.random(len(shop)) * (stop - start)[shop]).astype(int)
    return np.where(dice.random(len(shop)) < ELSEWHERE, near, shop)


def _sisters(
    crowds: dict[str, People], plan: BrandPlan, dice: np.random.Generator, buyer: np.ndarray, moment: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Let some receipts be those of members of the other brands; all phones in one list."""
    phones, starts = [], {}
    for code, crowd in crowds.items():
        starts[code] = len(phones)
        phones += [crowd.phone(i) for i in range(len(crowd))]
    moved = np.where(buyer < 0, -1, buyer + starts[plan.code])
    for other in BRANDS:
        if other == plan:
            continue
        crowd = crowds[other.code]
        guest = dice.integers(0, len(crowd), len(buyer))
        comes = (dice.random(len(buyer)) < SISTERS / 2) & (buyer >= 0) & (crowd.joined[guest] < moment)
        moved = np.where(comes, guest + starts[other.code], moved)
    return moved, phones


# --- baskets -------------------------------------------------------------------------------------------
@cache
def yuan(fen: int) -> Decimal:
    """An amount in yuan; the same prices come again and again."""
    return Decimal(fen).scaleb(-2)


def days(world: World, plan: BrandPlan) -> Iterator[Day]:
    """The brand's days in order, each with what its tills send at closing time."""
    drawn = receipts(world, plan)
    dice = world.dice("baskets", plan.code)
    baskets = _Baskets(plan, dice, len(drawn.at))
    back = _refunds(world, dice, drawn)
    numbers = (drawn.at - world.midnight) // 86_400
    edges = np.searchsorted(numbers, np.arange(-YEAR, 2))
    waiting: dict[int, list[NewRefund]] = defaultdict(list)
    for offset in range(-YEAR, 1):
        start, stop = edges[offset + YEAR], edges[offset + YEAR + 1]
        orders = _orders(world, plan, drawn, baskets, dice, range(start, stop), world.today + offset)
        for place, order in zip(range(start, stop), orders, strict=True):
            if place in back and order.amount > 0:
                refund = _refund(order, place, *back[place])
                waiting[int(refund.refunded_at.timestamp() - world.midnight) // 86_400].append(refund)
        closing = min(datetime.fromtimestamp(world.midnight + (offset + 1) * 86_400 - 1, UTC), world.now)
        if orders or waiting[offset]:
            yield Day(closing, orders, sorted(waiting.pop(offset, []), key=lambda refund: refund.refunded_at))


class _Baskets:
    """What is in each receipt: goods by a Zipf law, one to three of each."""

    def __init__(self, plan: BrandPlan, dice: np.random.Generator, count: int):
        self.goods = [good for good in catalogue.goods() if good.brand == plan.code]
        popular = 1 / np.arange(1, len(self.goods) + 1) ** 0.6
        popular = dice.permutation(popular)
        size = 1 + dice.poisson(plan.lines, count)
        self.end = np.cumsum(size)
        self.start = self.end - size
        total = int(self.end[-1]) if count else 0
        self.good = dice.choice(len(self.goods), total, p=popular / popular.sum()).tolist()
        self.pieces = dice.choice((1, 2, 3), total, p=(0.78, 0.17, 0.05)).tolist()

    def lines(self, place: int, percent: int) -> tuple[list[NewLine], int]:
        """The lines of a receipt, and its sum in fen."""
        made, total, seen = [], 0, set()
        for line in range(self.start[place], self.end[place]):
            if (pick := self.good[line]) in seen:
                continue
            seen.add(pick)
            good, pieces = self.goods[pick], self.pieces[line]
            fen = good.price * pieces * percent // 100
            total += fen
            made.append(NewLine(good.sku, good.name, Decimal(pieces), yuan(fen)))
        return made, total


def _orders(
    world: World,
    plan: BrandPlan,
    drawn: Receipts,
    baskets: _Baskets,
    dice: np.random.Generator,
    places: range,
    day: int,
) -> list[NewOrder]:
    till, app, shops = world.tills[plan.code], world.apps[plan.code], trading(world, plan)
    percent = SALE if calendar.is_sale(day) else 100
    prefix = f"{plan.letters}{date.fromordinal(day):%y%m%d}"
    by_app, served = dice.random(len(places)) < APP_SHARE, dice.random(len(places)) < SERVED
    pick = dice.integers(0, 1 << 20, len(places)).tolist()
    made = []
    for serial, place in enumerate(places):
        lines, total = baskets.lines(place, percent)
        shop, buyer = shops[drawn.shop[place]], drawn.buyer[place]
        workers = shop.associates
        made.append(
            NewOrder(
                app if by_app[serial] else till, shop.code, f"{prefix}{serial + 1:06d}",
                MemberRef(Identity.Kind.PHONE, drawn.phones[buyer]) if buyer >= 0 else None, yuan(total),
                datetime.fromtimestamp(int(drawn.at[place]), UTC), lines,
                workers[pick[serial] % len(workers)][1] if workers and served[serial] else "",
            )
        )  # fmt: skip
    return made


def _refunds(world: World, dice: np.random.Generator, drawn: Receipts) -> dict[int, tuple[int, bool]]:
    """Which receipts come back: when, and whether in full. Those that would come back after now do not."""
    chosen = np.flatnonzero(dice.random(len(drawn.at)) < REFUNDED)
    later = drawn.at[chosen] + dice.integers(1800, 9 * 86_400, len(chosen))
    full = dice.random(len(chosen)) < IN_FULL
    return {
        int(place): (int(at), bool(whole))
        for place, at, whole in zip(chosen, later, full, strict=True)
        if at < world.now.timestamp()
    }


def _refund(order: NewOrder, place: int, at: int, whole: bool) -> NewRefund:
    amount = order.amount if whole or len(order.lines) < 2 else order.lines[0].amount
    return NewRefund(
        order.channel, f"R{order.number}", order.number, amount, datetime.fromtimestamp(at, UTC),
        REASONS[place % len(REASONS)],
    )  # fmt: skip
