"""What every list does: pages, sort, columns, files."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import load_workbook

from members.models import Product
from stores.models import LogEntry, Store
from tests.factories import NOON, make_product, make_staff, make_store
from web.portal.products.views import ProductList
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
    assert (page.total, page.is_capped, page.number, page.next) == (4, True, 2, 3)
    assert [row.sku for row in page] == list(rows.values_list("sku", flat=True)[2:4])


def walked(client, address, word):
    """The keys of each page, from the first to the last by its link ``next``, or back again by ``prev``."""
    found = []
    for _page in range(20):
        answer = client.get(address)
        found.append([row.pk for row in answer.context["page"]])
        link = re.search(rf'rel="{word}" href="([^"]+)"', answer.content.decode())
        if not link:
            return found, address
        address = "/products/" + html.unescape(link[1])
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("sort", ["sku", "-sku", "department", "-department"])
def test_pages_go_on_behind_the_cap_and_back_without_a_row_lost_or_twice(client, admin, monkeypatch, sort):
    monkeypatch.setattr(paging, "CAP", 4)
    monkeypatch.setattr(ProductList, "page_size", 2)
    for department in ("b", "a", "a", "", "b", "a", "c", "", "a"):
        make_product(department=department)
    name = sort.removeprefix("-")
    rows = Product.objects.order_by(*[("-" if sort[0] == "-" else "") + one for one in (name, "pk")])
    wanted = list(rows.values_list("pk", flat=True))

    ahead, end = walked(client, f"/products/?sort={sort}", "next")
    back, _start = walked(client, end, "prev")

    assert [key for page in ahead for key in page] == wanted
    assert ahead == [wanted[at : at + 2] for at in range(0, 9, 2)]
    assert back == ahead[::-1]
    assert [row.pk for row in client.get(f"/products/?sort={sort}&page=3&after=0").context["page"]] == wanted[2:4]


def test_empty_values_keep_their_place_behind_the_cap(monkeypatch):
    monkeypatch.setattr(paging, "CAP", 2)
    for day in (None, NOON, None, NOON - timedelta(days=1), None, NOON):
        make_store(invited_at=day)
    for sign in ("", "-"):
        rows = Store.objects.order_by(f"{sign}invited_at", f"{sign}pk")
        found, page = [], paging.page_of(rows, number=1, size=2)
        while page.next:
            found.extend(row.pk for row in page)
            page = paging.page_of(rows, number=page.next, size=2, after=str(page.after or ""))
        assert [*found, *(row.pk for row in page)] == list(rows.values_list("pk", flat=True))
        back = paging.page_of(rows, number=page.previous, size=2, before=str(page.before or ""))
        assert [row.pk for row in back] == list(rows.values_list("pk", flat=True)[2:4])


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
