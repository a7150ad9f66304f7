"""Every page on a phone: light enough, readable by everybody, at every width, in both languages, by day and night."""

import gzip
import re

import pytest
from django.test import Client
from django.utils import timezone

from loyalty.models import CouponTemplate
from loyalty.services import joining, programs
from stores.models import StoreCode
from stores.services import codes
from tests.browser import axe
from tests.factories import make_brand, make_region, make_staff, make_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PHONE, BOUGHT = "16900001234", "16900005678"
BUTTON = "main .weui-btn_primary"
CONSUMER = (60, 8)  # kilobytes compressed, requests
COUNTER = (100, 12)


@pytest.fixture(autouse=True)
def server(live_server, settings):
    settings.DEMO = True
    return live_server


@pytest.fixture
def chain():
    """A store with a code and a member, a second one whose code is revoked, and the manager of both."""
    now = timezone.now()
    region = make_region(make_brand(name="青禾便利", name_en="Qinghe Mart", colour="#f2b705"))
    shops = [
        make_store(
            region, name="青禾便利西湖区文三路第一旗舰店", name_en="Qinghe Mart Wensan Road First Flagship Store"
        ),
        make_store(region, name="青禾便利黄龙店", name_en="Qinghe Mart Huanglong", address="黄龙路 5 号"),
    ]
    program = programs.ensure(region.brand, now=now)
    CouponTemplate.objects.create(
        program=program, name="见面礼", name_en="Welcome gift", kind="percent", value=20, threshold=100, is_welcome=True
    )
    live, dead = (codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=now) for shop in shops)
    codes.revoke(dead, by=None, now=now, reason="stolen")
    joining.join(BOUGHT, code=live, agrees=True, wants_offers=False, language="zh-hans", name="王小明", now=now)
    return {"live": live.public, "dead": dead.public, "staff": make_staff(*shops)}


def staff_cookie(server, staff) -> dict:
    client = Client()
    client.force_login(staff)
    return {"name": "session", "value": client.cookies["session"].value, "url": server.url}


def walk(page, server, chain, see):
    """Open every page that a shopper or a member of staff meets, and look at it with ``see(name)``."""

    def look(name, address=None):
        if address:
            page.goto(server.url + address)
        page.wait_for_load_state()
        see(name)

    look("landing", f"/c/{chain['live']}")
    page.fill("[name=phone]", "12")
    page.click(BUTTON)
    look("landing-bad")
    page.fill("[name=phone]", PHONE)
    page.click(BUTTON)
    look("code")
    digits = re.search(r"\d{6}", page.inner_text(".m-demo"))[0]
    page.fill("[name=code]", "000000" if digits != "000000" else "111111")
    page.click(BUTTON)
    look("code-bad")
    page.fill("[name=code]", digits)
    page.click(BUTTON)
    page.click("summary >> nth=0")
    look("terms")
    page.click(BUTTON)
    look("terms-bad")
    page.check("[name=agrees]")
    page.click(BUTTON)
    look("card")
    look("card-scanned", f"/c/{chain['live']}")
    look("near", f"/c/{chain['live']}/near")
    look("retired", f"/c/{chain['dead']}")
    look("unknown", "/c/AAAAAAAAAAAA")
    page.context.clear_cookies(name="member")
    look("sign-in", "/m/sign-in")
    page.context.add_cookies([staff_cookie(server, chain["staff"])])
    look("home", "/s/")
    page.click("summary")
    look("home-switch")
    look("store-code", "/s/code")
    look("own-code", "/s/code?of=associate")
    look("joined", "/s/joined")
    look("find", "/s/find")
    page.fill("[name=q]", "李 9999")
    page.press("[name=q]", "Enter")
    look("find-none")
    page.fill("[name=q]", BOUGHT)
    page.press("[name=q]", "Enter")
    look("member")


def open_page(browser, server, *, language, scheme, width):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale="zh-CN", bypass_csp=width == 320
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("zh-hans", "dark", 360), ("en", "light", 768)],
)
def test_every_page_is_open_to_everybody(browser, server, chain, language, scheme, width):
    page = open_page(browser, server, language=language, scheme=scheme, width=width)
    seen, broken = [], []

    def see(name):
        seen.append(name)
        broken.extend(f"{name} {line}" for line in axe.violations(page))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            broken.append(f"{name} scrolls sideways")

    walk(page, server, chain, see)
    page.context.close()

    assert not broken, "\n".join(broken)
    assert len(seen) == 20


TOUCH = """() => [...document.querySelectorAll('a[href], button, summary, input:not([type=hidden])')]
    .filter(one => one.offsetParent && !one.closest('.m-check'))
    .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
    .filter(([_, box]) => box.height < 44 || box.width < 40).map(([text, box]) => text + ' ' + box.width + 'x' + box.height)"""


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_works_at_320_px_with_letters_twice_as_large_and_big_targets(browser, server, chain, language):
    page = open_page(browser, server, language=language, scheme="light", width=320)
    broken = []

    def see(name):
        broken.extend(f"{name} small: {one}" for one in page.evaluate(TOUCH))
        page.add_style_tag(content="html{font-size:200%!important}")
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > 320:
            broken.append(f"{name} is {wide} px wide")

    walk(page, server, chain, see)
    page.context.close()

    assert not broken, "\n".join(broken)


class Weighed:
    """Collects what a page fetches: its size compressed, and how often it asked."""

    def __init__(self, page):
        self.answers: list = []
        page.on("response", lambda answer: self.answers.append(answer))

    def take(self) -> tuple[float, int]:
        """Kilobytes and requests since the last time."""
        bodies = [one.body() for one in self.answers if not 300 <= one.status < 400]
        total, number = sum(len(gzip.compress(body, 6)) for body in bodies), len(self.answers)
        self.answers.clear()
        return total / 1024, number


def test_every_page_keeps_its_budget_of_bytes_and_requests(browser, server, chain):
    page = open_page(browser, server, language="zh-hans", scheme="light", width=390)
    page.context.route("**/*", lambda route: route.continue_())  # no cache: each page pays for all it needs
    weighed, heavy = Weighed(page), []

    def see(name):
        page.wait_for_load_state("networkidle")
        kilobytes, requests = weighed.take()
        print(f"{name}: {kilobytes:.1f} KB in {requests} requests")
        limit = COUNTER if "/s/" in page.url else CONSUMER
        if kilobytes > limit[0] or requests > limit[1]:
            heavy.append(f"{name}: {kilobytes:.1f} KB in {requests} requests")

    walk(page, server, chain, see)
    page.context.close()

    assert heavy == []
