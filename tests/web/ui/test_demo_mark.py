"""A demo says so: on every page, and in the name of every file that leaves it."""

from urllib.parse import unquote

import pytest
from django.urls import reverse

from tests.factories import make_brand, make_region, make_staff, make_store
from web.ui import export

pytestmark = pytest.mark.django_db
MARK = 'class="q-demo-mark"'


@pytest.fixture
def pages(client):
    """What a visitor, a colleague of headquarters and a store manager see first, by address."""
    store = make_store(make_region(make_brand()))

    def read() -> dict[str, str]:
        client.logout()
        seen = {address: client.get(address).content.decode() for address in ("/accounts/login/", "/m/sign-in")}
        client.force_login(make_staff())
        seen |= {address: client.get(address).content.decode() for address in ("/", "/members/", "/account/")}
        seen |= {"404": client.get("/nowhere/").content.decode()}
        client.force_login(make_staff(store))
        return seen | {address: client.get(address).content.decode() for address in ("/s/", "/s/find")}

    return read


def test_every_kind_of_page_of_a_demo_carries_the_mark(pages, settings):
    settings.DEMO = True

    assert [address for address, text in pages().items() if MARK not in text] == []


def test_a_real_chain_never_shows_the_mark(pages, settings):
    settings.DEMO = False

    assert [address for address, text in pages().items() if MARK in text] == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("is_demo", [True, False])
def test_an_exported_file_of_a_demo_says_so_in_its_name(client, settings, kind, is_demo):
    settings.DEMO = is_demo
    client.force_login(make_staff(language="en"))

    answer = client.get(reverse("store-list"), {"export": kind})

    assert ("Demo-data" in unquote(answer["Content-Disposition"])) is is_demo
    assert answer["Content-Disposition"].endswith(f".{kind}")
    answer.close()


def test_the_mark_in_a_file_name_has_no_spaces(settings):
    settings.DEMO = True

    assert " " not in export.marked("store-20260101")
