"""Every page of every door, found by its address: readable by everybody, as wide as the screen, translated, quiet.

An address that shows no page on GET must be named below with the reason; a new one without a thing in `world.py`, or
without a page, fails here. Pages that only a form leads to are walked by hand at the end.
"""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Delivery
from campaigns.rules import links
from loyalty.services import joining, programs
from members.models import Member
from segments.services import segments
from stores.access import Role
from stores.models import PosterArchive, StoreCode
from stores.services import codes
from tests.browser import axe
from tests.factories import NOON, make_order, make_product, make_staff
from tests.flows.world import DOORS, build, routes
from tests.loyalty.coupons import make_coupon, make_template
from tests.web.h5.shoppers import prove
from tools import messages

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
H5 = "web.h5"
WIDTHS = {"zh-hans": (1440, 390, 320), "en": (390, 1440, 320)}  # opened at the first; at the last only measured
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NO_PAGE = {
    "segment-choices": "a part of a form", "segment-size": "a part", "snapshot-drift": "a part",
    "campaign-size": "a part", "campaign-run": "a part", "code-poster": "a picture", "code-archive-file": "a file",
    "import-template": "a file", "import-errors": "a file", "counter-scans": "figures", "card-qr": "a picture",
    "counter-promotion-reach": "figures", "counter-redeem-done": "after a form", "join-code": "after a form",
    "join-terms": "after a form", "card-terms": "after a form", "card-sign-in-code": "after a form",
    "export-new": "about a list, which its address names",
    "counter-assist-state": "figures", "mini-page": "JSON", "mini-join": "JSON",
}  # fmt: skip
NOT_FOUND = {"link"}  # their page says so: the address of the walk is mistyped
# --- words in Latin letters that a Chinese page may show, beside those in capitals (codes, CSV, SMTP) -------
WORD = re.compile(r"(?<![A-Za-z0-9._@/:%{}+&=#-])[A-Za-z]*[a-z][A-Za-z]*(?!\.?[A-Za-z0-9_@/:%{}+&=#-])")
KNOWN = frozenset(re.findall(r"\w+", """
    App Chromium Excel English Linux MiB OpenID Token UnionID Webhook WeChat csv km px subscribe unionid xlsx yes
    house mailing Aadmin Amarketer Aanalyst Adealer Aassociate box one paper
"""))  # fmt: skip
TEXTS = """() => {
    const said = [document.title], out = "script, style, noscript, template, textarea, code, kbd, pre, [lang=en], [translate=no]";
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) if (!walk.currentNode.parentElement.closest(out)) said.push(walk.currentNode.data);
    for (const name of ["aria-label", "title", "placeholder", "alt", "data-confirm"])
        for (const one of document.querySelectorAll(`[${name}]`)) if (!one.closest(out)) said.push(one.getAttribute(name));
    return said.filter(text => /[a-z]{2}/.test(text));
}"""


@pytest.fixture(scope="module")
def untranslated() -> set[str]:
    """Words of the texts whose translation is still to come: `make check` asks for those, once each."""
    held = messages.read("zh_Hans")
    lacking = [one for one in messages.collect() if one.id and messages.faults(one, held.get(one.id, one.context))]
    return {word for one in lacking for text in np.atleast_1d(one.id) for word in re.findall("[A-Za-z]+", str(text))}


