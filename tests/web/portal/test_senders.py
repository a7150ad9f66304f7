"""Senders in the portal: each kind, the secret that never comes out, the try, who may."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stores.access import Role
from stores.models import LogEntry, Sender
from stores.services import senders
from tests.campaigns.makers import make_sender, make_webhook
from tests.campaigns.provider import Provider
from tests.factories import make_staff

SECRET = "a-very-secret-word-42"
CONSOLE = {"name": "演示短信", "code": "demo-sms", "medium": "1", "rate": "200"}
SMTP = {
    "name": "邮件", "code": "mail", "host": "smtp.example.com", "port": "587", "security": "starttls", "user": "news",
    "secret": SECRET, "sender": "青禾 <news@example.com>", "rate": "20",
}  # fmt: skip
HOOK = {
    "name": "网关",
    "code": "gate",
    "medium": "1",
    "url": "https://gate.example.com/in",
    "secret": SECRET,
    "rate": "500",
}


@pytest.fixture
def marketer(client):
    staff = make_staff(role=Role.MARKETER, phone="16900005555", email="m@example.com")
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


def said(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize(("kind", "given"), [("console", CONSOLE), ("smtp", SMTP), ("webhook", HOOK)])
def test_a_sender_of_each_kind_is_created_and_shown(client, marketer, kind, given):
    answer = client.post(f"/senders/new/{kind}/", given)
    made = Sender.objects.get()

    assert answer["Location"] == f"/senders/{made.pk}/"
    assert (made.kind, made.name, made.rate) == (kind, given["name"], int(given["rate"]))
    assert made.medium == (Sender.Medium.EMAIL if kind == "smtp" else Sender.Medium.SMS)
    assert given["code"] in said(client.get(f"/senders/{made.pk}/"))
    assert given["name"] in said(client.get("/senders/"))


def test_the_secret_is_kept_when_left_empty_and_stands_on_no_page_and_in_no_log(client, marketer):
    client.post("/senders/new/webhook/", HOOK)
    made = Sender.objects.get()
    edited = {"name": "新网关", "url": HOOK["url"], "secret": "", "rate": "10", "is_active": "on"}

    assert client.post(f"/senders/{made.pk}/edit/", edited).status_code == 302
    made.refresh_from_db()
    pages = [said(client.get(f"/senders/{made.pk}/{room}")) for room in ("", "edit/", "try/")]

    assert senders.secret_of(made) == SECRET
    assert (made.name, made.rate) == ("新网关", 10)
    assert not any(SECRET in text for text in [*pages, str(list(LogEntry.objects.values()))])
    assert SECRET.encode() not in bytes(made.secret)


def test_a_secret_of_its_own_replaces_the_old_one(client, marketer):
    client.post("/senders/new/webhook/", HOOK)
    made = Sender.objects.get()
    client.post(f"/senders/{made.pk}/edit/", HOOK | {"secret": SECRET + "-new", "is_active": "on"})
    made.refresh_from_db()

    assert senders.secret_of(made) == SECRET + "-new"


@pytest.mark.parametrize(
    ("kind", "wrong", "word"),
    [
        ("smtp", {"port": "99999"}, "port"),
        ("smtp", {"sender": "nobody"}, "not an e-mail address"),
        ("webhook", {"url": "http://gate.example.com"}, "https://"),
        ("webhook", {"url": "https://127.0.0.1/"}, "inner network"),
        ("webhook", {"secret": "short"}, "16"),
        ("webhook", {"width": "900"}, "200"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(client, marketer, kind, wrong, word):
    given = {"smtp": SMTP, "webhook": HOOK}[kind] | wrong

    answer = client.post(f"/senders/new/{kind}/", given)

    assert answer.status_code == 422
    assert word in said(answer)
    assert given["name"] in said(answer)
    assert not Sender.objects.exists()


def test_a_taken_code_is_said_in_both_languages(client, marketer):
    client.post("/senders/new/console/", CONSOLE)
    for language in ("en", "zh-hans"):
        client.cookies["django_language"] = language
        answer = client.post("/senders/new/console/", CONSOLE)
        assert answer.status_code == 422
        assert "demo-sms" in said(answer)
    assert Sender.objects.count() == 1


def test_a_kind_that_does_not_exist_is_not_found(client, marketer):
    assert client.get("/senders/new/pigeon/").status_code == 404


# --- the try -------------------------------------------------------------------------------------------
def test_trying_is_prefilled_with_ones_own_address_and_marks_the_success(client, marketer):
    sender = make_sender()

    assert "16900005555" in said(client.get(f"/senders/{sender.pk}/try/"))
    answer = client.post(f"/senders/{sender.pk}/try/", {"address": "16900005555"}, follow=True)
    sender.refresh_from_db()

    assert "Taken by the other side as console-" in said(answer)
    assert sender.last_success_at is not None
    assert LogEntry.objects.filter(action="sender.tried").count() == 1
    assert "16900005555" not in str(list(LogEntry.objects.values()))


def test_a_try_that_fails_says_why_and_keeps_the_form(client, marketer, settings):
    settings.SENDERS_MAY_STAY_INSIDE, settings.DEMO_NUMBERS_BLOCK_SEND = True, False
    with Provider(lambda number, body: (500, "", {})) as provider:
        sender = make_webhook(provider)
        answer = client.post(f"/senders/{sender.pk}/try/", {"address": "16900005555"})

    assert answer.status_code == 422
    assert "16900005555" in said(answer)


@pytest.mark.parametrize("address", ["12", "hello", ""])
def test_a_try_needs_an_address_of_its_medium(client, marketer, address):
    assert client.post(f"/senders/{make_sender().pk}/try/", {"address": address}).status_code == 422


# --- state and doors -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "Ready"),
        ({"is_active": False}, "Stopped"),
        ({"errors_in_row": 3}, "Errors lately"),
        ({"errors_in_row": 10, "closed_until": timedelta(minutes=1), "last_error": "HTTP 500"}, "Resting after errors"),
    ],
)
def test_the_page_says_how_the_sender_is_doing(client, marketer, facts, word):
    sender = make_sender()
    known = {name: timezone.now() + value if name == "closed_until" else value for name, value in facts.items()}
    Sender.objects.filter(pk=sender.pk).update(**known)

    for address in ("/senders/", f"/senders/{sender.pk}/"):
        assert word in said(client.get(address))
    if "last_error" in facts:
        assert "HTTP 500" in said(client.get(f"/senders/{sender.pk}/"))


def test_editing_ends_a_rest(client, marketer):
    sender = make_sender()
    Sender.objects.filter(pk=sender.pk).update(errors_in_row=10, closed_until=timezone.now() + timedelta(hours=1))
    client.post(f"/senders/{sender.pk}/edit/", {"name": "x", "rate": "5", "is_active": "on"})
    sender.refresh_from_db()

    assert (sender.errors_in_row, sender.closed_until) == (0, None)


def test_an_analyst_looks_and_changes_nothing_and_a_store_sees_no_senders(client):
    sender = make_sender()
    client.force_login(make_staff(role=Role.ANALYST))
    assert client.get(f"/senders/{sender.pk}/").status_code == 200
    assert [
        client.get(f"/senders/{path}").status_code for path in ("new/", f"{sender.pk}/edit/", f"{sender.pk}/try/")
    ] == [
        403,
        403,
        403,
    ]
    client.force_login(make_staff(role=Role.STORE_MANAGER))
    assert client.get("/senders/").status_code == 403


def test_the_list_takes_the_same_number_of_queries_for_one_row_and_for_three(client, marketer):
    def count() -> int:
        client.get("/senders/")
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/senders/").status_code == 200
        return len(caught)

    make_sender()
    one = count()
    make_sender(), make_sender()
    assert count() == one


def test_an_account_at_a_platform_for_text_messages_is_opened_and_shown_without_its_secret(marketer, client):
    given = {"name": "阿里云", "code": "ali", "rate": "50", "key_id": "K1", "secret": SECRET, "sign_name": "青禾"}
    answer = client.post("/senders/new/aliyun_sms/", given | {"templates": "nonumber"})
    assert answer.status_code == 422
    client.post("/senders/new/aliyun_sms/", given | {"templates": "SMS_1 您的验证码是${code}"})
    sender = Sender.objects.get()
    assert (sender.kind, sender.medium, sender.settings["sign_name"]) == ("aliyun_sms", Sender.Medium.SMS, "青禾")
    page = client.get(f"/senders/{sender.pk}/").content.decode()
    assert "SMS_1" in page
    assert SECRET not in page
    assert SECRET not in client.get(f"/senders/{sender.pk}/edit/").content.decode()
    tencent = given | {"code": "tx", "app_id": "1400", "templates": "100 您的验证码是{1}"}
    client.post("/senders/new/tencent_sms/", tencent)
    assert Sender.objects.get(code="tx").settings["app_id"] == "1400"
