"""Main: a store manager shows and prints a code; a consumer scans it and joins."""

import io
import re

import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image

from loyalty.models import CouponTemplate
from loyalty.services import programs
from members.models import Member, OneTimeCode
from stores.models import CodeScan, StoreCode
from stores.services import codes
from tests.factories import PASSWORD, make_brand, make_region, make_staff, make_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PHONE = "16900001234"
FIRST_BUTTON = "main .weui-btn_primary"


@pytest.fixture(autouse=True)
def server(live_server, settings):
    settings.DEMO = True
    settings.SITE_URL = live_server.url
    return live_server


@pytest.fixture
def shop():
    brand = make_brand(name="青禾便利", name_en="Qinghe Mart", colour="#b3261e")
    store = make_store(
        make_region(brand), name="青禾便利西湖店", name_en="Qinghe Mart West Lake", address="文三路 1 号"
    )
    program = programs.ensure(brand, now=timezone.now())
    CouponTemplate.objects.create(
        program=program, name="见面礼", name_en="Welcome gift", kind="amount", value=10, is_welcome=True
    )
    return store


class Phone:
    """A shopper's phone: 390 px, counting taps."""

    def __init__(self, browser, *, scripts=True, locale="zh-CN", **given):
        self.context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, java_script_enabled=scripts,
            locale=locale, **given,
        )  # fmt: skip
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.taps, self.troubles = 0, []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda line: self.troubles.append(line.text) if "Policy" in line.text else None)

    def tap(self, selector):
        self.taps += 1
        self.page.tap(selector)

    def type(self, selector, text):
        self.tap(selector)
        self.page.fill(selector, text)

    def join(self, address):
        """From the scanned address to the card."""
        self.page.goto(address)
        self.type("[name=phone]", PHONE)
        self.tap(FIRST_BUTTON)
        digits = re.search(r"\d{6}", self.page.inner_text(".m-demo"))[0]
        self.page.fill("[name=code]", digits)  # the field has the focus; the keyboard offers the code
        self.tap(FIRST_BUTTON)
        self.tap("[name=agrees]")
        self.tap(FIRST_BUTTON)
        self.page.wait_for_url("**/m/")


def read_qr(png: bytes) -> str:
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    assert len(found) == 1, "one code on the screen"
    return found[0].text


def read_pdf(path) -> str:
    return zxingcpp.read_barcodes(pypdfium2.PdfDocument(path)[0].render(scale=3).to_pil())[0].text


def sign_in(page, server, staff):
    page.goto(f"{server.url}/accounts/login/")
    page.fill("input[name=login]", staff.username)
    page.fill("input[name=password]", PASSWORD)
    page.click("#sign-in button[type=submit], #sign-in .en-button")
    page.wait_for_url("**/s/")


@pytest.mark.row("000-46")
def test_a_manager_shows_and_prints_the_code_and_a_consumer_scans_it_and_joins(page, browser, server, shop, tmp_path):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, server, make_staff(shop))
    page.click("a[href='/s/code']")
    page.click(FIRST_BUTTON)  # there is no code yet: make it
    page.wait_for_selector(".m-poster")
    address = read_qr(page.screenshot())
    code = StoreCode.objects.get(store=shop)
    assert address == f"{server.url}/c/{code.public}"

    with page.expect_download() as download:
        page.click("form[action$='/download/'] button")
    download.value.save_as(tmp_path / "poster.pdf")
    assert read_pdf(tmp_path / "poster.pdf") == address

    phone = Phone(browser)
    phone.page.goto(address)
    assert "青禾便利西湖店" in phone.page.inner_text("h1")
    phone.join(address)

    member = Member.objects.get()
    assert member.home_store == shop
    assert CodeScan.objects.get().joined_at is not None
    assert phone.taps <= 6
    card = phone.page.locator(".m-qr-frame").screenshot()
    page.goto(f"{server.url}/s/find")
    page.fill("[name=q]", read_qr(card))
    page.press("[name=q]", "Enter")
    page.wait_for_selector(".m-mini")
    assert member.number in page.inner_text(".m-mini")
    assert phone.troubles == []
    phone.context.close()


def test_a_consumer_joins_without_javascript(browser, server, shop):
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=timezone.now())
    phone = Phone(browser, scripts=False)

    phone.join(f"{server.url}/c/{code.public}")

    assert Member.objects.get().number in phone.page.content()
    assert phone.page.locator("[data-qr-until]").is_visible()
    read_qr(phone.page.locator(".m-qr-frame").screenshot())
    phone.tap("[data-qr-link]")
    phone.page.wait_for_url("**/m/")
    phone.context.close()


def test_the_card_renews_its_code_and_says_when_it_cannot(browser, server, shop):
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=timezone.now())
    phone = Phone(browser)
    phone.page.clock.install()
    phone.join(f"{server.url}/c/{code.public}")
    first = phone.page.inner_html(".m-qr-frame")

    with phone.page.expect_response("**/m/qr"):
        phone.page.clock.run_for(56_000)
    phone.page.wait_for_function("old => document.querySelector('.m-qr-frame').innerHTML !== old", arg=first)

    phone.context.set_offline(True)
    phone.page.clock.run_for(66_000)
    phone.page.wait_for_selector("[data-qr-late]:visible")
    phone.context.close()


def test_checking_in_at_another_store_needs_no_tap_with_scripts(browser, server, shop):
    shop.brand.binding = "last"
    shop.brand.save(update_fields=["binding"])
    here = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=timezone.now())
    there = codes.issue(make_store(shop.region), kind=StoreCode.Kind.STORE, by=None, now=timezone.now())
    phone = Phone(browser)
    phone.join(f"{server.url}/c/{here.public}")

    with phone.page.expect_response(f"**/c/{there.public}/visit"):
        phone.page.goto(f"{server.url}/c/{there.public}")
    phone.page.wait_for_selector("[data-visit] button", state="hidden")

    assert Member.objects.get().home_store == there.store
    phone.context.close()


def test_a_member_changes_the_language_and_stays_where_they_are(browser, server, shop):
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=timezone.now())
    phone = Phone(browser)
    phone.page.goto(f"{server.url}/c/{code.public}")
    phone.tap(".m-language button")
    phone.page.wait_for_load_state("networkidle")

    assert phone.page.url.endswith(code.public)
    assert phone.page.inner_text("h1") == "Qinghe Mart West Lake"
    assert phone.page.get_attribute("html", "lang") == "en"
    phone.context.close()


def test_the_text_message_of_the_demo_is_in_the_language_of_the_page(browser, server, shop):
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=timezone.now())
    phone = Phone(browser, locale="en-GB")
    phone.page.goto(f"{server.url}/c/{code.public}")
    phone.type("[name=phone]", PHONE)
    phone.tap(FIRST_BUTTON)

    assert "is your code" in phone.page.inner_text(".m-demo")
    assert OneTimeCode.objects.count() == 1
    phone.context.close()
