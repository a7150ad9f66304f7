"""Main: a marketer builds an audience with three conditions, sees the count follow, and locks it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from members.models import MemberTag, Tag
from segments.models import AudienceSnapshot, Segment
from stores.access import Role
from tests.browser import axe
from tests.factories import NOON, make_member, make_order, make_staff, make_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
COUNT = "#live [data-count='{}']"


@pytest.fixture
def crowd():
    """Six members: three who buy near the lake, of whom one wears a tag; two far away; one without a place."""
    lake = make_store(name="西湖店", latitude=Decimal("30.25"), longitude=Decimal("120.17"))
    tag = Tag.objects.create(name="早餐常客", name_en="Breakfast regular", created_at=NOON)
    near = {"latitude": Decimal("30.251"), "longitude": Decimal("120.171")}
    far = {"latitude": Decimal("31.23"), "longitude": Decimal("121.47")}
    buyers = [make_member(**near) for _ in range(3)] + [make_member(**far) for _ in range(2)] + [make_member()]
    for member in buyers[:5]:
        make_order(lake, member=member, paid_at=timezone.now() - timedelta(days=5))
    MemberTag.objects.create(member=buyers[0], tag=tag, added_at=NOON)
    return lake, tag


@pytest.fixture
def desk(page, live_server, crowd):
    """The builder, open before a marketer."""
    client = Client()
    client.force_login(make_staff(role=Role.MARKETER, language="zh-hans"))
    cookies = {"session": client.cookies["session"].value, "django_language": "zh-hans"}
    page.context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
    page.goto(f"{live_server.url}/segments/new/")
    return page


def add(desk, field):
    desk.click("#n0-add")
    desk.click(f"#fields [value='pick:{field}']")
    desk.wait_for_selector(f"[name=node][value$=':{field}']", state="attached")


def test_a_marketer_builds_an_audience_with_three_conditions_and_locks_it(desk, crowd):
    _lake, tag = crowd
    desk.wait_for_selector(COUNT.format(6))

    add(desk, "orders")
    desk.fill("#n1-days", "30")
    desk.wait_for_selector(COUNT.format(5))

    add(desk, "near")
    assert desk.input_value("#n2-km") == "3"
    desk.click("#n2-pick")
    desk.check("#n2-pick-list input")
    desk.wait_for_selector(COUNT.format(3))
    assert desk.is_visible(".s-unplaced")
    desk.keyboard.press("Escape")

    add(desk, "tag")
    desk.click("#n3-pick")
    desk.check(f"#n3-pick-list input[value='{tag.pk}']")
    desk.wait_for_selector(COUNT.format(1))
    desk.check("#n3-not", force=True)
    desk.wait_for_selector(COUNT.format(2))

    assert axe.violations(desk) == []
    desk.fill("[name=name]", "湖边不吃早餐的")
    desk.click("[name=save]")
    desk.wait_for_selector(COUNT.format(2).replace("#live", ".s-live"))

    desk.click(".q-actions .btn-primary")
    desk.click(".q-form-foot .btn-primary")
    desk.wait_for_selector(".s-hash")
    made = AudienceSnapshot.objects.get()
    assert (made.size, made.sha256 in desk.inner_text(".s-hash")) == (2, True)
    assert Segment.objects.get().rule["all"][2] == {"not": {"tag": tag.pk}}
    assert axe.violations(desk) == []


def test_the_same_by_keyboard_alone(desk, crowd):
    desk.wait_for_selector(COUNT.format(6))
    desk.focus("#n0-add")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#fields[open]")
    desk.keyboard.type(desk.inner_text("[value='pick:last_order_days'] b"))
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#n1-op")
    assert desk.evaluate("document.activeElement.closest('#n1') !== null"), "the new condition has the focus"
    for _ in range(5):
        if desk.evaluate("document.activeElement.id") == "n1-op":
            break
        desk.keyboard.press("Tab")
    desk.select_option("#n1-op", "lte")
    desk.wait_for_selector("#n1-value")
    desk.focus("#n1-value")
    desk.keyboard.type("10")
    desk.keyboard.press("Enter")  # neither saves nor removes anything
    desk.wait_for_selector(COUNT.format(5))
    assert desk.input_value("#n1-value") == "10"
    assert not Segment.objects.exists()


def test_what_is_typed_while_the_rule_is_drawn_stays(desk, crowd):
    add(desk, "points")
    desk.route("**/segments/draw/", lambda route: (desk.wait_for_timeout(400), route.continue_()))
    desk.evaluate("document.querySelector('[value=\"group:0\"]').click()")
    desk.fill("#n1-value", "77")
    desk.wait_for_selector("#n2")
    assert desk.input_value("#n1-value") == "77"


@pytest.mark.parametrize("width", [390, 320])
def test_the_builder_works_on_a_phone_without_scrolling_sideways(desk, crowd, width):
    desk.set_viewport_size({"width": width, "height": 844})
    for field in ("orders", "near", "gender"):
        add(desk, field)
    desk.click("[value='group:0']")
    desk.wait_for_selector("#n4")
    assert desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    desk.evaluate("scrollTo(0, 0)")  # a field half under the count in sight is reached by scrolling, and small to axe
    assert axe.violations(desk) == []
