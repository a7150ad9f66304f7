"""What every list does: pages, sort, columns, files."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import load_workbook

from members.models import Product
from stores.models import LogEntry
from tests.factories import make_product, make_staff
from web.ui import export, formats, paging


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    return staff


@pytest.mark.parametrize("text", [
    "=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\0=1",
])  # fmt: skip
def test_a_text_that_would_run_in_a_spreadsheet_gets_an_apostrophe(text):
    assert export.harmless(text).startswith("'")


@pytest.mark.parametrize("value", ["王小明", "138****1234", -5, Decimal("-1.50"), None, "a=b"])
def test_figures_and_plain_texts_stay_as_they_are(value):
    assert export.harmless(value) == value


def test_an_xlsx_export_holds_texts_and_numbers_and_no_formula():
    file = BytesIO()
    export.write_xlsx(file, ["名称", "数"], [["=cmd|'/c calc'!A1", Decimal("12.5")], ["https://example.com", 3]])
    sheet = load_workbook(BytesIO(file.getvalue())).active
    assert [[cell.data_type for cell in row] for row in sheet.iter_rows(min_row=2)] == [["s", "n"], ["s", "n"]]
    assert sheet["A2"].value.startswith("'=")
    assert not sheet._hyperlinks


def test_a_page_counts_up_to_the_cap_and_says_that_there_is_more(monkeypatch):
    monkeypatch.setattr(paging, "CAP", 4)
    for _one in range(6):
        make_product()
    rows = Product.objects.order_by("sku", "pk")
    page = paging.page_of(rows, number=99, size=2)
    assert (page.total, page.is_capped, page.number, page.next) == (4, True, 2, None)
    assert [row.sku for row in page] == list(rows.values_list("sku", flat=True)[2:4])


@pytest.mark.parametrize("asked", ["0", "-1", "x", "99999999999999999999", "²"])
def test_a_strange_page_number_shows_a_page_all_the_same(client, admin, asked):
    make_product()
    assert len(client.get("/products/", {"page": asked}).context["page"]) == 1


def test_sorting_follows_the_named_columns_only(client, admin):
    for sku in ("A1", "B1"):
        make_product(sku=sku)
    skus = lambda words: [row.sku for row in client.get(f"/products/?{words}").context["page"]]  # noqa: E731
    assert skus("sort=-sku") == ["B1", "A1"]
    assert skus("sort=maker") == skus("sort=password") == ["A1", "B1"]


def test_chosen_columns_are_kept_in_this_browser_and_rule_the_export(client, admin):
    make_product(sku="A1", maker="青禾")
    client.get("/products/?cols=sku&cols=maker")
    assert [column.name for column in client.get("/products/").context["table"].shown] == ["sku", "maker"]
    body = b"".join(client.get("/products/?export=csv").streaming_content).decode()
    assert body.splitlines()[1] == "A1,青禾"


def test_an_export_reads_short_pages_in_the_order_of_the_list(client, admin, monkeypatch):
    monkeypatch.setattr(export, "CHUNK", 2)
    for sku in ("A2", "A1", "A5", "A4", "A3"):
        make_product(sku=sku)
    with CaptureQueriesContext(connection) as asked:
        body = b"".join(client.get("/products/?export=csv&cols=sku&sort=-sku").streaming_content).decode()
    assert body.splitlines()[1:] == ["A5", "A4", "A3", "A2", "A1"]
    reading = [one["sql"] for one in asked if 'FROM "members_product"' in one["sql"]]
    assert len(reading) == 4  # the keys, then three pages
    assert not any("CURSOR" in sql for sql in reading)


def test_a_list_beyond_the_limit_is_not_exported_and_not_noted(client, admin, monkeypatch):
    monkeypatch.setattr(export, "LIMIT", 2)
    for sku in ("A1", "A2", "B1"):
        make_product(sku=sku)
    client.cookies["django_language"] = "en"
    answer = client.get("/products/?export=csv&sort=sku", follow=True)
    assert answer.redirect_chain == [("/products/?sort=sku", 302)]
    assert "Filter first: at most 2 rows in one file." in answer.content.decode()
    assert not LogEntry.objects.filter(action="product.exported").exists()
    assert client.get("/products/?export=csv&q=B1").streaming


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [("zh-hans", 123_456, "12.3万"), ("zh-hans", 9_999, "9,999"), ("zh-hans", 230_000_000, "2.3亿"),
     ("en", 123_456, "123.5K"), ("en", 2_500_000, "2.5M"), ("en", 9_999, "9,999")],
)  # fmt: skip
def test_large_figures_read_as_the_language_counts(language, value, shown):
    with translation.override(language):
        assert formats.compact(value) == shown


def test_money_dates_and_signs():
    assert formats.money(Decimal("-1234.5")) == "−¥1,234.50"
    assert formats.signed(-30) == "−30"
    assert formats.day(datetime(2026, 3, 4, 20, tzinfo=UTC)) == "2026-03-05"
    assert formats.percent(Decimal("0.183")) == "18.3%"