class Look:
    """One tab that goes from page to page and writes down what is wrong with each."""

    def __init__(self, browser, server, language, may_say=()):
        self.server, self.language, self.widths = server, language, WIDTHS[language]
        self.may_say = KNOWN.union(may_say)
        self.context = browser.new_context(
            viewport={"width": self.widths[0], "height": 900}, reduced_motion="reduce", locale="zh-CN"
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.troubles: list[str] = []
        self.seen: list[str] = []
        self.keep(django_language=language)
        self.page.on("pageerror", lambda error: self.say(f"script: {error}"))
        self.page.on("console", self.heard)
        self.page.on("response", self.answered)

    def keep(self, **cookies):
        self.context.add_cookies([{"name": k, "value": v, "url": self.server.url} for k, v in cookies.items()])

    def say(self, text):
        self.troubles.append(f"{self.language} {self.page.url.removeprefix(self.server.url)} {text}")

    def heard(self, line):
        if line.type == "error" and "Failed to load resource" not in line.text:
            self.say(f"console: {line.text}")

    def answered(self, response):
        is_asset = response.request.resource_type not in {"document", "xhr", "fetch"}
        if response.status >= (400 if is_asset else 500):
            self.say(f"{response.url} answers {response.status}")

    def go(self, address, *, status=200):
        """Open a page and look at it."""
        self.page.set_viewport_size({"width": self.widths[0], "height": 900})
        answer = self.page.goto(self.server.url + address)
        if answer.status != status:
            self.say(f"answers {answer.status}")
        self.look()

    def look(self):
        """At what is open now: wide, narrow, in words, by night. Colours do not depend on width or language.

        Chinese pages are looked at wide, by day and night, English ones narrow; both for overflow at every width.
        """
        page, is_whole = self.page, self.language == "zh-hans"
        page.wait_for_load_state()
        if page.evaluate("Boolean(document.querySelector('[hx-trigger^=load]'))"):
            page.wait_for_load_state("networkidle")
        self.seen.append(page.url)
        for number, width in enumerate(self.widths):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(WIDER) > 0:
                self.say(f"scrolls sideways at {width} px")
            if not number:
                self.troubles.extend(f"{width} {line}" for line in axe.violations(page, colours=is_whole))
        if is_whole:
            words = {word for text in page.evaluate(TEXTS) for word in WORD.findall(text)}
            strange = {word for word in words if len(word) > 1} - self.may_say
            if strange and "/ui/" not in page.url:  # the gallery is for builders
                self.say(f"speaks English: {sorted(strange)}")
            page.emulate_media(color_scheme="dark")
            self.troubles.extend(f"dark {line}" for line in axe.violations(page, ["color-contrast"]))
            page.emulate_media(color_scheme="light")


@pytest.fixture
def world(settings):
    """One brand with everything in it, its administrator, and somebody who joined."""
    settings.DEMO = True  # the demo's mark is part of every page; one-time codes are shown
    side = build("A")
    make_product(department="乳品")
    make_order(side.store, lines=[("P1", "牛奶", 2, 10)])
    head = make_staff()
    archive = PosterArchive.objects.create(
        asked_by=head, asked_at=NOON, language="en", form="a4", store_ids=[side.store.pk]
    )
    side.things["code-archive"] = {"pk": archive.pk}
    side.people["head"] = head
    side.things |= member_things(side)
    return side


def member_things(side) -> dict:
    """What the addresses of a shopper name."""
    now = timezone.now()
    code = codes.issue(side.store, kind=StoreCode.Kind.STORE, by=None, now=now)
    programs.ensure(side.store.brand, now=now)
    joining.join("16900001234", code=code, agrees=True, wants_offers=True, language="zh-hans", name="王小明", now=now)
    shopper = Member.objects.get(home_store=side.store, joined_code=code)
    pattern = make_template(side.store.brand, name="满三十减十", threshold=30)
    held = make_coupon(pattern, shopper, now=now)
    said = Delivery.objects.get(campaign=side.things["campaign"]["pk"], medium=1)
    token, asked = (links.token(said.pk, purpose, settings.LINK_KEY) for purpose in ("unsubscribe", "feedback"))
    return {
        "store-code": {"public": code.public}, "store": side.things["store"] | {"public": code.public},
        "store-near": {"public": code.public}, "join": {"public": code.public}, "link": {"token": "mistyped"},
        "unsubscribe": {"token": token}, "feedback": {"token": asked},
        "wallet": {"pk": held.pk}, "shopper": code, "coupon-code": held.code,
    }  # fmt: skip


def enter(look, person=None) -> Client:
    """Let the tab in as this person; somebody who asks beside it."""
    client = Client()
    if person:
        client.force_login(person)
        look.keep(session=client.cookies["session"].value)
    return client


def walk(look, door, things, client, half=slice(None)):
    """Open each page of a door, or of every second one, but for addresses that only take forms."""
    for route in list(routes((door,)))[half]:
        try:
            address = route.url(things) if route.parameters else reverse(route.name)
        except KeyError as family:
            look.say(f"nothing is there for the addresses of {family}: tell tests/flows/world.py, or name it here")
            continue
        if route.name not in NO_PAGE and "GET" in client.options(address).headers.get("Allow", "GET"):
            look.go(address, status=404 if route.name in NOT_FOUND else 200)


def more_of_headquarters(world):
    """The same pages in other states: finished and waiting campaigns, a deep rule, lists without a hit."""
    brand = world.store.brand
    running = Campaign.objects.get(pk=world.things["campaign"]["pk"])
    for status in ("finished", "scheduled", "running"):
        running.pk, running.number, running.status = None, f"C-{status}", status
        running.starts_at = timezone.now() + timedelta(days=1 if status == "scheduled" else -1)
        running.save()
        yield f"/campaigns/{running.pk}/"
    rule = {"any": [
        {"orders": {"agg": "sum", "op": "gte", "value": 100, "days": 30, "store": [world.store.pk]}},
        {"not": {"all": [{"attr": "has_phone", "op": "eq", "value": True}, {"near": {"lat": 30.25, "lon": 120.17, "km": 3}}]}},
        {"attr": "age", "op": "between", "value": [18, 30]}, {"attr": "gender", "op": "in", "value": ["f"]},
    ]}  # fmt: skip
    deep = segments.save(None, name="深", description="", rule=rule, by=world.people["head"], now=NOON)
    yield from (f"/segments/{deep.pk}/", f"/segments/{deep.pk}/edit/", "/segments/new/?from=x")
    yield from ("/stores/?q=90001", "/members/?home=90001", f"/orders/?brand={brand.pk}", "/ui/?wrong=1")


def redeem(look, code):
    """A coupon at the till: unknown, found, used."""
    page = look.page
    for typed in ("AAAA AAAA AAAA", code):
        page.goto(look.server.url + "/s/redeem")
        page.fill("[name=code]", typed)
        page.press("[name=code]", "Enter")
        page.wait_for_load_state()
        look.look()
    if page.locator("[name=amount]").count():
        page.fill("[name=amount]", "50")
    page.click("main form[action$=confirm] button >> nth=0")
    page.wait_for_url("**/s/redeem/done**")
    look.look()


def become_member(look, code):
    """From the store's code to the terms, and the same from the sign-in page."""
    page = look.page
    look.go(f"/c/{code.public}")
    page.fill("[name=phone]", "16900007777")
    page.click("main .weui-btn_primary")
    look.look()
    page.fill("[name=code]", re.search(r"\d{6}", page.inner_text(".m-demo"))[0])
    page.click("main .weui-btn_primary")
    look.look()


@pytest.mark.parametrize("half", [slice(0, None, 2), slice(1, None, 2)], ids=["odd", "even"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_headquarters_is_right(browser, live_server, world, untranslated, language, half):
    look = Look(browser, live_server, language, untranslated)
    walk(look, "web.portal", world.things, enter(look, world.people["head"]), half)
    for address in list(more_of_headquarters(world))[half]:
        look.go(address)
    look.context.close()

    assert not look.troubles, "\n".join(look.troubles)
    assert len(look.seen) >= 40


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_the_store_and_of_shoppers_is_right(browser, live_server, world, untranslated, language):
    look = Look(browser, live_server, language, untranslated)
    walk(look, "web.counter", world.things, enter(look, world.people[Role.STORE_MANAGER]))
    redeem(look, world.things["coupon-code"])
    become_member(look, world.things["shopper"])
    shopper = Client()
    prove(shopper, world.things["shopper"], "16900001234")
    look.keep(member=shopper.cookies["member"].value)
    walk(look, H5, world.things, enter(look))
    look.context.close()

    assert not look.troubles, "\n".join(look.troubles)
    assert len(look.seen) >= 20


def test_addresses_without_a_page_exist():
    assert set(NO_PAGE) | NOT_FOUND <= {route.name for route in routes((*DOORS, H5))}
