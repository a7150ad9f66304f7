"""Stores in the portal: list, page, form, import, opening board."""

import io
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from members.models import Order
from stores.access import Role
from stores.models import LogEntry, Store, StoreCode
from stores.services import codes
from tests import factories
from tests.factories import NOON


@pytest.fixture
def admin(client):
    staff = factories.make_staff()
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


def queries_of(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def fill(store):
    """A store with everything that its page shows."""
    for n in range(2):
        person = factories.make_staff(store, role=Role.ASSOCIATE)
        codes.issue(store, kind=StoreCode.Kind.ASSOCIATE, associate=person, by=None, now=NOON)
        codes.issue(store, kind=StoreCode.Kind.POSTER, label=f"橱窗{n}", by=None, now=NOON)
    codes.issue(store, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    return store


@pytest.mark.parametrize("page", ["/stores/", "/stores/board/"])
def test_a_list_takes_the_same_number_of_queries_for_one_store_and_for_three(client, admin, page):
    factories.make_store()
    one = queries_of(client, page)
    for _ in range(2):
        factories.make_store(dealer=factories.make_dealer())
    assert queries_of(client, page) == one


def test_a_stores_page_takes_the_same_number_of_queries_with_more_people_and_codes(client, admin):
    bare = factories.make_store(latitude=Decimal("30"), longitude=Decimal("120"))
    factories.make_staff(bare)
    codes.issue(bare, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    full = fill(factories.make_store(bare.region, latitude=Decimal("30.01"), longitude=Decimal("120")))
    factories.make_store(bare.region, latitude=Decimal("30.02"), longitude=Decimal("120"))
    assert queries_of(client, f"/stores/{bare.pk}/") == queries_of(client, f"/stores/{full.pk}/")


def test_the_page_shows_codes_people_neighbours_and_figures(client, admin):
    store = fill(factories.make_store(latitude=Decimal("30"), longitude=Decimal("120"), name_en="Westlake"))
    factories.make_store(store.region, latitude=Decimal("30.01"), longitude=Decimal("120"), name_en="Next door")
    member = factories.make_member(home_store=store)
    for n, buyer in enumerate([member, None]):
        Order.objects.create(
            channel=factories.make_channel(), number=str(n), member=buyer, store=store, amount=Decimal("100"),
            refunded=Decimal("10"), paid_at=time_now() - timedelta(days=1), received_at=NOON, digest=b"",
        )  # fmt: skip
    said = client.get(f"/stores/{store.pk}/").content.decode()
    for text in ["Westlake", "Next door", "1.1 km", "¥180", "50.0%", "geo:30.000000,120.000000", "橱窗0"]:
        assert text in said, text
    assert codes.StoreCode.objects.filter(store=store).count() == 5
    assert "169" not in said


def time_now():
    from django.utils import timezone  # noqa: PLC0415 -- the clock of this one test

    return timezone.now()


def test_a_store_outside_of_ones_scope_is_not_found_and_not_listed(client):
    mine, other = factories.make_store(name="我的店"), factories.make_store(name="别的店")
    client.force_login(factories.make_staff(mine))
    assert "别的店" not in client.get("/stores/").content.decode()
    assert client.get(f"/stores/{mine.pk}/").status_code == 200
    for path in ["", "edit/", "close/", "codes/new/"]:
        assert client.get(f"/stores/{other.pk}/{path}").status_code in {403, 404}
    assert client.get(f"/stores/{other.pk}/").status_code == 404
    board = client.get("/stores/board/").content.decode()
    assert other.region.name not in board
    assert mine.region.name in board


def test_filters_find_by_name_place_and_what_a_store_waits_for(client, admin):
    hz = factories.make_store(name="西湖店", city="杭州", invited_at=NOON, code_printed_at=NOON)
    cd = factories.make_store(name="太古里店", city="成都")
    done = factories.make_store(
        name="全好店", invited_at=NOON, code_printed_at=NOON, first_scan_at=NOON, first_join_at=NOON,
        first_promotion_at=NOON,
    )  # fmt: skip
    gone = factories.make_store(name="关门店", closed_on=date(2026, 1, 1))

    def listed(query):
        said = client.get(f"/stores/?{query}").content.decode()
        return {store for store in (hz, cd, done, gone) if f"/stores/{store.pk}/" in said}

    assert listed("q=西湖") == {hz}
    assert listed(f"q={cd.code.lower()}") == {cd}
    assert listed("city=成都") == {cd}
    assert listed(f"region={hz.region_id}") == {hz}
    assert listed("waits=printed&state=open") == {cd}
    assert listed("waits=scanned&state=open") == {hz, cd}
    assert listed("waits=nothing") == {done}
    assert listed("state=closed") == {gone}


def test_a_new_store_is_opened_edited_closed_and_opened_again(client, admin):
    region = factories.make_region()
    form = {
        "code": "HZ001", "name": "西湖店", "brand": region.brand_id, "region": region.pk, "city": "杭州",
        "latitude": "30.2741", "longitude": "120.1551", "time_zone": "Asia/Shanghai",
    }  # fmt: skip
    client.post("/stores/new/", form)
    store = Store.objects.get(code="HZ001")
    assert client.post(f"/stores/{store.pk}/edit/", form | {"name": "西湖旗舰店"}).status_code == 302
    client.post(f"/stores/{store.pk}/close/", {"on": "2026-03-31", "reason": "租约到期"})
    store.refresh_from_db()
    assert (store.name, str(store.closed_on)) == ("西湖旗舰店", "2026-03-31")
    assert "Closed since" in client.get(f"/stores/{store.pk}/").content.decode()
    client.post(f"/stores/{store.pk}/reopen/")
    store.refresh_from_db()
    assert store.closed_on is None
    actions = LogEntry.objects.filter(store_id=store.pk).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["store.created", "store.edited", "store.closed", "store.reopened"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": "120.1", "longitude": "30.2"}, {"latitude": "abc"}, {"longitude": ""}, {"time_zone": "Mars"},
        {"code": "店一"}, {"name": ""}, {"brand": "999999"}, {"opened_on": "31-31-2026"},
    ],
)  # fmt: skip
def test_wrong_input_is_answered_beside_its_field_and_makes_nothing(client, admin, wrong):
    region = factories.make_region()
    form = {
        "code": "HZ001", "name": "西湖店", "brand": region.brand_id, "region": region.pk,
        "latitude": "30.2741", "longitude": "120.1551", "time_zone": "Asia/Shanghai",
    }  # fmt: skip
    answer = client.post("/stores/new/", form | wrong)
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode()
    assert not Store.objects.exists()


def test_the_region_of_another_brand_is_refused_in_words(client, admin):
    region = factories.make_region()
    form = {
        "code": "HZ001", "name": "西湖店", "brand": factories.make_brand().pk, "region": region.pk,
        "time_zone": "Asia/Shanghai",
    }  # fmt: skip
    answer = client.post("/stores/new/", form)
    assert (answer.status_code, "another brand" in answer.content.decode()) == (422, True)


def test_associates_and_analysts_may_look_and_not_change(client):
    store = factories.make_store()
    client.force_login(factories.make_staff(role=Role.ANALYST))
    assert client.get(f"/stores/{store.pk}/").status_code == 200
    for path in ["new/", "import/", f"{store.pk}/edit/", f"{store.pk}/close/"]:
        assert client.get(f"/stores/{path}").status_code == 403
    assert client.post(f"/stores/{store.pk}/reopen/").status_code == 403


# --- import --------------------------------------------------------------------------------------------
def workbook(rows) -> SimpleUploadedFile:
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(out)
    return SimpleUploadedFile("stores.xlsx", out.getvalue())


HEAD = ["门店编码", "品牌", "大区", "门店名称", "城市", "纬度", "经度", "开业日期"]


def rows_of(region, count):
    return [
        [f"S{n:05d}", region.brand.code, region.code, f"青禾门店{n}", "杭州", 30 + n / 10000, 120.5, date(2026, 3, 1)]
        for n in range(count)
    ]


def test_two_thousand_stores_are_checked_in_ten_seconds_and_loaded_on_the_second_click(
    client, admin, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    region = factories.make_region()
    began = time.perf_counter()
    answer = client.post("/stores/import/", {"file": workbook([HEAD, *rows_of(region, 2000)])})
    assert time.perf_counter() - began < 10
    assert answer.context["preview"]["new"] == 2000
    assert not Store.objects.exists()
    assert client.post("/stores/import/", {"token": answer.context["token"]})["Location"] == "/stores/"
    assert Store.objects.filter(region=region, latitude__isnull=False, opened_on=date(2026, 3, 1)).count() == 2000


def test_a_file_with_a_wrong_row_says_which_and_why_and_loads_nothing(client, admin, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    region = factories.make_region()
    wrong = ["S9", region.brand.code, "不存在", "店", "", "", "", ""]
    answer = client.post("/stores/import/", {"file": workbook([HEAD, *rows_of(region, 2), wrong])})
    said = answer.content.decode()
    assert "The brand has no region “不存在”." in said
    assert answer.context["token"] == ""
    assert not Store.objects.exists()


def test_the_example_file_reads_back_without_a_complaint(client, admin, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.make_region()
    for language in ("en", "zh-hans"):
        client.cookies["django_language"] = language
        example = b"".join(client.get("/stores/import/?example=xlsx"))
        answer = client.post("/stores/import/", {"file": SimpleUploadedFile("example.xlsx", example)})
        assert (answer.context["preview"]["new"], answer.context["preview"]["refused"]) == (1, 0), language


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.exe", b"MZ"), ("x.xlsx", b"no zip at all"), ("x.csv", b""), ("x.xlsx", b"PK\x03\x04" + b"\0" * 100)],
)
def test_files_that_are_no_table_are_refused_in_words(client, admin, settings, tmp_path, name, content):
    settings.MEDIA_ROOT = tmp_path
    answer = client.post("/stores/import/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert not Store.objects.exists()


# --- opening board -------------------------------------------------------------------------------------
def test_the_board_counts_each_step_by_brand_and_region_and_leads_to_who_waits(client, admin):
    region = factories.make_region(factories.make_brand(name_en="Qinghe"), name_en="East")
    other = factories.make_region(factories.make_brand(name_en="Lumi"), name_en="West")
    factories.make_store(region, invited_at=NOON, code_printed_at=NOON, first_scan_at=NOON, first_join_at=NOON)
    factories.make_store(region, invited_at=NOON, code_printed_at=NOON)
    waits = factories.make_store(region, invited_at=NOON)
    factories.make_store(region, closed_on=date(2026, 1, 1), invited_at=NOON)
    factories.make_store(other)
    context = client.get("/stores/board/").context
    whole = context["whole"]
    assert (whole.total, whole.invited, whole.printed, whole.scanned, whole.joined, whole.promoted) == (
        4,
        3,
        2,
        1,
        1,
        0,
    )
    by_name = {brand.name: brand for brand in context["brands"]}
    east = by_name["Qinghe"].regions[0]
    assert (east.name, east.progress.total, east.progress.invited, east.progress.joined) == ("East", 3, 3, 1)
    assert by_name["Lumi"].progress.total == 1
    listed = client.get(f"/stores/?state=open&region={region.pk}&waits=printed").content.decode()
    assert f"/stores/{waits.pk}/" in listed
    assert listed.count("q-row-link") == 1
