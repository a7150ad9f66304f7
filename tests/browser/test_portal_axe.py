"""Every page of head office, generated from its addresses: readable by everybody, in both languages, by day and night."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.browser import axe
from tests.factories import make_order, make_product, make_staff
from tests.flows.world import build, routes

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LOOKS = [("zh-hans", 1440), ("en", 320)]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def signed_in(settings):
    """A client of a headquarters administrator of the whole chain."""
    settings.DEMO = True  # the demo's mark is part of every page
    client = Client()
    client.force_login(make_staff())
    return client


@pytest.fixture
def addresses(signed_in):
    """Every address of the portal that shows a page on GET, with things that exist in it."""
    side = build("A")
    make_product(department="乳品")
    make_order(side.store, lines=[("P1", "牛奶", 2, 10)])
    found = []
    for route in routes():
        if route.door != "web.portal":
            continue
        url = route.url(side.things) if route.parameters else reverse(route.name)
        answer = signed_in.get(url)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code == 200 and is_page:
            found.append(url)
        else:
            assert answer.status_code in {200, 302, 404, 405}, f"{url} answers {answer.status_code}"
        answer.close()
    return found


def open_page(browser, server, client, *, language, width):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="light", reduced_motion="reduce", locale="zh-CN"
    )
    cookies = {"session": client.cookies["session"].value, "django_language": language}
    context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])
    page = context.new_page()
    page.set_default_timeout(30_000)
    return page


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_every_portal_page_is_open_to_everybody_by_day_and_night(
    browser, live_server, signed_in, addresses, language, width
):
    page = open_page(browser, live_server, signed_in, language=language, width=width)
    troubles, broken = [], []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if "Content Security" in line.text else None)
    for address in [*addresses, "/ui/?wrong=1"]:
        page.goto(live_server.url + address)
        broken.extend(axe.violations(page))
        if page.evaluate(WIDER) > 0:
            broken.append(f"{address} scrolls sideways at {width} px")
        page.emulate_media(color_scheme="dark")
        broken.extend(f"dark {line}" for line in axe.violations(page, rules=["color-contrast"]))
        page.emulate_media(color_scheme="light")
    page.context.close()

    assert not broken, "\n".join(broken)
    assert troubles == []
    assert len(addresses) >= 30
