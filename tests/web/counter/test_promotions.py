"""A store's own promotion on the phone: started in one step inside the limits, each broken limit said beside its field."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from campaigns.models import Campaign
from campaigns.services import promotions
from stores.access import Role
from stores.models import LogEntry
from tests.campaigns.makers import agree, run
from tests.campaigns.test_promotions import PLACE, TODAY, make_pattern, neighbours
from tests.factories import NOON, make_staff, make_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def store():
    return make_store(**PLACE)


@pytest.fixture
def manager(client, store):
    staff = make_staff(store, language="en")
    client.force_login(staff)
    return staff


def wish(**given):
    return {"value": "10", "days": "3", "first_day": TODAY.isoformat(), "radius_m": "2000", "coupons": "5"} | given


@pytest.mark.row("000-47", "003-18", "000-44")
def test_a_manager_starts_one_in_one_step_and_sees_what_comes_of_it(client, store, manager):
    neighbours(store, 3)
    pattern = make_pattern(store)
    made = client.post(f"/s/promotions/new/{pattern.pk}", wish())
    campaign = Campaign.objects.get()
    assert made["Location"] == f"/s/promotions/{campaign.number}"
    assert (campaign.store, campaign.launched_by, campaign.kind) == (store, manager, "local")
    run()
    result = client.get(made["Location"]).context["result"]
    assert (result.planned, result.sent, result.issued, result.redeemed, result.is_over) == (3, 3, 3, 0, False)
    assert [row.campaign for row in client.get("/s/").context["running"]] == [campaign]
    assert [row.campaign for row in client.get("/s/promotions").context["running"]] == [campaign]


@pytest.mark.row("000-47", "003-18")
@pytest.mark.parametrize(
    ("field", "given", "pattern"),
    [
        ("first_day", {"first_day": (TODAY - timedelta(days=1)).isoformat()}, {}),
        ("first_day", {}, {"first_day": TODAY + timedelta(days=1)}),
        ("days", {"first_day": (TODAY + timedelta(days=29)).isoformat()}, {}),
        ("days", {"days": "8"}, {}),
        ("value", {"value": "21", "coupons": "1"}, {}),
        ("value", {"value": "0"}, {}),
        ("coupons", {}, {"budget": Decimal(29)}),
        ("radius_m", {"radius_m": "3001"}, {}),
        ("radius_m", {"radius_m": "500"}, {}),
        ("days", {"days": "many"}, {}),
        ("first_day", {"first_day": "soon"}, {}),
        ("coupons", {"coupons": "-1"}, {}),
    ],
)
def test_each_broken_limit_is_said_beside_its_field(client, store, manager, field, given, pattern):
    neighbours(store, 3)
    held = make_pattern(store, **pattern)
    answer = client.post(f"/s/promotions/new/{held.pk}", wish(**given))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert answer.content.decode().count('role="alert"') == 1
    assert not Campaign.objects.exists()


def test_a_second_one_at_once_is_refused_on_top_of_the_page(client, store, manager):
    neighbours(store, 1)
    held = make_pattern(store)
    client.post(f"/s/promotions/new/{held.pk}", wish())
    answer = client.post(f"/s/promotions/new/{held.pk}", wish())
    assert (answer.status_code, Campaign.objects.count()) == (422, 1)
    assert "at once" in answer.context["form"].non_field_errors()[0]


@pytest.mark.row("003-18")
def test_stopping_and_starting_again_spends_no_second_budget_while_coupons_are_out(client, store, manager):
    neighbours(store, 2)
    held = make_pattern(store)
    client.post(f"/s/promotions/new/{held.pk}", wish())
    run()
    client.post(f"/s/promotions/{Campaign.objects.get().number}", {"reason": "again"})
    assert client.post(f"/s/promotions/new/{held.pk}", wish()).status_code == 422
    with time_machine.travel(NOON + timedelta(days=3), tick=False):
        client.force_login(make_staff(store))
        later = (TODAY + timedelta(days=3)).isoformat()
        assert client.post(f"/s/promotions/new/{held.pk}", wish(first_day=later)).status_code == 302


def test_the_count_follows_the_radius_and_names_those_who_can_be_told(client, store, manager):
    neighbours(store, 2)
    neighbours(store, 1, kilometres=2.5)
    neighbours(store, 1, consent=False)
    lost = neighbours(store, 1)[0]
    lost.__class__.objects.filter(pk=lost.pk).update(latitude=None, longitude=None)
    held = make_pattern(store)

    def told(**given):
        return client.get(f"/s/promotions/new/{held.pk}/reach", {"radius_m": "2000", "value": "10"} | given).json()

    near, far = told(), told(radius_m="3000", value="20")
    assert (near["members"], near["gets"], near["unplaced"], near["affordable"]) == ("3", "2", 1, 10)
    assert near["why"] == "1 has not agreed to offers or has no address."
    assert (far["members"], far["affordable"]) == ("4", 5)
    for odd in ({"radius_m": "x"}, {"radius_m": "-3"}, {"value": "1e9"}, {"value": "", "radius_m": ""}):
        assert told(**odd)["members"] in {"3", "4"}
    page = client.get(f"/s/promotions/new/{held.pk}").content.decode()
    assert "1 member more has no known place" in page


@pytest.mark.row("000-47")
def test_the_plan_promises_no_more_than_coupons_and_budget_and_says_why_the_others_get_none(client, store, manager):
    neighbours(store, 5)
    neighbours(store, 1, consent=False)
    held = make_pattern(store, budget=30)

    def told(**given):
        asked = {"radius_m": "2000", "value": "10", "coupons": "2"} | given
        return client.get(f"/s/promotions/new/{held.pk}/reach", asked).json()

    few, many = told(), told(coupons="900")
    assert (few["members"], few["gets"]) == ("6", "2")
    assert few["why"].startswith("1 has not agreed to offers or has no address. For 3 there is no coupon")
    assert (many["gets"], many["affordable"]) == ("3", 3)  # what the budget pays
    assert 'data-told="gets">3<' in client.get(f"/s/promotions/new/{held.pk}").content.decode()

    client.post(f"/s/promotions/new/{held.pk}", wish(coupons=2))
    run()
    number = Campaign.objects.get().number
    page = client.get(f"/s/promotions/{number}")
    result = page.context["result"]
    assert (result.promised, result.sent, result.issued) == (2, 2, 2)
    assert "sent, of 2" in page.content.decode()
    assert {(one.reason, one.count) for one in page.context["troubles"]} == {("sold_out", 3), ("no_consent", 1)}


def test_the_message_is_shown_as_members_read_it(client, store, manager):
    held = make_pattern(store, text_en="{name}, {coupon}: {code}")
    message = client.get(f"/s/promotions/new/{held.pk}").context["message"]
    assert "Ten off: K7QM" in message
    assert "{" not in message


@pytest.mark.row("000-47")
def test_a_promotion_is_stopped_with_a_reason_and_headquarters_may_stop_it_too(client, store, manager):
    neighbours(store, 1)
    held = make_pattern(store)
    client.post(f"/s/promotions/new/{held.pk}", wish())
    first = Campaign.objects.get()
    page = f"/s/promotions/{first.number}"
    assert client.post(page, {"reason": ""}).status_code == 422
    client.post(page, {"reason": "sold out of apples"})
    first.refresh_from_db()
    assert (first.status, first.stop_reason) == ("cancelled", "sold out of apples")
    assert "sold out of apples" in client.get(page).content.decode()
    again = client.post(page, {"reason": "twice"}, follow=True)
    assert "is over already" in again.content.decode()
    assert client.get("/s/promotions").context["over"][0].campaign == first

    client.post(f"/s/promotions/new/{held.pk}", wish())
    second = Campaign.objects.get(status="scheduled")
    promotions.stop(second, by=make_staff(), now=NOON, reason="headquarters")
    run()
    assert client.get(f"/s/promotions/{second.number}").context["result"].sent == 0
    assert LogEntry.objects.filter(action="campaign.cancelled").count() == 2


def test_only_managers_and_only_their_own_stores_promotions(client, store, manager):
    neighbours(store, 1)
    held = make_pattern(store)
    client.post(f"/s/promotions/new/{held.pk}", wish())
    number = Campaign.objects.get().number
    pages = ["/s/promotions", f"/s/promotions/new/{held.pk}", f"/s/promotions/{number}"]

    client.force_login(make_staff(store, role=Role.ASSOCIATE))
    assert [client.get(page).status_code for page in pages] == [403] * 3
    client.force_login(make_staff(make_store(**PLACE)))
    assert [client.get(page).status_code for page in pages] == [200, 404, 404]
    assert client.post(pages[1], wish()).status_code == 404
    assert client.post(pages[2], {"reason": "mine"}).status_code == 404
    client.force_login(make_staff(make_store(store.region, **PLACE)))
    assert client.get(pages[2]).status_code == 404


def test_a_store_without_a_place_is_told_so(client):
    lost = make_store()
    client.force_login(make_staff(lost, language="en"))
    held = make_pattern(lost)
    assert "place of this store on the map is not known" in client.get("/s/promotions").content.decode()
    answer = client.post(f"/s/promotions/new/{held.pk}", wish())
    assert "map" in answer.context["form"].non_field_errors()[0]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_open_in_both_languages_with_and_without_anything(client, store, manager, language):
    client.cookies["django_language"] = language
    assert client.get("/s/promotions").status_code == 200
    made = neighbours(store, 1)
    agree(*made)
    held = make_pattern(store, coupon={"kind": "percent", "value": 15, "most": 20})
    assert client.get("/s/promotions").status_code == 200
    assert client.get(f"/s/promotions/new/{held.pk}").status_code == 200
