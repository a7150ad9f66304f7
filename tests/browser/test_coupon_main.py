"""Main: a consumer sees and shows a coupon; a store manager redeems it on a phone."""

import gzip
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from loyalty.models import Coupon
from loyalty.services import joining
from members.models import Member
from stores.models import StoreCode
from stores.services import codes
from tests.browser import axe
from tests.browser.test_store_code_main import FIRST_BUTTON, Phone, read_qr, sign_in
from tests.factories import make_brand, make_region, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WIDER = "document.documentElement.scrollWidth > innerWidth"


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
    make_template(brand, name="新会员满30减10", name_en="10 off 30", threshold=30, is_welcome=True)
    return store


def test_a_consumer_shows_the_coupon_and_a_manager_redeems_it_on_a_phone(page, browser, server, shop):
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=timezone.now())
    shopper = Phone(browser)
    shopper.join(f"{server.url}/c/{code.public}")
    shopper.tap(".m-ticket a")
    shopper.page.wait_for_selector(".m-coupon-qr")
    held = Coupon.objects.get()
    shown = read_qr(shopper.page.locator(".m-coupon-qr").screenshot())
    assert shown == held.code
    assert shopper.page.inner_text(".m-coupon-code") == f"{shown[:4]} {shown[4:8]} {shown[8:]}"

    till = Phone(browser, locale="en-US")
    sign_in(till.page, server, make_staff(shop))
    till.tap("a[href='/s/redeem']")
    till.page.fill("[name=code]", shopper.page.inner_text(".m-coupon-code").lower())  # the field has the focus
    till.taps = 0
    till.tap(FIRST_BUTTON)
    till.page.wait_for_selector(".m-verdict-amber")
    till.type("[name=amount]", "45.60")
    till.tap(FIRST_BUTTON)
    till.page.wait_for_url("**/s/redeem/done")
    assert till.taps <= 3
    assert "¥10.00" in till.page.inner_text(".m-verdict-green")

    shopper.page.reload()
    assert "青禾便利西湖店" in shopper.page.inner_text(".m-coupon")
    assert shopper.page.locator(".m-coupon-qr").count() == 0
    held.refresh_from_db()
    assert (held.redeemed_store, held.order_amount) == (shop, Decimal("45.60"))

    till.tap("form[action='/s/redeem/undo'] button")
    till.page.wait_for_selector(".m-note-success")
    held.refresh_from_db()
    assert held.redeemed_at is None
    assert shopper.troubles == till.troubles == []
    shopper.context.close()
    till.context.close()


def test_the_pages_work_without_script(browser, server, shop):
    held = make_coupon(make_template(shop.brand), now=timezone.now())
    till = Phone(browser, scripts=False)
    sign_in(till.page, server, make_staff(shop))

    till.tap("a[href='/s/redeem']")
    till.page.fill("[name=code]", held.code)
    till.tap(FIRST_BUTTON)
    till.page.wait_for_selector(".m-verdict-green")
    till.tap(FIRST_BUTTON)

    till.page.wait_for_url("**/s/redeem/done")
    till.context.close()


# --- each page, readable by everybody ------------------------------------------------------------------
@pytest.fixture
def world(shop):
    """A member with a coupon of each sort, and a manager."""
    now = timezone.now()
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=now)
    joining.join("16900005678", code=code, agrees=True, wants_offers=False, language="zh-hans", name="王小明", now=now)
    member = Member.objects.get()
    bound = make_template(
        shop.brand, name="全场八折", name_en="20% off everything", kind="percent", value=20, most=50, place="both",
        terms="特价商品除外，不与其他优惠同享",
    )  # fmt: skip
    bound.stores.add(shop)
    held = {
        "usable": make_coupon(bound, member, now=now),
        "later": make_coupon(bound, member, source="l", now=now, starts_at=now + timedelta(days=3)),
        "old": make_coupon(bound, member, source="o", now=now, expires_at=now - timedelta(days=3)),
        "used": make_coupon(bound, member, source="u", now=now, redeemed_at=now, redeemed_store=shop, discount=20),
    }
    return member, held, make_staff(shop)


def walk(page, server, world, see):
    member, held, staff = world
    client = Client()
    client.force_login(staff)
    page.context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": server.url}])
    page.context.add_cookies([{"name": "member", "value": card_session(member), "url": server.url}])
    for name, path in {
        "card": "/m/", "wallet": "/m/coupons", **{f"coupon-{n}": f"/m/coupons/{c.pk}" for n, c in held.items()},
        "redeem": "/s/redeem",
    }.items():  # fmt: skip
        page.goto(server.url + path)
        see(name)
    for name in ("used", "usable"):
        page.goto(server.url + "/s/redeem")
        see("redeem")
        page.fill("[name=code]", held[name].code)
        page.click(FIRST_BUTTON)
        see(f"verdict-{name}")
    page.fill("[name=amount]", "0")
    page.click(FIRST_BUTTON)
    see("verdict-bad-amount")
    page.fill("[name=amount]", "88")
    page.click(FIRST_BUTTON)
    page.wait_for_url("**/done")
    see("done")


def card_session(member) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["member"] = member.pk
    session.save()
    return session.session_key


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("zh-hans", "dark", 390), ("en", "light", 320)],
)
def test_every_coupon_page_is_open_to_everybody(browser, server, world, language, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="zh-CN")
    context.add_cookies([{"name": "django_language", "value": language, "url": server.url}])
    page, broken, seen = context.new_page(), [], []

    def see(name):
        page.wait_for_load_state()
        seen.append(name)
        broken.extend(f"{name} {line}" for line in axe.violations(page))
        if page.evaluate(WIDER):
            broken.append(f"{name} scrolls sideways")

    walk(page, server, world, see)
    context.close()

    assert not broken, "\n".join(broken)
    assert len(seen) == 13


def test_the_wallet_stays_within_its_budget(browser, server, world):
    """60 KB compressed and eight requests for members; the store phone may have 100 KB and twelve."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page, heavy = context.new_page(), {}
    got: list = []
    page.on("response", lambda answer: got.append(answer) if answer.ok else None)

    def see(name):
        page.wait_for_load_state("networkidle")
        size = sum(len(gzip.compress(one.body())) for one in got) / 1024
        most = (100, 12) if name in ("redeem", "done") or name.startswith("verdict") else (60, 8)
        if size > most[0] or len(got) > most[1]:
            heavy[name] = (round(size), len(got))
        got.clear()

    walk(page, server, world, see)
    context.close()

    assert not heavy
