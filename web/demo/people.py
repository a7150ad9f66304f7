"""The demo's members: who they are, when and where they joined. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from members.services.founding import Newcomer

from . import calendar
from .places import CITIES
from .words import FEMALE, MALE, SURNAMES
from .world import BRANDS, YEAR, BrandPlan, Shop, World, members_of, phone

DUPLICATES = 0.08  # the same person once more, with another phone
NO_OFFERS = 0.20
MINORS = 0.01
WITH_CARD = 0.30
WITH_OPENID = 0.55
WITH_TAG = 0.06
MOVED = 0.04  # bound to another store before
BASE62 = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))


@dataclass
class People:
    """A brand's members as columns, in no order."""

    shops: list[Shop]
    shop: np.ndarray  # place in ``shops``
    joined: np.ndarray  # seconds since 1970
    surname: np.ndarray
    given: np.ndarray
    gender: np.ndarray  # 0 not given, 1 female, 2 male
    birthday: np.ndarray  # ordinal, 0 not given
    first_phone: int

    def __len__(self) -> int:
        return len(self.shop)

    def phone(self, index: int) -> str:
        return phone(self.first_phone + index)


def trading(world: World, plan: BrandPlan) -> list[Shop]:
    """The shops that have members and sell."""
    return [shop for shop in world.shops[plan.code] if shop.trades]


def people(world: World, plan: BrandPlan) -> People:
    """Everybody who joined at the brand, the same for the same world."""
    dice = world.dice("people", plan.code)
    count = members_of(world.size, plan)
    shops = trading(world, plan)
    sizes = np.array([shop.weight for shop in shops])
    shop = dice.choice(len(shops), count, p=sizes / sizes.sum())
    joined = _when(world, plan, dice, count)
    gender = dice.choice(3, count, p=(0.12, 0.55, 0.33))
    surname = np.minimum(dice.zipf(1.25, count) - 1, dice.integers(0, len(SURNAMES), count))
    given = dice.integers(0, min(len(FEMALE), len(MALE)), count)
    birthday = _birthdays(world, dice, count)
    twins = dice.choice(count, round(count * DUPLICATES), replace=False)
    models = dice.integers(0, count, len(twins))
    for column in (shop, gender, surname, given, birthday):
        column[twins] = column[models]
    return People(shops, shop, joined, surname, given, gender, birthday, world.first_phone[plan.code])


def _when(world: World, plan: BrandPlan, dice: np.random.Generator, count: int) -> np.ndarray:
    """Two years of joining, busier with the seasons and with time; the last day goes up to now."""
    days = 2 * YEAR
    weights = np.sqrt(calendar.weights(world.today - days, world.today)) * np.linspace(0.5, 1.5, days + 1)
    weights[-1] *= day_passed(world)
    day = dice.choice(days + 1, count, p=weights / weights.sum()) - days
    return clip_to_now(world, dice, world.midnight + day * 86_400 + seconds_of_day(plan, dice, count))


def day_passed(world: World) -> float:
    """How much of today's opening hours, 7 to 22, has gone by."""
    hours = (world.now.timestamp() - world.midnight) / 3600
    return float(min(max((hours - 7) / 15, 0.02), 1))


def seconds_of_day(plan: BrandPlan, dice: np.random.Generator, count: int) -> np.ndarray:
    """Times of day by the brand's hours."""
    share = np.array(plan.hours, dtype=float)
    hour = dice.choice(len(share), count, p=share / share.sum()) + 7
    return hour * 3600 + dice.integers(0, 3600, count)


def _so_far(world: World, dice: np.random.Generator, count: int) -> np.ndarray:
    """Moments of today, for those whose drawn moment is still to come."""
    passed = max(int(world.now.timestamp()) - world.midnight, 2)
    return world.midnight + (passed * dice.random(count)).astype(np.int64)


