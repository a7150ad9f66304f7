"""Main: a marketer builds an audience, makes a campaign from a template, reviews it, launches it and sees it finish."""

from threading import Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignTemplate, Delivery
from campaigns.services import fanout, sending
from campaigns.services.sending import link_of
from members.models import Identity
from stores.access import Role
from tests.browser import axe
from tests.campaigns.makers import agree, make_sender
from tests.factories import NOON, make_brand, make_member, make_region, make_staff, make_store
from tests.loyalty.coupons import make_template as make_coupon_template

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


@pytest.fixture
def crowd():
    """Five women and a man; one woman said no, one has no phone."""
    store = make_store(make_region(make_brand(name="青禾便利", name_en="Qinghe Mart")), name="西湖店")
    people = [make_member(name=f"王小{n}", gender="f", phone=f"1690000010{n}", home_store=store) for n in range(4)]
    people += [make_member(name="李五", gender="f", home_store=store), make_member(gender="m", phone="16900000200")]
    Identity.objects.filter(member=people[4]).delete()
    agree(*people[:3], people[4], people[5])
    agree(people[3], is_given=False)
    return store


@pytest.fixture
def template(crowd):
    coupon = make_coupon_template(crowd.brand, name="满减十元", stock=100)
    return CampaignTemplate.objects.create(
        brand=crowd.brand, name="周末见", text="{name}，您的券 {code} 周末可用 {link}", sender=make_sender(name="演示短信"),
        coupon_template=coupon, created_at=NOON, updated_at=NOON,
    )  # fmt: skip


@pytest.fixture
def desk(page, live_server, template):
    """The list of campaigns before a marketer."""
    client = Client()
    client.force_login(make_staff(role=Role.MARKETER, language="zh-hans", phone="16900005555"))
    cookies = {"session": client.cookies["session"].value, "django_language": "zh-hans"}
    page.context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
    page.emulate_media(reduced_motion="reduce")  # no colours in between
    page.goto(f"{live_server.url}/segments/new/")
    return page


def build_audience(desk):
    desk.click("#n0-add")
    desk.click("#fields [value='pick:gender']")
    desk.click("#n1-pick")
    desk.check("#n1-pick-list input[value='f']")
    desk.wait_for_selector("#live [data-count='5']")
    desk.keyboard.press("Escape")
    desk.fill("[name=name]", "女会员")
    desk.click("[name=save]")
    desk.wait_for_url("**/segments/*/")


def looks_right(desk):
    assert axe.violations(desk) == []
    desk.emulate_media(color_scheme="dark")
    assert axe.violations(desk, rules=["color-contrast"]) == []
    desk.emulate_media(color_scheme="light")


def go_on(desk, following):
    desk.click("button[name=go]")
    desk.wait_for_url(f"**/{following}/")


def work_in_a_thread():
    """The scheduler and the worker. The browser's own loop lives in the thread of the test."""

    def work():
        fanout.start_due(now=timezone.now())
        sending.work(clock=timezone.now)
        connection.close()

    worker = Thread(target=work)
    worker.start()
    worker.join(timeout=30)


def take_back_and_launch_again(desk, settings):
    desk.click(".c-undo button")
    desk.wait_for_url("**/review/")
    assert Campaign.objects.get().status == "draft"
    settings.UNDO_SECONDS = 0
    desk.click("[data-dialog=launch]")
    desk.click("#launch .btn-primary")
    desk.wait_for_selector("#live[hx-get]")


def test_a_marketer_makes_a_campaign_from_a_template_launches_it_and_sees_it_finish(
    desk, live_server, template, settings
):
    build_audience(desk)

    desk.goto(f"{live_server.url}/campaigns/")
    desk.click("a[href='/campaigns/new/'] >> nth=0")
    desk.click(f"form[action='/templates/{template.pk}/use/'] button")
    desk.wait_for_url("**/audience/")
    desk.fill("#id_name", "三月周末")
    desk.select_option("#id_segment", label="女会员")
    desk.wait_for_selector(".c-aside [data-count='5']")
    looks_right(desk)
    go_on(desk, "content")

    desk.wait_for_selector(".c-bubble >> text=K7QM")
    desk.focus("#id_text")
    desk.keyboard.press("End")
    desk.click("[data-variable=store]")
    assert desk.input_value("#id_text").endswith("{store}")
    desk.wait_for_selector(".c-bubble >> text=西湖店")
    assert "王*" in desk.inner_text(".c-phones") or "李*" in desk.inner_text(".c-phones")
    looks_right(desk)
    go_on(desk, "coupon")

    assert desk.is_checked("label:has-text('满减十元') input")
    looks_right(desk)
    go_on(desk, "schedule")

    desk.fill("#id_starts_at", "2020-01-01T10:00")
    desk.click("button[name=go]")
    desk.wait_for_selector(".q-summary")
    desk.fill("#id_starts_at", "")
    for name in ("#id_quiet_from", "#id_quiet_until"):
        desk.fill(name, "00:00")  # no quiet hours: this test also runs by night
    looks_right(desk)
    go_on(desk, "review")

    assert desk.inner_text(".c-reach-figure") == "3"
    looks_right(desk)
    desk.click("[data-dialog=launch]")
    desk.dblclick("#launch .btn-primary")
    desk.wait_for_selector("#live[hx-get]")
    looks_right(desk)
    take_back_and_launch_again(desk, settings)

    work_in_a_thread()
    desk.wait_for_selector("#live:not([hx-get])", timeout=15_000)
    campaign = Campaign.objects.get()
    sent = Delivery.objects.filter(campaign=campaign, status=Delivery.Status.SENT)
    assert (campaign.status, campaign.name, sent.count()) == ("finished", "三月周末", 3)
    assert [desk.inner_text(f".c-bar-{n} .c-bar-count") for n in (1, 2, 3)] == ["5", "3", "3"]
    looks_right(desk)

    reader = Client(headers={"User-Agent": PHONE})
    reader.get(link_of(sent.first().pk, "open").removeprefix("http://localhost:8000"))
    desk.reload()
    desk.click(".c-bar-4 a")
    desk.wait_for_url("**/messages/**")
    assert desk.locator("tbody tr").count() == 1
    looks_right(desk)
