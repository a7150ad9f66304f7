"""What people see when something goes wrong."""

import json
import time

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory
from django.utils import translation

from tests.factories import make_staff, make_store
from web import errors

BOTH = pytest.mark.parametrize(("language", "at"), [("en", 0), ("zh-hans", 1)])
WORDS = {404: ("There is nothing here", "这里没有内容"), 503: ("Back in a moment", "数据库")}


def calm(person=None) -> Client:
    client = Client(raise_request_exception=False)
    if person:
        client.force_login(person)
    return client


@pytest.fixture
def away(settings, monkeypatch):
    """A database that answers no question, as after its server went down."""

    def breakdown():
        def gone(*_args, **_more):
            raise OperationalError("connection to server failed: Connection refused")

        monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", gone)

    return breakdown


@BOTH
def test_an_unknown_address_says_so_in_the_readers_language(client, language, at):
    client.cookies["django_language"] = language

    page = client.get("/nowhere/")

    assert page.status_code == 404
    assert WORDS[404][at] in page.content.decode()


@BOTH
def test_a_database_that_is_away_gives_a_page_that_tries_again(away, language, at):
    client = calm(make_staff(make_store()))
    client.cookies["django_language"] = language
    away()

    started = time.perf_counter()
    page = client.get("/account/")
    took = time.perf_counter() - started

    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "10", "no-store")
    assert WORDS[503][at] in page.content.decode()
    assert b'http-equiv="refresh" content="10"' in page.content
    assert took < 3


def test_the_same_session_goes_on_when_the_database_is_back(away, monkeypatch):
    client = calm(make_staff(make_store()))
    assert client.get("/account/").status_code == 200
    away()
    assert client.get("/account/").status_code == 503

    monkeypatch.undo()

    assert client.get("/account/").status_code == 200


def test_programs_get_the_503_as_json(away):
    away()

    answer = errors.page(RequestFactory().get("/api/v1/orders"), 503, retry=10)

    assert json.loads(answer.content)["code"] == errors.CODES[503]
    assert answer["Retry-After"] == "10"


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_only_a_lost_database_is_a_503(kind):
    request = RequestFactory().get("/account/")
    for error, status in ((kind("gone"), 503), (ValueError("broken"), 500)):
        try:
            raise error
        except Exception:
            assert errors.server_error(request).status_code == status


def test_a_broken_page_says_sorry_and_shows_no_secrets(monkeypatch, settings):
    client = calm(make_staff(make_store()))

    def broken(_staff):
        raise ValueError("canary-7781")

    monkeypatch.setattr("web.portal.account.views.people.places", broken)
    page = client.get("/account/")

    assert page.status_code == 500
    assert b"canary-7781" not in page.content
    assert settings.SECRET_KEY.encode() not in page.content


def test_too_large_a_body_is_a_413():
    request = RequestFactory().post("/staff/invite/")

    assert errors.bad_request(request, RequestDataTooBig("large")).status_code == 413
    assert errors.bad_request(request, ValueError("odd")).status_code == 400


def test_a_body_beyond_the_limit_meets_the_413_through_the_whole_stack(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    answer = calm(make_staff()).post("/staff/invite/", b"name=" + b"x" * 500, "application/x-www-form-urlencoded")

    assert answer.status_code == 413


def test_a_form_that_was_open_too_long_says_reload():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff(make_store()))

    page = client.post("/account/", {"language": "en"})

    assert page.status_code == 403
    assert page["Cache-Control"] == "no-store"


def test_somebody_without_the_permission_is_told_whom_to_ask(client):
    client.force_login(make_staff(make_store(), language="en"))

    page = client.get("/log/")

    assert page.status_code == 403
    assert "administrator" in page.content.decode()


@pytest.mark.parametrize("status", sorted(errors.WORDS))
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_error_pages_ask_the_database_nothing(status, language, django_assert_num_queries):
    with translation.override(language), django_assert_num_queries(0):
        page = errors.page(RequestFactory().get("/x/"), status)

    assert page.status_code == status
    assert b"<h1>" in page.content


@pytest.mark.parametrize(
    "path",
    ["/members/%00/", "/members/?q=%00", "/s/?x=a%00b", "/c/%00/", "/me/?next=%00", "/static/%00", "/healthz?%00"],
)
def test_a_nul_in_an_address_is_answered_400_before_anything_looks_it_up(path):
    answer = calm(make_staff()).get(path)

    assert answer.status_code == 400
    assert "text/html" in answer["Content-Type"]


def test_a_nul_in_an_address_of_the_api_is_answered_400_as_a_problem():
    for path in ("/api/v1/orders/%00/refunds", "/api/v1/orders?x=%00"):
        answer = calm().post(path, "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable"), path


@pytest.mark.parametrize("path", ["/m/nowhere", "/c/nowhere/else", "/f/a/b"])
def test_a_shopper_is_led_to_the_card_and_not_to_the_office(client, path):
    answer = client.get(path, headers={"Accept-Language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert '<a class="en-button" href="/m/">Open my card</a>' in page
    assert "stores that you see" not in page
    assert 'href="/"' not in page.split("en-row")[1]
