"""The calendar of campaigns: what stands on which day, for whom, and a move to another time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from stores.access import Role
from stores.models import LogEntry
from tests.campaigns.makers import make_campaign, make_members
from tests.factories import NOON, make_brand, make_region, make_staff, make_store

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 3, 16, tzinfo=UTC)  # the fourth of March begins in Shanghai


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def marketer(client):
    staff = make_staff(role=Role.MARKETER)
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


@pytest.fixture
def brand():
    return make_brand(name="青禾便利", name_en="Qinghe Mart")


def read(client, asked="") -> str:
    answer = client.get(f"/campaigns/calendar/{asked}")
    assert answer.status_code == 200
    return answer.content.decode()


def days_of(page) -> dict[str, str]:
    """What stands on each day."""
    cells = re.split(r'<li class="k-day', page)[1:]
    return {re.search(r'datetime="([\d-]+)"', cell)[1]: cell for cell in cells}


def stands_on(page, words) -> list[str]:
    return [day[5:] for day, cell in days_of(page).items() if words in cell]


def make(brand, **given) -> Campaign:
    return make_campaign(brand=brand, **{"name": "春日"} | given)


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({}, ["03-04"]),
        ({"starts_at": MIDNIGHT - timedelta(seconds=1)}, ["03-03"]),
        ({"starts_at": MIDNIGHT}, ["03-04"]),
        ({"starts_at": MIDNIGHT - DAY, "ends_at": MIDNIGHT + DAY}, ["03-03", "03-04"]),
        ({"starts_at": MIDNIGHT - DAY, "ends_at": MIDNIGHT + 9 * DAY, "finished_at": NOON}, ["03-03", "03-04"]),
        ({"starts_at": MIDNIGHT - 2 * DAY, "status": "paused"}, ["03-02", "03-03", "03-04"]),
        ({"starts_at": NOON + 2 * DAY, "status": "draft"}, ["03-06"]),
        ({"starts_at": None, "status": "draft"}, []),
        ({"starts_at": NOON + 2 * DAY, "finished_at": NOON, "status": "cancelled"}, ["03-06"]),
        ({"starts_at": NOON - 90 * DAY, "finished_at": NOON - 80 * DAY, "status": "finished"}, []),
    ],
)  # fmt: skip
def test_a_campaign_stands_on_the_days_of_its_time(client, marketer, brand, given, days):
    make(brand, **given)
    assert stands_on(read(client), "春日") == days


def test_the_month_has_whole_weeks_and_leads_to_its_neighbours(client, marketer):
    page = read(client)
    days = list(days_of(page))
    assert (days[0], days[-1], len(days)) == ("2026-02-23", "2026-04-05", 42)
    assert "March 2026" in page
    for day in ("2026-02-01", "2026-04-01", "2026-02-25", "2026-03-11"):
        assert f"?day={day}" in page
    assert "No campaign has a day in these weeks." in page


@pytest.mark.parametrize("asked", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31", "'"])
def test_a_day_that_is_none_shows_today(client, marketer, asked):
    assert "March 2026" in read(client, f"?day={asked}")


def test_a_state_is_told_by_picture_words_and_colour(client, marketer, brand):
    make(brand, starts_at=NOON + DAY)
    page = days_of(read(client))["2026-03-05"]
    assert "is-info" in page
    assert "#clock" in page
    assert "12:00 · Scheduled" in page
    assert "Move to…" in page


def test_what_listens_to_an_event_stands_above_the_days(client, marketer, brand):
    make(brand, kind="triggered", trigger="member.joined", status="running")
    page = read(client)
    assert "Every day, on an event:" in page
    assert stands_on(page, "春日") == []


def test_promotions_of_stores_are_one_line_a_day(client, marketer, brand):
    for number in range(3):
        store = make_store(make_region(brand))
        make(
            brand,
            name=f"店{number}",
            kind="local",
            store=store,
            starts_at=MIDNIGHT,
            ends_at=MIDNIGHT + (1 + number) * DAY,
        )
    page = read(client)
    assert "店0" not in page
    assert stands_on(page, "3 store promotions") == ["03-04"]
    assert stands_on(page, "2 store promotions") == ["03-05"]
    assert stands_on(page, "1 store promotion<") == ["03-06"]


def test_a_day_with_many_folds_what_is_more_than_four_and_begins_with_what_begins(client, marketer, brand):
    make(brand, name="昨天", starts_at=NOON - DAY, ends_at=NOON + DAY)
    for number in range(5):
        make(brand, name=f"活{number}")
    cell = days_of(read(client))["2026-03-04"]
    assert "2 more" in cell
    assert cell.index("活3") < cell.index("<details") < cell.index("活4") < cell.index("昨天")


def test_a_brand_is_chosen_among_those_one_sees(client, marketer, brand):
    other = make_brand(name="他牌")
    make_store(make_region(brand))
    make_store(make_region(other))
    make(brand)
    make(other, name="别家")
    assert stands_on(read(client), "别家") == ["03-04"]
    page = read(client, f"?brand={brand.pk}")
    assert (stands_on(page, "春日"), stands_on(page, "别家")) == (["03-04"], [])

    client.force_login(make_staff(brand, role=Role.MARKETER))
    for asked in ("", f"?brand={other.pk}"):
        page = read(client, asked)
        assert (stands_on(page, "春日"), stands_on(page, "别家"), "他牌" in page) == (["03-04"], [], False)


def test_the_page_asks_a_constant_number_of_questions(client, marketer, brand):
    read(client)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make(brand)
            make(brand, kind="local", store=make_store(make_region(brand)))
            make(brand, kind="triggered", trigger="member.joined", status="running")
        with CaptureQueriesContext(connection) as asked:
            read(client)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


def test_list_and_home_lead_here(client, marketer):
    for address in ("/campaigns/", "/"):
        assert 'href="/campaigns/calendar/"' in client.get(address).content.decode()


# --- another time --------------------------------------------------------------------------------------
def test_a_scheduled_campaign_is_moved_and_the_log_says_so(client, marketer, brand):
    campaign = make(brand, starts_at=NOON + DAY)
    assert client.get(f"/campaigns/{campaign.pk}/move/").status_code == 200
    answer = client.post(f"/campaigns/{campaign.pk}/move/", {"starts_at": "2026-03-09T10:30"}, follow=True)
    assert "Moved. It starts at its new time." in answer.content.decode()
    assert Campaign.objects.get().starts_at == datetime(2026, 3, 9, 2, 30, tzinfo=UTC)
    assert LogEntry.objects.get(action="campaign.moved").actor_id == marketer.pk


@pytest.mark.parametrize(
    ("status", "to", "words"),
    [("scheduled", "2026-03-04T10:00", "This time lies in the past."), ("scheduled", "", "required"),
     ("running", "2026-03-09T10:00", "Only a campaign that waits for its start can be moved.")],
)  # fmt: skip
def test_what_cannot_be_moved_is_told(client, marketer, brand, status, to, words):
    campaign = make(brand, starts_at=NOON + DAY, status=status)
    answer = client.post(f"/campaigns/{campaign.pk}/move/", {"starts_at": to})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Campaign.objects.get().starts_at == NOON + DAY


def test_only_who_may_launch_moves_and_only_what_they_see(client, brand):
    campaign = make_campaign(make_members(1), brand=brand, starts_at=NOON + DAY)
    for staff, status in ((make_staff(role=Role.ANALYST), 403), (make_staff(make_brand(), role=Role.MARKETER), 404)):
        client.force_login(staff)
        assert client.get(f"/campaigns/{campaign.pk}/move/").status_code == status
        assert client.post(f"/campaigns/{campaign.pk}/move/", {"starts_at": "2026-03-09T10:30"}).status_code == status
