"""The store phone: which store, what happened today, the code on the screen."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from loyalty.services import joining
from members.models import Order
from stores.access import Role
from stores.models import LogEntry, StoreCode
from stores.services import codes
from tests.factories import NOON, make_channel, make_member, make_phone, make_region, make_staff, make_store

MORNING = datetime(2026, 3, 4, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop():
    return make_store(make_region(), name="西湖店", name_en="West Lake")


@pytest.fixture
def manager(client, shop):
    staff = make_staff(shop)
    client.force_login(staff)
    return staff


def sell(store, amount, *, at=MORNING, member=None, refunded=0):
    return Order.objects.create(
        channel=make_channel(), number="1", store=store, member=member, amount=Decimal(amount), refunded=refunded,
        paid_at=at, received_at=at, digest=b"0" * 16,
    )  # fmt: skip


def join(store, *, now=MORNING, **given):
    code = codes.issue(store, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    codes.record_scan(code, visitor="v" * 32, now=now)
    words = {"agrees": True, "wants_offers": False, "language": "zh-hans", "now": now} | given
    return joining.join(make_phone(), code=code, **words).member


PAGES = ["/s/", "/s/code", "/s/find", "/s/joined"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens_in_both_languages_and_is_not_kept(client, manager, path, language):
    client.cookies["django_language"] = language

    response = client.get(path)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert ("West Lake" if language == "en" else "西湖店") in response.content.decode()


@pytest.mark.parametrize("path", [*PAGES, "/s/code/scans", "/s/members/M0000000018"])
def test_strangers_sign_in_first_and_headquarters_has_no_store_phone(client, path):
    assert client.get(path).status_code == 302
    client.force_login(make_staff())

    assert client.get(path).status_code == 403


def test_the_day_counts_by_the_stores_own_midnight(client, manager, shop):
    yesterday = MORNING - timedelta(hours=9, minutes=1)
    member = join(shop)
    join(shop, now=yesterday)
    sell(shop, "100", member=member, refunded=Decimal("11.50"))
    sell(shop, "7", at=yesterday)
    sell(make_store(), "999")

    context = client.get("/s/").context["today"]

    assert (context.joined, context.scans, context.orders, context.by_members) == (1, 1, 1, 1)
    assert context.sales == Decimal("88.50")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("/s/", 6), ("/s/joined", 6)])
def test_the_pages_ask_the_same_number_of_questions(
    client, manager, shop, django_assert_num_queries, count, path, queries
):
    for _ in range(count):
        sell(shop, "1", member=join(shop))
    client.get(path)

    with django_assert_num_queries(queries):
        client.get(path)


def test_somebody_with_several_stores_changes_between_them_and_to_no_other(client, shop):
    second, foreign = make_store(shop.region, name="第二店", name_en="Second"), make_store()
    client.force_login(make_staff(shop, second))
    client.cookies["django_language"] = "en"

    client.post("/s/store", {"store": second.pk})
    assert client.get("/s/").context["request"].store == second

    for bad in (foreign.pk, "x", "", 0):
        client.post("/s/store", {"store": bad})
        assert client.get("/s/").context["request"].store == second


def test_somebody_without_an_open_store_is_told_so(client, shop):
    shop.closed_on = NOON.date()
    shop.save(update_fields=["closed_on"])
    client.force_login(make_staff(shop))

    for path in PAGES:
        response = client.get(path)
        assert response.status_code == 200
        assert b"m-sheet" in response.content


# --- the code on the screen ----------------------------------------------------------------------------
def test_a_manager_makes_the_missing_store_code_once(client, manager, shop):
    assert "counter-code" not in client.get("/s/code").content.decode()
    for _ in range(2):
        assert client.post("/s/code/issue?of=store")["Location"] == "/s/code?of=store"

    code = StoreCode.objects.get()
    assert code.issued_by == manager
    page = client.get("/s/code").content.decode()
    assert f"/c/{code.public}" in page
    assert LogEntry.objects.filter(action="code.issued").count() == 1


def test_an_associate_makes_their_own_code_and_not_the_stores(client, shop):
    ann = make_staff(shop, role=Role.ASSOCIATE)
    client.force_login(ann)

    assert client.post("/s/code/issue?of=store").status_code == 404
    client.post("/s/code/issue?of=associate")

    assert StoreCode.objects.get().associate == ann
    assert ann.name in client.get("/s/code?of=associate").content.decode()


def test_an_unknown_kind_of_code_is_nothing(client, manager):
    assert client.get("/s/code?of=poster").status_code == 404
    assert client.post("/s/code/issue?of=x").status_code == 404
    assert client.get("/s/code/issue").status_code == 405


def test_todays_scans_are_told_live(client, manager, shop):
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    for n in range(3):
        codes.record_scan(code, visitor=f"{n}", now=NOON)

    assert client.get("/s/code/scans").json() == {"scans": 3}


def test_the_poster_of_the_code_comes_as_a_pdf(client, manager, shop):
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    page = client.get("/s/code").content.decode()

    pdf = client.post(f"/codes/{code.pk}/download/", {"form": "a4", "kind": "pdf", "language": "zh-hans"})

    assert f"/codes/{code.pk}/download/" in page
    assert pdf.content.startswith(b"%PDF")


def test_who_joined_today_is_listed_with_masked_data(client, manager, shop):
    member = join(shop, name="王小明")
    phone = member.identities.get(kind=1).value

    page = client.get("/s/joined").content.decode()

    assert "王*" in page
    assert f"169****{phone[-4:]}" in page
    assert phone not in page
    assert "王小明" not in page


def test_a_member_of_another_store_is_not_in_the_list(client, manager):
    join(make_store(), name="李雷")

    assert "李*" not in client.get("/s/joined").content.decode()


def test_posts_without_the_token_of_the_form_are_refused(shop):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_staff(shop))

    for path in ("/s/store", "/s/code/issue", "/s/find"):
        assert strict.post(path).status_code == 403


def test_a_member_made_by_hand_without_phone_breaks_no_list(client, manager, shop):
    member = make_member(home_store=shop, joined_at=NOON, name="")
    member.identities.all().delete()

    assert client.get("/s/joined").status_code == 200
    assert client.get(f"/s/members/{member.number}").status_code == 200
