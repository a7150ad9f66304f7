"""Main: on a phone, a store manager shows the code, sees who joined, starts a promotion and redeems its coupon."""

import os
from datetime import timedelta
from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignTemplate
from campaigns.services import fanout, sending, templates
from loyalty.models import Coupon
from loyalty.services import coupons, joining, programs
from members.models import Member
from stores.models import CodeScan, StoreCode
from stores.services import codes
from tests.browser import axe
from tests.campaigns.makers import make_sender
from tests.factories import (
    PASSWORD,
    make_brand,
    make_member,
    make_order,
    make_phone,
    make_region,
    make_staff,
    make_store,
)
from tests.loyalty.coupons import make_template

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PLACE = {"latitude": Decimal("30.250000"), "longitude": Decimal("120.170000")}
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture(autouse=True)
def server(live_server, settings):
    settings.DEMO = True
    settings.SITE_URL = live_server.url
    return live_server


@pytest.fixture
def store():
    brand = make_brand(name="青禾便利", name_en="Qinghe Mart", colour="#0b6b4f")
    return make_store(
        make_region(brand), name="青禾便利西湖店", name_en="Qinghe Mart West Lake", address="文三路 1 号", **PLACE
    )


@pytest.fixture
def pattern(store):
    programs.ensure(store.brand, now=timezone.now())
    coupon = make_template(store.brand, name="周末满减", name_en="Weekend off", value=10, threshold=50)
    return templates.save(
        None, by=None, now=timezone.now(), brand=store.brand, name="周末到店礼", name_en="Weekend visit",
        text="{name}，本周末到店满 50 减 10，券码 {code}", text_en="{name}, 10 off 50 this weekend: {code}",
        sender=make_sender(), coupon_template=coupon, is_local=True, most_days=7, discount_floor=70,
        budget=Decimal(2000), radius_m=3000,
    )  # fmt: skip


def join(store, *, at, **given) -> Member:
    """Somebody scanned the store's code and joined, agrees to offers, and lives next door."""
    code = StoreCode.objects.filter(store=store).first() or codes.issue(store, kind="store", by=None, now=at)
    codes.record_scan(code, visitor=make_phone(), now=at)
    member = joining.join(
        make_phone(), code=code, agrees=True, wants_offers=True, language="zh-hans", name="李小梅", now=at
    ).member  # fmt: skip
    Member.objects.filter(pk=member.pk).update(
        latitude=PLACE["latitude"] + Decimal("0.006"), longitude=PLACE["longitude"], **given
    )
    return member


def phone_page(browser, *, width=390, language="zh-hans", scheme="light", server=None, staff=None):
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width < 700 else 1000}, color_scheme=scheme, locale="zh-CN"
    )
    cookies = [{"name": "django_language", "value": language, "url": server.url}]
    if staff:
        client = Client()
        client.force_login(staff)
        cookies.append({"name": "session", "value": client.cookies["session"].value, "url": server.url})
    context.add_cookies(cookies)
    page = context.new_page()
    page.set_default_timeout(20_000)
    return page


