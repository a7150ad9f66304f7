"""What was launched and has not begun: taken back as a draft, or moved to another time."""

from datetime import timedelta

import pytest

from campaigns.models import Campaign, Delivery
from campaigns.services import campaigns, fanout, recalls, triggers
from campaigns.services.campaigns import CampaignProblem, CannotLaunch
from members.models import Event
from segments.models import AudienceSnapshot, Segment
from stores.models import LogEntry
from tests.campaigns.makers import make_campaign, make_members, make_sender, run, tally
from tests.factories import NOON, make_brand, make_store

UNDO = timedelta(seconds=60)
DAY = timedelta(days=1)
TEXTS = {"text": "你好 {link}", "text_en": "Hello {link}", "subject": "春", "link": "/m/coupons", "cap_count": 2}


def make_draft(**given) -> Campaign:
    make_members(3, gender="f")
    rule = {"attr": "gender", "op": "in", "value": ["f"]}
    segment = Segment.objects.create(name="女客", rule=rule, created_at=NOON, updated_at=NOON)
    fields = {"name": "春日", "brand": make_brand(), "sender": make_sender(), "segment": segment} | TEXTS | given
    return campaigns.save_draft(None, by=None, now=NOON, **fields)


def launch(**given) -> Campaign:
    return campaigns.launch(make_draft(**given), by=None, now=NOON, undo=UNDO)


def take_back(campaign, now=NOON) -> Campaign:
    return recalls.take_back(campaign, by=None, now=now, undo=UNDO)


def test_nothing_is_prepared_in_the_first_minute_and_everything_at_its_end():
    campaign = launch()
    assert run(NOON + UNDO - timedelta(microseconds=1)) == 0
    assert not Delivery.objects.exists()
    assert Campaign.objects.get().status == "scheduled"
    run(NOON + UNDO)
    assert tally(campaign) == {("SENT", ""): 3}


def test_taken_back_it_is_the_draft_that_it_was_and_nobody_hears_of_it():
    draft = make_draft()
    before = Campaign.objects.values().get()
    campaigns.launch(draft, by=None, now=NOON, undo=UNDO)
    take_back(draft, NOON + timedelta(seconds=30))
    run(NOON + DAY)

    assert Campaign.objects.values().get() == before | {"updated_at": NOON + timedelta(seconds=30)}
    assert not Delivery.objects.exists()
    assert LogEntry.objects.get(action="campaign.taken_back").before["status"] == "scheduled"


def test_the_audience_is_let_go_and_counted_anew_at_the_next_launch():
    campaign = take_back(launch())
    make_members(2, gender="f")
    again = campaigns.launch(campaign, by=None, now=NOON + DAY, undo=UNDO)
    run(NOON + DAY + UNDO)
    assert (again.snapshot.size, AudienceSnapshot.objects.count()) == (5, 2)
    assert tally(campaign) == {("SENT", ""): 5}


def test_an_audience_that_was_locked_before_stays():
    campaign = make_campaign(make_members(2))
    assert take_back(campaign).snapshot == campaign.snapshot


def test_one_for_later_is_taken_back_with_its_date():
    campaign = launch(starts_at=NOON + DAY)
    assert take_back(campaign, NOON + DAY / 2).starts_at == NOON + DAY


def test_a_paused_one_that_had_not_begun_is_taken_back():
    campaign = launch()
    campaigns.pause(campaign, by=None, now=NOON, reason="wait")
    taken = take_back(campaign)
    assert (taken.status, taken.stop_reason) == ("draft", "")


def test_once_sending_began_it_is_refused():
    campaign = launch()
    fanout.start_due(now=NOON + UNDO)
    with pytest.raises(CampaignProblem, match="has begun"):
        take_back(campaign, NOON + UNDO)
    campaigns.pause(campaign, by=None, now=NOON + UNDO)
    with pytest.raises(CampaignProblem, match="has begun"):
        take_back(campaign, NOON + UNDO)
    assert Campaign.objects.get().status == "paused"


@pytest.mark.parametrize("status", ["cancelled", "finished"])
def test_what_is_over_is_not_taken_back(status):
    with pytest.raises(CampaignProblem, match="has begun"):
        take_back(make_campaign(make_members(1), status=status))


def test_a_second_press_is_told():
    campaign = take_back(launch())
    with pytest.raises(CampaignProblem, match="draft already"):
        take_back(campaign)


def test_the_promotion_of_a_store_is_stopped_instead():
    store = make_store()
    campaign = make_campaign(make_members(1), kind="local", store=store, brand=store.brand)
    with pytest.raises(CampaignProblem, match="Stop it instead"):
        take_back(campaign)


def joined(store, at):
    member = make_members(1, home_store=store)[0]
    return Event.objects.create(kind="member.joined", member=member, at=at, store=store)


def test_a_trigger_listens_after_its_first_minute_and_not_once_it_is_taken_back():
    store = make_store()
    given = {"kind": "triggered", "trigger": "member.joined", "segment": None, "brand": store.brand}
    campaign = launch(**given)
    assert triggers.on_event(joined(store, NOON + UNDO / 2), now=NOON + UNDO) == 0
    take_back(campaign, NOON + UNDO / 2)
    assert triggers.on_event(joined(store, NOON + UNDO), now=NOON + UNDO) == 0

    campaigns.launch(campaign, by=None, now=NOON + DAY, undo=UNDO)
    assert triggers.on_event(joined(store, NOON + DAY + UNDO), now=NOON + DAY + UNDO) == 1
    with pytest.raises(CampaignProblem, match="has begun"):
        take_back(campaign, NOON + DAY + UNDO)


def test_an_end_within_the_first_minute_is_refused_at_the_launch():
    with pytest.raises(CannotLaunch, match="end"):
        launch(ends_at=NOON + UNDO)


# --- another time --------------------------------------------------------------------------------------
def test_a_moved_campaign_begins_at_its_new_time_only():
    campaign = launch(starts_at=NOON + DAY)
    recalls.move(campaign, starts_at=NOON + 2 * DAY, by=None, now=NOON)
    assert run(NOON + DAY) == 0
    run(NOON + 2 * DAY)
    assert tally(campaign) == {("SENT", ""): 3}
    entry = LogEntry.objects.get(action="campaign.moved")
    assert (entry.before["starts_at"], entry.after["starts_at"]) == (
        (NOON + DAY).isoformat(), (NOON + 2 * DAY).isoformat()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "to", "words"),
    [({}, NOON, "past"), ({"ends_at": NOON + 3 * DAY}, NOON + 3 * DAY, "after its end"),
     ({"status": "running"}, NOON + DAY, "waits"), ({"kind": "triggered"}, NOON + DAY, "waits")],
)  # fmt: skip
def test_what_cannot_be_moved_is_told(given, to, words):
    campaign = make_campaign(make_members(1), **{"starts_at": NOON + DAY} | given)
    with pytest.raises(CampaignProblem, match=words):
        recalls.move(campaign, starts_at=to, by=None, now=NOON)
    assert Campaign.objects.get().starts_at == NOON + DAY
