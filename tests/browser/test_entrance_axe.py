"""The pages in front of the door and the error pages: readable by everybody, small, in both languages, day and night."""

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from stores.queries import invites
from tests.browser import axe
from tests.factories import PASSWORD, make_staff, make_store
from web import errors

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WIDTH = 320
WIDER = "document.documentElement.scrollWidth - innerWidth"
TWICE = "document.documentElement.style.fontSize = '200%'"
OPEN = ["/accounts/login/", "/accounts/inactive/", "/accounts/welcome/mistyped/"]
INSIDE = [
    "/accounts/password/", "/accounts/again/", "/accounts/again/code/", "/accounts/logout/", "/accounts/second-factor/off/",
    "/accounts/recovery-codes/new/", "/account/",
]  # fmt: skip
TROUBLES = [*errors.WORDS, "lock-out"]
ALIKE = {"400", "403", "413", "500"}  # the same page as 404 and 503 in other words: only their width is measured


@pytest.fixture
def page(browser, live_server, settings):
    """One page for everything; scripts of ours may enlarge the letters. The demo's mark is part of every page."""
    settings.DEMO = True
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 700}, reduced_motion="reduce", locale="zh-CN", bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.route("**/trouble/*/*", trouble)
    yield page
    context.close()


def trouble(route):
    """An error page as the server would send it, without breaking the server for it."""
    language, kind = route.request.url.split("/")[-2:]
    with translation.override(language):
        if kind == "lock-out":
            body = render_to_string("429.html", {})
        else:
            body = errors.page(RequestFactory().get("/nowhere/"), int(kind)).content.decode()
    route.fulfill(status=200, content_type="text/html; charset=utf-8", body=body)


def cookie(server, name, value):
    return {"name": name, "value": value, "url": server.url}


def sessions():
    """Someone of headquarters inside, one without a second factor, and an invitation's address."""
    inside, new = Client(), Client()
    inside.force_login(make_staff())
    new.force_login(make_staff(second_factor=False))
    invited = make_staff(make_store())
    invited.set_unusable_password()
    invited.save()
    return inside.cookies["session"].value, new.cookies["session"].value, f"/accounts/welcome/{invites.token(invited)}/"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_in_front_of_the_door_and_every_error_page_is_open_to_everybody(page, live_server, language):
    inside, new, welcome = sessions()
    seen, broken = [], []

    def look(address=""):
        if address:
            page.goto(live_server.url + address)
        seen.append(page.title())
        where = address or page.url
        if where.rpartition("/")[2] not in ALIKE:
            page.emulate_media(color_scheme="light")
            broken.extend(f"{where} {line}" for line in axe.violations(page))
            page.emulate_media(color_scheme="dark")
            broken.extend(f"dark {where} {line}" for line in axe.violations(page, rules=["color-contrast"]))
        if page.evaluate(WIDER) > 0:
            broken.append(f"{where} scrolls sideways at {WIDTH} px")
        page.evaluate(TWICE)
        if page.evaluate(WIDER) > 0:
            broken.append(f"{where} scrolls sideways with letters twice as large")

    page.context.add_cookies([cookie(live_server, "django_language", language)])
    for address in [*OPEN, welcome, *(f"/trouble/{language}/{kind}" for kind in TROUBLES)]:
        look(address)
    page.goto(live_server.url + "/accounts/login/")
    page.fill("[name=login]", make_staff(username="second-step").username)
    page.fill("[name=password]", "wrong")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("[role=alert]")
    look()
    page.fill("[name=login]", "second-step")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("[name=code]")
    look()
    page.context.add_cookies([cookie(live_server, "session", new)])
    look("/accounts/second-factor/")
    page.context.add_cookies([cookie(live_server, "session", inside)])
    for address in INSIDE:
        look(address)

    assert not broken, "\n".join(broken)
    assert len(set(seen)) >= 15, seen
