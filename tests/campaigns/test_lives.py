"""Drafts, launches, templates and their versions, and the causes that start a campaign."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import transaction

from campaigns.models import Campaign, Delivery
from campaigns.queries import campaigns as known
from campaigns.queries import deliveries
from campaigns.services import campaigns, following, templates, triggers
from campaigns.services.campaigns import CampaignProblem, CannotLaunch
from loyalty.services import programs
from members.models import Event
from members.services import events, inboxes
from segments.models import Segment
from stores.access import Role
from stores.models import LogEntry
from tests.campaigns import makers
from tests.campaigns.makers import make_campaign, make_members, make_sender, run, tally
from tests.factories import NOON, make_brand, make_member, make_region, make_staff, make_store

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def make_segment(rule, **given):
    return Segment.objects.create(**{"name": "女客", "rule": rule, "created_at": NOON, "updated_at": NOON} | given)


def draft(**given):
    chosen = {"name": "春日", "brand": make_brand(), "sender": make_sender(), "text": "{name}，您好"} | given
    return campaigns.save_draft(None, by=None, now=NOON, **chosen)


WOMEN = {"attr": "gender", "op": "in", "value": ["f"]}


# --- from draft to launch ------------------------------------------------------------------------------
@pytest.mark.row("000-19", "002-28")
def test_a_launch_locks_the_audience_and_later_changes_do_not_reach_it():
    women = make_members(3, gender="f")
    make_members(2, gender="m")
    campaign = campaigns.launch(draft(segment=make_segment(WOMEN)), by=None, now=NOON)
    late = make_members(1, gender="f")[0]
    Segment.objects.update(rule={"attr": "gender", "op": "in", "value": ["m"]}, version=2)

    run()

    assert set(Delivery.objects.values_list("member", flat=True)) == {member.pk for member in women}
    assert late.pk not in Delivery.objects.values_list("member", flat=True)
    snapshot = Campaign.objects.get(pk=campaign.pk).snapshot
    assert (snapshot.size, snapshot.rule_version) == (3, 1)
    assert LogEntry.objects.filter(action="campaign.launched").count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts_at": NOON - DAY}, "past"), ({"sender": None}, "sender"), ({"text": ""}, "message"),
        ({"segment": None}, "audience"), ({"text": "{coupon}"}, "coupon"), ({"ends_at": NOON}, "end"),
        ({"kind": "triggered", "trigger": ""}, "event"),
        ({"starts_at": NOON + 2 * DAY, "ends_at": NOON + DAY}, None),
    ],
)  # fmt: skip
def test_what_cannot_go_out_is_refused_with_advice(change, words):
    make_members(1, gender="f")
    if words is None:  # the table itself knows
        with pytest.raises(Exception, match="campaign_ends_after_start"):
            draft(segment=make_segment(WOMEN), **change)
        return
    campaign = draft(**{"segment": make_segment(WOMEN)} | change)
    with pytest.raises(CannotLaunch, match=words):
        campaigns.launch(campaign, by=None, now=NOON)
    assert Campaign.objects.get().status == "draft"


def test_an_empty_audience_is_no_audience():
    campaign = draft(segment=make_segment(WOMEN))
    with pytest.raises(CannotLaunch, match="Nobody"):
        campaigns.launch(campaign, by=None, now=NOON)


def test_a_second_launch_is_told_and_changes_nothing():
    make_members(2, gender="f")
    campaign = draft(segment=make_segment(WOMEN))
    campaigns.launch(campaign, by=None, now=NOON)
    with pytest.raises(CannotLaunch, match="already"):
        campaigns.launch(campaign, by=None, now=NOON)
    with pytest.raises(CampaignProblem, match="can no longer"):
        campaigns.save_draft(campaign, by=None, now=NOON, name="anders")
    run()
    assert tally(campaign) == {("SENT", ""): 2}


@pytest.mark.parametrize(
    "fields", [{"text": "{oops}"}, {"link": "javascript:alert(1)"}, {"link": "//evil.example.com"}]
)
def test_no_draft_holds_what_could_never_be_sent(fields):
    with pytest.raises(CampaignProblem):
        draft(**fields)


def test_a_campaign_waits_for_its_hour():
    campaign = make_campaign(make_members(2), starts_at=NOON + DAY)
    run(NOON)
    assert tally(campaign) == {}
    run(NOON + DAY)
    assert tally(campaign) == {("SENT", ""): 2}


def test_pausing_before_the_start_and_resuming_after_it():
    campaign = make_campaign(make_members(2), starts_at=NOON + DAY)
    campaigns.pause(campaign, by=None, now=NOON)
    run(NOON + DAY)
    assert tally(campaign) == {}
    assert campaigns.resume(campaign, by=None, now=NOON + DAY).status == "scheduled"
    run(NOON + DAY)
    assert tally(campaign) == {("SENT", ""): 2}
    with pytest.raises(CampaignProblem):
        campaigns.pause(campaign, by=None, now=NOON)
    with pytest.raises(CampaignProblem):
        campaigns.cancel(campaign, by=None, now=NOON)


def test_a_test_message_goes_to_one_address(capsys):
    campaign = make_campaign(sender=make_sender(settings={}), status="draft")
    receipt = campaigns.test_send(campaign, "16900000009", language="en", by=None, now=NOON)
    assert receipt.shown.startswith("Hello member! ")
    assert "169****0009" in capsys.readouterr().out


# --- templates -----------------------------------------------------------------------------------------
@pytest.mark.row("002-24")
def test_editing_a_template_leaves_the_campaigns_of_its_first_version_alone():
    template = templates.save(
        None, by=None, now=NOON, brand=make_brand(), name="生日", text="{name}，生日快乐", sender=make_sender()
    )
    one = templates.use(template, by=None, now=NOON)

    second = templates.save(template, by=None, now=NOON, text="{name}，祝您生日快乐")
    two = templates.use(second, by=None, now=NOON)

    one.refresh_from_db()
    assert (one.template_version, one.text) == (1, "{name}，生日快乐")
    assert (two.template_version, two.text) == (2, "{name}，祝您生日快乐")
    assert templates.save(second, by=None, now=NOON, text=second.text).version == 2  # nothing changed
    templates.retire(template, by=None, now=NOON)
    with pytest.raises(templates.TemplateProblem):
        templates.use(template, by=None, now=NOON)
    assert templates.save_as(one, name="好用", by=None, now=NOON).text == one.text


# --- causes --------------------------------------------------------------------------------------------
def welcome(brand, **given):
    return make_campaign(kind="triggered", trigger="member.joined", status="running", brand=brand, **given)


def join(store, **given):
    member = make_members(1, home_store=store, **given)[0]
    with transaction.atomic():
        return member, events.append("member.joined", member=member, at=given.get("at", NOON), store=store)


def read():
    return inboxes.read("campaigns", triggers.on_event, now=NOON)


def test_whoever_joins_is_welcomed_once_however_often_the_event_is_read():
    store = make_store()
    campaign = welcome(store.brand)
    _member, event = join(store)
    assert read() == 1
    with transaction.atomic():
        assert triggers.on_event(Event.objects.get(pk=event.pk), now=NOON) == 0
    run()
    run()
    assert tally(campaign) == {("SENT", ""): 1}
    assert Delivery.objects.get().occurrence == event.pk
    assert Campaign.objects.get(pk=campaign.pk).status == "running"


def test_many_causes_are_worked_off_together():
    store = make_store()
    campaign = welcome(store.brand)
    for _ in range(7):
        join(store)
    read()
    assert run() == 7
    assert tally(campaign) == {("SENT", ""): 7}


def test_only_what_concerns_a_campaign_starts_it():
    store, other = make_store(), make_store()
    campaign = welcome(store.brand, segment=make_segment(WOMEN))
    later = welcome(store.brand, starts_at=NOON + DAY)
    over = welcome(store.brand, ends_at=NOON)
    paused = welcome(store.brand)
    campaigns.pause(paused, by=None, now=NOON)
    woman, _event = join(store, gender="f")
    join(store, gender="m")
    join(other, gender="f")
    read()
    assert list(Delivery.objects.values_list("campaign", "member")) == [(campaign.pk, woman.pk)]
    assert not Delivery.objects.filter(campaign__in=[later, over, paused]).exists()


def test_the_causes_that_may_start_a_campaign_are_those_it_hears():
    assert {*campaigns.TRIGGERS, *following.MERGES} == set(configured.EVENT_READERS["campaigns"])


# --- who sees what -------------------------------------------------------------------------------------
def test_headquarters_sees_every_campaign_and_stores_their_own_promotions():
    region = make_region()
    mine, other = make_store(region), make_store()
    local = make_campaign(kind="local", store=mine, brand=mine.brand, status="draft")
    foreign = make_campaign(kind="local", store=other, brand=other.brand, status="draft")
    big = make_campaign(brand=mine.brand, status="draft")

    assert set(known.for_list(make_staff())) == {local, foreign, big}
    assert set(known.for_list(make_staff(mine.brand, role=Role.MARKETER))) == {local, big}
    assert set(known.for_list(make_staff(mine))) == {local}
    assert set(known.for_list(make_staff(region))) == {local}
    assert not known.for_list(make_staff(is_active=False)).exists()


def test_the_people_behind_a_number_are_those_one_may_see():
    mine, other = make_store(), make_store()
    here, there = make_members(1, home_store=mine)[0], make_members(1, home_store=other)[0]
    nobody = make_member(home_store=mine)
    campaign = make_campaign([here, there, nobody])
    run()
    boss, manager = make_staff(), make_staff(mine)
    sent = makers.Status.SENT
    assert {row.member for row in deliveries.for_list(boss, campaign, status=sent)} == {here, there}
    assert {row.member for row in deliveries.for_list(manager, campaign, status=sent)} == {here}
    assert {row.member for row in deliveries.for_list(boss, campaign, reason="no_consent")} == {nobody}


def test_a_tier_of_another_brands_programme_starts_nothing():
    """Such an event names no store, only its programme."""
    mine, other = make_brand(), make_brand()
    campaign = make_campaign(kind="triggered", trigger="tier.changed", status="running", brand=mine)
    member, now = make_member(), NOON
    theirs = events.append("tier.changed", member=member, at=now, program=programs.ensure(other, now=now).pk)
    ours = events.append("tier.changed", member=member, at=now, program=programs.ensure(mine, now=now).pk)
    assert triggers.on_event(theirs, now=now) == 0
    assert triggers.on_event(ours, now=now) == 1
    assert campaign.deliveries.count() == 1