def clip_to_now(world: World, dice: np.random.Generator, moments: np.ndarray) -> np.ndarray:
    """Moments after now are drawn anew from the hours of today that have passed."""
    return np.where(moments > world.now.timestamp(), _so_far(world, dice, len(moments)), moments)


def _birthdays(world: World, dice: np.random.Generator, count: int) -> np.ndarray:
    years = np.clip(dice.normal(36, 11, count), 18.1, 88)
    minors = dice.random(count) < MINORS
    years[minors] = dice.uniform(14, 17.9, minors.sum())
    born = (world.today - years * 365.25).astype(int)
    return np.where(dice.random(count) < 0.62, born, 0)


def newcomers(world: World, plan: BrandPlan, tag_ids: list[int]) -> Iterator[Newcomer]:
    """The brand's members as the joining service takes them, earliest first."""
    crowd = people(world, plan)
    dice = world.dice("newcomers", plan.code)
    count = len(crowd)
    offers, coded = dice.random(count) >= NO_OFFERS, dice.random(count) < 0.8
    cards, opened = dice.random(count) < WITH_CARD, dice.random(count) < WITH_OPENID
    tagged, helper = dice.random(count) < WITH_TAG, dice.random(count)
    pick, moved = dice.integers(0, 1 << 30, count), _moves(crowd, dice)
    openids = BASE62[dice.integers(0, 62, (count, 23))]
    till, app = world.tills[plan.code].pk, world.apps[plan.code].pk
    for i in np.argsort(crowd.joined, kind="stable").tolist():
        shop, number = crowd.shops[crowd.shop[i]], crowd.first_phone + i
        workers, gender = shop.associates, int(crowd.gender[i])
        earlier, moved_at = moved.get(i, (None, None))
        yield Newcomer(
            name_of(crowd, i), ("", "f", "m")[gender],
            date.fromordinal(int(crowd.birthday[i])) if crowd.birthday[i] else None,
            "en" if pick[i] % 50 == 0 else "zh-hans", shop.pk,
            workers[pick[i] % len(workers)][0] if workers and helper[i] < 0.45 else None,
            datetime.fromtimestamp(int(crowd.joined[i]), UTC), app if coded[i] else till,
            shop.code_id if coded[i] and earlier is None else None, phone(number),
            f"{plan.letters}{60_000_000 + number}" if cards[i] else None,
            "oDEMO" + "".join(openids[i]) if opened[i] else None, bool(offers[i]),
            tag_ids[pick[i] % len(tag_ids)] if tagged[i] else None, earlier, moved_at,
        )  # fmt: skip


def name_of(crowd: People, i: int) -> str:
    """Family name first."""
    given = MALE if crowd.gender[i] == 2 else FEMALE
    return SURNAMES[crowd.surname[i]] + given[crowd.given[i]]


def _moves(crowd: People, dice: np.random.Generator) -> dict[int, tuple[int, datetime]]:
    """Who was bound to another store of the same city first, and when that ended."""
    by_city: dict[int, list[int]] = {}
    for place, shop in enumerate(crowd.shops):
        by_city.setdefault(shop.city, []).append(place)
    last = int(crowd.joined.max())
    found = {}
    for i in np.flatnonzero(dice.random(len(crowd)) < MOVED).tolist():
        here = crowd.shops[crowd.shop[i]]
        others = [place for place in by_city[here.city] if place != crowd.shop[i]]
        if others and last - crowd.joined[i] > 30 * 86_400:
            other = crowd.shops[others[int(dice.integers(0, len(others)))]]
            at = int(crowd.joined[i]) + int((last - crowd.joined[i]) * dice.uniform(0.2, 0.95))
            found[i] = (other.pk, datetime.fromtimestamp(at, UTC))
    return found


def city_name(shop: Shop) -> str:
    return CITIES[shop.city].name


def everybody(world: World) -> dict[str, People]:
    """The members of all brands: for those who shop at a sister brand too."""
    return {plan.code: people(world, plan) for plan in BRANDS}
