"""The store file: 2,000 rows at once, Chinese or English headers, each refused row with its reason."""

import time
from decimal import Decimal

import pytest
import tablib

from stores.models import LogEntry, Store
from stores.resources import StoreResource
from tests import factories
from tests.factories import NOON

HEADS = ["门店编码", "品牌", "大区", "经销商", "门店名称", "英文名", "城市", "地址", "纬度", "经度", "开业日期"]


@pytest.fixture
def region():
    brand = factories.make_brand(code="qh", name="青禾", name_en="Qinghe")
    return factories.make_region(brand, code="east", name="华东区")


def load(rows, heads=HEADS, by=None, dry_run=False):
    resource = StoreResource(by=by or factories.make_staff(), now=NOON)
    return resource.import_data(tablib.Dataset(*rows, headers=heads), dry_run=dry_run, raise_errors=False)


def row(code="A1", brand="青禾", region="华东区", dealer="", name="西湖店", **given):
    rest = {"name_en": "", "city": "杭州", "address": "", "latitude": "30.2741", "longitude": "120.1551", "day": ""}
    return (code, brand, region, dealer, name, *(rest | given).values())


def reasons(result):
    return {name: texts for bad in result.invalid_rows for name, texts in bad.field_specific_errors.items()}


def test_a_row_becomes_a_store_in_its_place_of_the_tree(region):
    dealer = factories.make_dealer(region, code="zj01", name="浙江一商")
    result = load([row(dealer="ZJ01", day="2024年3月18日")])
    assert not result.has_errors()
    assert result.totals["new"] == 1
    store = Store.objects.get()
    assert (store.brand, store.region, store.dealer, store.city) == (region.brand, region, dealer, "杭州")
    assert (store.latitude, store.longitude, str(store.opened_on)) == (
        Decimal("30.274100"), Decimal("120.155100"), "2024-03-18",
    )  # fmt: skip
    assert LogEntry.objects.filter(action="store.created", store_id=store.pk).exists()


def test_english_headers_and_codes_read_the_same(region):
    load([["A1", "QH", "EAST", "Westlake"]], ["Store code", "Brand", "Region", "Store name"])
    assert Store.objects.get(code="A1").region == region


def test_a_dry_run_writes_nothing(region):
    result = load([row()], dry_run=True)
    assert result.totals["new"] == 1
    assert not Store.objects.exists()


def test_a_known_code_is_changed_an_empty_cell_leaves_what_is_there_and_the_same_row_is_skipped(region):
    load([row(address="文三路 188 号")])
    result = load([row(code="a1", name="西湖旗舰店")])
    store = Store.objects.get()
    assert (result.totals["update"], store.name, store.address, store.code) == (1, "西湖旗舰店", "文三路 188 号", "A1")
    result = load([row(name="西湖旗舰店")])
    assert (result.totals["skip"], result.totals["update"]) == (1, 0)
    assert LogEntry.objects.filter(action="store.edited").count() == 1


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"code": ""}, "code"), ({"code": "店 1"}, "code"), ({"brand": "不存在"}, "brand"),
        ({"region": "华南"}, "region"),
        ({"dealer": "谁"}, "dealer"), ({"name": ""}, "name"), ({"name": "长" * 121}, "name"),
        ({"latitude": "120.1", "longitude": "30.2"}, "latitude"), ({"latitude": "30"} | {"longitude": ""}, "latitude"),
        ({"latitude": "0", "longitude": "0"}, "latitude"), ({"day": "2024-13-01"}, "opened_on"),
        ({"day": "去年"}, "opened_on"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_and_nothing_of_the_row_is_kept(region, given, column):
    result = load([row(**given)])
    assert list(reasons(result)) == [column]
    assert not Store.objects.exists()


def test_a_code_twice_in_the_file_is_refused_the_second_time(region):
    result = load([row(), row(code="a1")], dry_run=True)
    assert [bad.number for bad in result.invalid_rows] == [2]


def test_a_file_without_needed_columns_says_which(region):
    result = load([["A1", "青禾"]], ["门店编码", "品牌"])
    assert "region, name" in str(result.base_errors[0].error)
    assert not Store.objects.exists()


def test_somebody_who_sees_one_region_neither_reaches_nor_takes_over_stores_elsewhere(region):
    elsewhere = factories.make_store(code="B1")
    factories.make_store(region)
    keeper = factories.make_staff(region)
    result = load([row(code="B1")], by=keeper)
    assert list(reasons(result)) == ["code"]
    other = elsewhere.region
    result = load([row(brand=other.brand.code, region=other.code)], by=keeper)
    assert list(reasons(result)) == ["brand"]
    elsewhere.refresh_from_db()
    assert elsewhere.region == other


def test_two_thousand_stores_are_previewed_in_less_than_ten_seconds_and_loaded_in_few_statements(
    region, django_assert_max_num_queries
):
    rows = [row(code=f"S{n:05d}", name=f"青禾门店{n}", latitude=f"{30 + n / 1000:.6f}") for n in range(2000)]
    admin = factories.make_staff()
    began = time.perf_counter()
    with django_assert_max_num_queries(20):
        result = load(rows, by=admin, dry_run=True)
    assert time.perf_counter() - began < 10
    assert result.totals["new"] == 2000
    with django_assert_max_num_queries(30):
        load(rows, by=admin)
    assert Store.objects.count() == 2000
    changed = [row(code=f"S{n:05d}", name=f"青禾新店{n}", latitude=f"{30 + n / 1000:.6f}") for n in range(2000)]
    with django_assert_max_num_queries(30):
        assert load(changed, by=admin).totals["update"] == 2000
