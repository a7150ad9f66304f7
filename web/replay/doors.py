"""Every door in turn: stores and products through their imports, households as a legacy file, baskets as orders."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import tablib
from django.conf import settings
from django.db import transaction

from campaigns.models import Campaign
from loyalty.services import importing, orders, programs
from members.models import ImportRun
from stores.access import Role
from stores.models import Brand, Channel, Region, Staff, Store
from stores.queries import stores as store_queries
from stores.resources import StoreResource
from stores.services import founding, invites, second_factor
from stores.services.invites import NewPerson

from . import offers
from . import source as files
from .source import Source

BRAND = "journey"
REGION = "journey-all"
POINTS_PER_YUAN = Decimal("2.5")  # not 1, so that rounding down shows
BATCH = 2000  # baskets in one call
Say = Callable[[str], None]


# Beside the yes of every imported household: where it is from and why the replay may take it for one.
CONSENT = ("Complete Journey", "taken for a yes: the data says which campaigns each household received")


class DoorClosed(RuntimeError):
    """Something that should have come in did not."""


class Brought(NamedTuple):
    """The brand that everything went to, its campaigns by the number in the data, and what the gateway took."""

    brand: Brand
    campaigns: dict[int, Campaign]
    messages: int


def bring_in(source: Source, *, now: datetime, say: Say) -> Brought:
    """Put the whole source into an empty database. Raises NotEmpty, DoorClosed."""
    founding.demand_empty()
    begun = time.monotonic()

    def done(text: str) -> None:
        say(f"{time.monotonic() - begun:7.1f} s  {text}")

    admin, brand, till = _lay(now)
    done(f"{_stores(source, admin, now)} stores through the store file")
    with tempfile.TemporaryDirectory(prefix="quanyu-journey-") as folder:
        path = Path(folder) / "products.csv"
        files.write_products(source, path)
        done(f"{_file(path, 'products', admin, None, now)} products through the product file")
        path = Path(folder) / "members.xlsx"
        files.write_households(source, path)
        done(f"{_file(path, 'members', admin, brand, now)} households through the legacy import (xlsx)")
    _people(brand, admin, now)
    _baskets(source, till, done)
    founding.refresh_statistics()
    sent, messages = offers.run(source, brand, till, by=admin, say=done)
    return Brought(brand, sent, messages)


def _lay(now: datetime) -> tuple[Staff, Brand, Channel]:
    """One brand with one region, a till and a programme that gives 2.5 points a yuan."""
    with transaction.atomic(durable=True):
        chain = founding.found("旅程超市", "Journey Grocers", is_demo=True)
        brand = Brand(chain=chain, code=BRAND, name="旅程超市", name_en="Journey Grocers", colour="#2b5d8a")
        [brand] = founding.add_brands([brand], now=now)
        founding.add_regions([Region(brand=brand, code=REGION, name="全部门店", name_en="All stores")])
        till = Channel(
            code="pos-journey", kind=Channel.Kind.POS, name="收银", name_en="Tills", brand=brand, created_at=now
        )
        [till] = founding.add_channels([till], now=now)
        admin = founding.first_administrator("admin", "周知夏", "admin@example.com", now=now)
        founding.open_accounts([admin], settings.DEMO_PASSWORD)
        program = programs.ensure(brand, now=now)
    programs.edit_rates(program, points_per_yuan=POINTS_PER_YUAN, growth_per_yuan=Decimal(1), by=admin, now=now)
    return admin, brand, till


def _stores(source: Source, admin: Staff, now: datetime) -> int:
    data = tablib.Dataset(*files.store_rows(source, BRAND, REGION), headers=files.STORE_HEADERS)
    result = StoreResource(by=admin, now=now).import_data(data, raise_errors=False)
    if result.has_errors() or result.has_validation_errors():
        raise DoorClosed(f"stores: {result.totals}")
    return result.totals["new"]


def _file(path: Path, kind: str, admin: Staff, brand: Brand | None, now: datetime) -> int:
    """One file through the import engine: look, dry run, apply; how many rows were new."""
    where, proof = CONSENT if kind == "members" else ("", "")
    run = importing.start(path, kind=kind, by=admin, now=now, brand=brand, consent_source=where, consent_evidence=proof)
    run = importing.apply(importing.plan(run, now=now), now=now)
    run.file.delete(save=False)  # public data: there is no need for a second copy
    if run.status != ImportRun.Status.DONE or run.bad:
        raise DoorClosed(f"{kind}: {run.status} {run.failure}, {run.bad} rows not imported")
    return run.new


@transaction.atomic(durable=True)
def _people(brand: Brand, admin: Staff, now: datetime) -> None:
    """Known logins, as in the demo chain, so that the portal can be opened as anybody."""
    shop: Store = store_queries.visible_to(admin).first()
    rows = [
        NewPerson("marketer", "林沐晴", Role.MARKETER, [], "marketer@example.com"),
        NewPerson("analyst", "沈修远", Role.ANALYST, [], "analyst@example.com"),
        NewPerson("region", "何景行", Role.REGION_MANAGER, [shop.region], "region@example.com"),
        NewPerson("manager", "陈文静", Role.STORE_MANAGER, [shop], "manager@example.com"),
        NewPerson("associate", "方一诺", Role.ASSOCIATE, [shop], "associate@example.com"),
    ]
    people = invites.invite_many(rows, by=admin, now=now)
    founding.open_accounts(people, settings.DEMO_PASSWORD)
    if settings.DEMO:
        second_factor.enrol_demo([admin, *[person for person in people if person.is_headquarters]])


def _baskets(source: Source, till: Channel, done: Say) -> None:
    """Settle basket after basket; each call is told the moment of its last one."""
    count = 0
    for batch in files.baskets(source, till, BATCH):
        settled = orders.settle_many(batch, now=batch[-1].paid_at)
        if wrong := [each for each in settled if not each.is_new or each.member_id is None]:
            raise DoorClosed(f"baskets: {len(wrong)} of {len(batch)} were not taken, the first: {wrong[0]}")
        count += len(batch)
        if count % (BATCH * 10) == 0:
            done(f"{count:,} baskets settled")
    done(f"{count:,} baskets settled, that is all")