class Shift:
    """A manager with the phone in one hand; what breaks on the way is kept."""

    def __init__(self, browser, server, store):
        self.server, self.store = server, store
        self.page = phone_page(browser, server=server)
        self.broken: list[str] = []
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("console", lambda line: self.broken.append(line.text) if "Policy" in line.text else None)

    def home(self):
        self.page.goto(f"{self.server.url}/s/")
        self.look()

    def look(self):
        self.broken.extend(axe.violations(self.page))

    def sign_in(self, staff):
        self.page.goto(f"{self.server.url}/s/")
        self.page.fill("input[name=login]", staff.username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_selector("#tasks")
        self.look()

    def issue_the_code(self):
        self.page.click(".m-task-link[href='/s/code']")
        self.page.click("main .weui-btn_primary")
        self.page.wait_for_selector("[data-poster]")

    def greet(self, count):
        self.home()
        assert self.page.inner_text(".m-today dd a") == str(count)
        self.page.click(".m-task-link[href='/s/joined']")
        assert self.page.locator(".m-cells li").count() == count
        self.home()
        self.page.click(".m-task form[action='/s/today/greet/done'] button")
        self.page.wait_for_selector(".m-task.is-done form[action='/s/today/greet/done']")

    def choose(self):
        self.page.click(".m-task-link[href='/s/promotions']")
        self.look()
        self.page.click(".m-offer .weui-btn_primary")
        self.page.wait_for_selector("[data-by] >> visible=true")
        self.look()

    def ask_too_much(self):
        self.page.fill("[name=value]", "30")
        self.page.click("main button.weui-btn_primary")
        self.page.wait_for_selector(".m-field-bad [name=value]")
        self.look()

    def ask_within(self, members):
        self.page.fill("[name=value]", "9")
        self.page.click("[data-for=id_value][data-by='1']")
        assert self.page.input_value("[name=value]") == "10"
        told = "text => document.querySelector('[data-told=members]').textContent === text"
        for radius, count in (("500", "0"), ("2000", str(members))):
            self.page.fill("[name=radius_m]", radius)
            self.page.wait_for_function(told, arg=count)

    def start(self):
        self.page.click("main button.weui-btn_primary")
        self.page.wait_for_selector(".m-results")
        self.look()

    def redeem(self, code):
        self.page.click(".m-act-main")
        self.page.fill("[name=code]", code)
        self.page.click("main .weui-btn_primary")
        self.page.fill("[name=amount]", "58")
        self.page.click("main .weui-btn_primary")
        self.page.wait_for_selector(".m-verdict-green h2")
        self.page.wait_for_url("**/redeem/done")

    def stop(self, reason):
        self.page.click(".m-promo a")
        self.page.click(".m-stop summary")
        self.page.fill("[name=reason]", reason)
        self.page.click(".m-stop button")
        self.page.wait_for_selector(".m-stop", state="detached")
        self.look()


def send():
    """Work off what is due, in a thread of its own: the browser's loop runs in this one."""

    def act():
        try:
            sending.work(clock=timezone.now)
        finally:
            connection.close()

    hand = Thread(target=act)
    hand.start()
    hand.join()


@pytest.mark.row("000-44", "000-47")
def test_a_manager_runs_the_whole_day_on_a_phone(browser, server, store, pattern):
    shift, staff = Shift(browser, server, store), make_staff(store)
    shift.sign_in(staff)
    shift.issue_the_code()
    for minutes in (1, 2):
        join(store, at=timezone.now() - timedelta(seconds=minutes))
    shift.greet(2)
    shift.choose()
    shift.ask_too_much()
    shift.ask_within(2)
    shift.start()
    campaign = Campaign.objects.get()
    assert (campaign.store, campaign.launched_by, campaign.status) == (store, staff, "scheduled")

    # whatever the hour of this test, members are awake
    Campaign.objects.filter(pk=campaign.pk).update(quiet_from="00:00", quiet_until="00:00")
    fanout.start_due(now=timezone.now())
    send()
    shift.home()
    assert shift.page.inner_text(".m-promo dd >> nth=0") == "2"
    shift.redeem(Coupon.objects.filter(source__startswith="campaign:").first().code)
    shift.home()
    assert shift.page.inner_text(".m-promo dd >> nth=1") == "1"
    assert shift.page.inner_text(".m-today > div:nth-child(2) dd").startswith("1")
    shift.stop("卖完了")

    assert Campaign.objects.get().stop_reason == "卖完了"
    shift.page.context.close()
    assert not shift.broken, "\n".join(shift.broken)


def busy(store, pattern):
    """A store with a day behind it."""
    now = timezone.now()
    for n in range(40):
        at = now - timedelta(hours=6 * n, minutes=3)
        member = join(
            store, at=at, birthday=now.date().replace(year=1988, day=min(now.day, 28)) if n % 9 == 0 else None
        )
        for _ in range(n % 3):
            make_order(store, member=member, amount=Decimal(60 + n), paid_at=at + timedelta(minutes=1))
        make_order(store, amount=Decimal(40 + n % 7), paid_at=at + timedelta(minutes=2))
        held = coupons.issue_many(pattern.coupon_template, [member.pk], source=f"test:{n}", now=at)
        if n % 2:
            used = {"redeemed_at": at + timedelta(minutes=2), "redeemed_store": store, "discount": 10}
            Coupon.objects.filter(pk=held[member.pk]).update(**used)
        if n % 8 == 0:
            Coupon.objects.filter(pk=held[member.pk]).update(expires_at=now + timedelta(days=2))


PHONE_PAGES = ["/s/", "/s/promotions", "/s/promotions/new/{pk}", "/s/today/birthdays", "/s/today/expiring"]


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("zh-hans", "dark", 360), ("en", "light", 768)],
)
def test_home_and_phone_pages_are_open_to_everybody(browser, server, store, pattern, language, scheme, width):
    others = [make_store(store.region, name=f"青禾便利{name}店", name_en=f"Qinghe Mart {en}", **PLACE)
              for name, en in (("黄龙", "Huanglong"), ("城站", "City Station"), ("武林广场", "Wulin Square"))]  # fmt: skip
    manager, head = make_staff(store, *others), make_staff(language=language)
    broken = []

    def walk(state):
        for who, paths in ((manager, PHONE_PAGES), (head, ["/?days=7", "/?days=30&by=sales", "/?days=1&by=coupons"])):
            page = phone_page(browser, server=server, staff=who, width=width, language=language, scheme=scheme)
            for path in paths:
                page.goto(server.url + path.format(pk=pattern.pk))
                broken.extend(f"{state} {line}" for line in axe.violations(page))
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    broken.append(f"{state} {path} scrolls sideways")
                if PICTURES:
                    name = path.split("?")[0].strip("/").replace("/", "-") or "head" + path[-3:]
                    page.screenshot(
                        path=f"{PICTURES}/{name}-{state}-{language}-{scheme}-{width}.png", full_page=True
                    )  # fmt: skip
            page.context.close()

    walk("empty")
    busy(store, pattern)
    for shop, count in zip(others, (9, 4, 1), strict=True):
        for n in range(count):
            make_order(
                shop,
                member=make_member(home_store=shop, number=f"T{shop.pk}-{n}", joined_at=timezone.now()),
                paid_at=timezone.now(),
            )
    Campaign.objects.create(
        number="C1", name="周末到店礼", kind="local", status="running", brand=store.brand, store=store,
        template=CampaignTemplate.objects.get(), coupon_template=pattern.coupon_template, starts_at=timezone.now(),
        ends_at=timezone.now() + timedelta(days=2), budget=2000, created_at=timezone.now(), updated_at=timezone.now(),
    )  # fmt: skip
    Campaign.objects.create(
        number="C2", name="三月会员日", status="scheduled", brand=store.brand, starts_at=timezone.now() + timedelta(days=3),
        created_at=timezone.now(), updated_at=timezone.now(),
    )  # fmt: skip
    walk("busy")
    assert CodeScan.objects.exists()
    assert not broken, "\n".join(broken)
