"""Headquarters prints many codes: asks, watches the bar without touching the page, and fetches the file."""

import zipfile

import pytest
import zxingcpp
from PIL import Image

from stores.queries import codes as code_queries
from stores.services import posters
from tests.factories import NOON, make_region, make_staff, make_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _signed_in(client, page, live_server, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(make_staff(name="陈晨"))
    page.context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])


def test_an_archive_is_asked_for_watched_and_fetched(page, live_server):
    region = make_region(name="华东区")
    for _ in range(3):
        make_store(region)
    page.goto(f"{live_server.url}/codes/archives/new/")
    page.select_option("select[name=form]", "sticker")
    page.select_option("select[name=region]", str(region.pk))
    page.click(".q-form-foot .btn-primary")
    page.wait_for_selector("#progress progress[value='0']")

    posters.make_waiting(now=NOON)

    with page.expect_download() as waiting:
        page.click("#progress a[download]")  # appears by itself
    with zipfile.ZipFile(waiting.value.path()) as made:
        names = made.namelist()
    assert sorted(name.rpartition(".")[2] for name in names) == ["csv", *["pdf"] * 3, *["png"] * 3, *["svg"] * 3]


def test_the_poster_on_the_codes_page_can_be_scanned_off_the_screen(page, live_server, tmp_path):
    store = make_store()
    code = posters.codes.issue(store, kind="store", by=None, now=NOON)
    page.goto(f"{live_server.url}/codes/{code.pk}/")
    page.wait_for_function("document.querySelector('.q-poster img').naturalWidth > 0")
    page.locator(".q-poster").screenshot(path=tmp_path / "seen.png")
    with Image.open(tmp_path / "seen.png") as seen:
        (found,) = zxingcpp.read_barcodes(seen)
    assert found.text == code_queries.address(code)

    with page.expect_download() as waiting:
        page.click("form[action$='/download/'] .btn-primary")
    assert waiting.value.suggested_filename.endswith("_a4.pdf")
