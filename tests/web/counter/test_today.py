"""The store phone: which store, what happened today, the code on the screen."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from loyalty.services import joining
from members.models import Member, Order
from members.queries import today
from stores.access import Role
from stores.models import LogEntry, StoreCode
from stores.services import codes
from tests.campaigns.makers import make_campaign
from tests.campaigns.test_promotions import make_pattern
from tests.factories import NOON, make_channel, make_member, make_phone, make_region, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template

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


PAGES = ["/s/", "/s/code", "/s/find", "/s/joined", "/s/today/birthdays", "/s/today/expiring"]


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
@pytest.mark.parametrize(("path", "queries"), [("/s/", 12), ("/s/joined", 6)])
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


# --- the tasks of the day ------------------------------------------------------------------------------
def kinds(client):
    return {task.kind: task for task in client.get("/s/").context["tasks"]}


def test_the_day_shows_what_was_redeemed_and_the_members_part_of_the_sales(client, manager, shop):
    sell(shop, "100", member=join(shop), refunded=Decimal("20"))
    sell(shop, "40")
    template = make_template(shop.brand)
    for store, at in ((shop, MORNING), (shop, MORNING), (make_store(), MORNING), (shop, MORNING - timedelta(days=1))):
        make_coupon(template, redeemed_at=at, redeemed_store=store, discount=Decimal(5))

    context = client.get("/s/").context

    assert (context["redeemed"].count, context["redeemed"].discount) == (2, 10)
    assert (context["today"].member_sales, context["today"].member_share) == (80, Decimal(80) / 120)


def test_tasks_name_what_waits_and_leave_out_what_there_is_none_of(client, manager, shop):
    assert list(kinds(client)) == ["code"]
    assert not kinds(client)["code"].is_done

    member = join(shop)
    Member.objects.filter(pk=member.pk).update(birthday=date(1990, 3, 10))
    make_member(home_store=shop, birthday=date(1990, 3, 11), joined_at=NOON - timedelta(days=9))  # a week off
    make_member(home_store=make_store(), birthday=date(1990, 3, 4))  # another store's
    template = make_template(shop.brand)
    make_coupon(template, member, expires_at=NOON + timedelta(days=2))
    make_coupon(template, member, source="other", expires_at=NOON + timedelta(days=4))
    make_coupon(template, make_member(home_store=shop, joined_at=NOON - timedelta(days=9)))

    found = kinds(client)

    assert {kind: task.count for kind, task in found.items()} == {
        "greet": 1, "birthdays": 1, "expiring": 1, "code": None,
    }  # fmt: skip
    assert found["code"].is_done  # the join was a scan
    for kind in ("birthdays", "expiring"):
        assert [row.pk for row in client.get(f"/s/today/{kind}").context["members"]] == [member.pk]
    assert client.get("/s/today/nothing").status_code == 404


def test_a_leap_days_birthday_is_kept_on_the_28th(shop, clock):
    make_member(home_store=shop, birthday=date(2000, 2, 29))
    for day, count in ((datetime(2027, 2, 28, 4, tzinfo=UTC), 1), (datetime(2028, 2, 29, 4, tzinfo=UTC), 1),
                       (datetime(2027, 3, 1, 4, tzinfo=UTC), 0)):  # fmt: skip
        assert today.birthdays(shop, now=day).count() == count


def test_a_task_is_ticked_off_once_for_the_day_and_taken_back(client, manager, shop, clock):
    join(shop)
    for _ in range(2):
        assert client.post("/s/today/greet/done")["Location"] == "/s/#tasks"
    task = kinds(client)["greet"]
    assert (task.is_done, task.ticked.done_by) == (True, manager)
    assert LogEntry.objects.filter(action="task.done").count() == 1

    client.force_login(make_staff(make_store(shop.region)))
    assert "greet" not in kinds(client)
    client.force_login(manager)
    client.post("/s/today/greet/done", {"undo": "1"})
    assert not kinds(client)["greet"].is_done
    assert client.post("/s/today/rob/done").status_code == 404
    client.post("/s/today/greet/done")
    clock.shift(timedelta(days=1))
    client = Client()
    client.force_login(manager)
    join(shop, now=NOON + timedelta(days=1))
    assert not kinds(client)["greet"].is_done


def test_a_promotion_that_may_be_started_is_a_task_for_the_manager_only(client, manager, shop):
    make_pattern(shop)
    assert (kinds(client)["promotion"].count, kinds(client)["promotion"].is_done) == (1, False)
    make_campaign(kind="local", store=shop, brand=shop.brand, status="running", ends_at=NOON + timedelta(days=1))
    assert kinds(client)["promotion"].is_done
    client.force_login(make_staff(shop, role=Role.ASSOCIATE))
    assert "promotion" not in kinds(client)


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
