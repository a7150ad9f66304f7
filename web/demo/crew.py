"""The chain's people: one well-known login for each role, and a manager and associates for every store."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from stores.access import Role
from stores.models import Staff, Store, StoreCode
from stores.queries import demo
from stores.services import codes, founding, invites, second_factor
from stores.services.invites import NewPerson

from .tree import Ground
from .words import FEMALE, MALE, SURNAMES
from .world import BRANDS, World

STILL_INVITED = 0.06  # the share of accounts whose owner has not opened the invitation yet
HOME_CITY = "杭州"
HOME_SHARE = 0.03  # of its brand's joins and sales: a flagship store


class Login(NamedTuple):
    """A demo account: the role's English name, the login name, the password. Public on purpose."""

    role: str
    username: str
    password: str


KNOWN = (
    (Role.ADMIN, "admin", "周知夏"), (Role.MARKETER, "marketer", "林沐晴"), (Role.ANALYST, "analyst", "沈修远"),
    (Role.REGION_MANAGER, "region", "何景行"), (Role.DEALER, "dealer", "谢立新"),
    (Role.STORE_MANAGER, "manager", "陈文静"), (Role.ASSOCIATE, "associate", "方一诺"),
)  # fmt: skip


def logins() -> list[Login]:
    """One login for each role; empty where this is not the demo."""
    with override("en"):
        return [
            Login(person.get_role_display(), person.username, settings.DEMO_PASSWORD)
            for person in demo.logins()
            if person.check_password(settings.DEMO_PASSWORD)
        ]


@transaction.atomic(durable=True)
def first_administrator(world: World) -> Staff:
    """The known administrator, who then signs for everything."""
    _role, username, name = KNOWN[0]
    admin = founding.first_administrator(username, name, "admin@example.com", now=world.founded)
    founding.open_accounts([admin], settings.DEMO_PASSWORD)
    return admin


@transaction.atomic(durable=True)
def hire(world: World, ground: Ground, opened: dict[str, list[Store]], by: Staff) -> list[Staff]:
    """Everybody else, through the invitation of a file; then most of them choose the demo's password."""
    dice = world.dice("crew")
    rows = _known(opened) + _field(ground) + _stores(world, opened)
    rows = _named(rows, dice)
    people = invites.invite_many(rows, by=by, now=world.founded)
    waiting = dice.random(len(people)) < STILL_INVITED
    known = len(KNOWN) - 1
    founding.open_accounts(
        [person for place, person in enumerate(people) if place < known or not waiting[place]], settings.DEMO_PASSWORD
    )
    if settings.DEMO:
        second_factor.enrol_demo([by, *[person for person in people[:known] if person.is_headquarters]])
    _associates(world, people, rows)
    return people


def home_store(opened: dict[str, list[Store]]) -> Store:
    """Where the known manager and associate work: run by a dealer, so that every known login sees it."""
    trading = [s for s in opened[BRANDS[0].code] if s.closed_on is None and s.first_join_at]
    by_dealer = [s for s in trading if s.dealer_id] or trading
    return next((s for s in by_dealer if s.city == HOME_CITY), by_dealer[0])


def make_home_lively(world: World, opened: dict[str, list[Store]]) -> None:
    """Give the known manager's store enough of its brand's trade that its phone has something to show on any day."""
    home = home_store(opened).pk
    shops = world.shops[BRANDS[0].code]
    total = sum(shop.weight for shop in shops)
    for shop in shops:
        if shop.pk == home:
            shop.weight = max(shop.weight, HOME_SHARE * total)


def _known(opened: dict[str, list[Store]]) -> list[NewPerson]:
    home = home_store(opened)
    dealer = home.dealer or next(s.dealer for s in opened[BRANDS[0].code] if s.dealer_id)
    nodes: dict[str, list[Any]] = {
        Role.MARKETER: [], Role.ANALYST: [], Role.REGION_MANAGER: [home.region], Role.DEALER: [dealer],
        Role.STORE_MANAGER: [home], Role.ASSOCIATE: [home],
    }  # fmt: skip
    return [
        NewPerson(username, name, role, nodes[role], f"{username}@example.com") for role, username, name in KNOWN[1:]
    ]


def _field(ground: Ground) -> list[NewPerson]:
    """A manager for each region and a login for each dealer."""
    regions = [NewPerson(f"r.{region.code}", "", Role.REGION_MANAGER, [region]) for region in ground.regions.values()]
    dealers = [
        NewPerson(f"d.{dealer.code}", "", Role.DEALER, [dealer]) for each in ground.dealers.values() for dealer in each
    ]
    return regions + dealers


def _stores(world: World, opened: dict[str, list[Store]]) -> list[NewPerson]:
    """A manager for each store, then associates in turn until the chain has its number of staff."""
    stores = [store for plan in BRANDS for store in opened[plan.code]]
    managers = [NewPerson(f"m.{store.code.lower()}", "", Role.STORE_MANAGER, [store]) for store in stores]
    fixed = len(KNOWN) + len(AREA_LOGINS) + len(managers)
    left = max(world.size.staff - fixed, len(stores))
    associates = [
        NewPerson(f"a.{store.code.lower()}.{turn + 1}", "", Role.ASSOCIATE, [store])
        for turn in range(left // len(stores) + 1)
        for store in stores
    ]
    return managers + associates[:left]


AREA_LOGINS = range(7 * 3 * 4)  # seven regions of three brands, each with its manager and three dealers


def _named(rows: list[NewPerson], dice: np.random.Generator) -> list[NewPerson]:
    count = len(rows)
    family, given, female = dice.integers(0, 60, count), dice.integers(0, 60, count), dice.random(count) < 0.6
    for place, row in enumerate(rows):
        row.phone = f"16900{999_999 - place:06d}"
        row.name = row.name or SURNAMES[family[place]] + (FEMALE if female[place] else MALE)[given[place]]
        row.email = row.email or f"{row.username}@example.com"
    return rows


def _associates(world: World, people: list[Staff], rows: list[NewPerson]) -> None:
    """Tell the generator who works where."""
    shops = {shop.pk: shop for each in world.shops.values() for shop in each}
    for person, row in zip(people, rows, strict=True):
        if person.role == Role.ASSOCIATE:
            shops[row.nodes[0].pk].associates.append((person.pk, person.username))


def hang_codes(world: World, opened: dict[str, list[Store]], by: Staff, hired: list[Staff]) -> None:
    """A code for every open store, and some for the known store's associate and posters."""
    when = world.founded
    stores = [store for each in opened.values() for store in each]
    codes.issue_missing(founding.stores_of(stores), by=by, now=when)
    live = founding.live_codes(stores)
    for shop in (shop for each in world.shops.values() for shop in each):
        shop.code_id = live[shop.pk].pk if shop.pk in live else None
    codes.mark_printed(founding.printed_codes(stores), now=when)
    home = home_store(opened)
    helper = next(person for person in hired if person.username == "associate")
    codes.issue(home, kind=StoreCode.Kind.ASSOCIATE, by=by, now=when, associate=helper)
    for label in ("收银台立牌", "入口海报"):
        codes.issue(home, kind=StoreCode.Kind.POSTER, by=by, now=when, label=label)
