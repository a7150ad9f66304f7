"""Two who launch, two schedulers, many workers, one last place under a cap. Each guard has a twin that fails."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from campaigns.models import Batch, Campaign, ContactCount, Delivery
from campaigns.services import campaigns, fanout, leases, preparing, sending, triggers
from campaigns.services.campaigns import CannotLaunch
from members.models import Event
from segments.models import AudienceSnapshot, Segment
from stores.models import LogEntry
from tests.campaigns import makers
from tests.campaigns.makers import make_campaign, make_members, make_sender, tally
from tests.factories import NOON, make_brand, make_store
from tests.races.hands import HANDS, at_once, errors
from tests.races.test_settle import without

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WOMEN = {"attr": "gender", "op": "in", "value": ["f"]}


def make_draft():
    make_members(3, gender="f")
    segment = Segment.objects.create(name="女客", rule=WOMEN, created_at=NOON, updated_at=NOON)
    return campaigns.save_draft(
        None, by=None, now=NOON, name="春日", brand=make_brand(), sender=make_sender(), text="你好", segment=segment
    )


def test_of_eight_who_launch_at_once_one_does_and_seven_are_told():
    campaign = make_draft()
    done = at_once(lambda n: campaigns.launch(campaign, by=None, now=NOON))
    assert sum(isinstance(each, Campaign) for each in done) == 1
    assert sum(isinstance(each, CannotLaunch) for each in done) == HANDS - 1
    assert AudienceSnapshot.objects.count() == 1


def test_twin_that_looks_at_the_status_before_it_sets_it_launches_several_times(monkeypatch):
    campaign = make_draft()
    gate = threading.Barrier(HANDS)

    def look_first(held):
        is_draft = Campaign.objects.filter(pk=held.pk, status="draft").exists()
        gate.wait(timeout=10)
        Campaign.objects.filter(pk=held.pk).update(status="scheduled")
        return is_draft

    monkeypatch.setattr(campaigns, "_take", look_first)
    done = at_once(lambda n: campaigns.launch(campaign, by=None, now=NOON))
    assert sum(isinstance(each, Campaign) for each in done) > 1
    assert LogEntry.objects.filter(action="campaign.launched").count() > 1


def test_eight_schedulers_make_every_row_once_and_lose_no_batch(monkeypatch):
    monkeypatch.setattr(fanout, "SLICE", 20)
    monkeypatch.setattr(fanout, "BATCH", 5)
    members = make_members(101)
    campaign = make_campaign(members)

    done = at_once(lambda n: fanout.start_due(now=NOON))
    fanout.start_due(now=NOON)

    assert errors(done) == []
    assert Delivery.objects.count() == 101
    assert Batch.objects.count() == 21
    assert sending.work(clock=makers.clock()) == 101
    assert tally(campaign) == {("SENT", ""): 101}


def test_twin_without_the_lock_and_the_unique_key_doubles_messages(monkeypatch):
    members = make_members(40)
    make_campaign(members)
    bare = fanout.CREATE.replace("ON CONFLICT (campaign_id, member_id, step, medium, occurrence) DO NOTHING", "")
    monkeypatch.setattr(fanout, "CREATE", bare)
    monkeypatch.setattr(fanout, "is_mine", lambda campaign: True)
    gate, insert = threading.Barrier(HANDS), fanout._insert

    def insert_together(*given):
        gate.wait(timeout=10)
        return insert(*given)

    monkeypatch.setattr(fanout, "_insert", insert_together)
    with without(Delivery, "delivery_once"):
        at_once(lambda n: fanout.start_due(now=NOON))
        assert Delivery.objects.count() > 40


def test_a_fan_out_that_dies_between_two_slices_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(fanout, "SLICE", 20)
    campaign = make_campaign(make_members(50))
    fanout.start_due(now=NOON, limit=1)
    assert Delivery.objects.count() == 20
    insert = fanout._insert

    def dies(*given):
        insert(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(fanout, "_insert", dies)
    with pytest.raises(KeyboardInterrupt):
        fanout.start_due(now=NOON)
    assert Delivery.objects.count() == 20
    monkeypatch.setattr(fanout, "_insert", insert)
    makers.run()
    assert tally(campaign) == {("SENT", ""): 50}


def many_batches(count=80):
    members = make_members(count)
    campaign = make_campaign(members, sender=make_sender(is_idempotent=True))
    fanout.start_due(now=NOON)
    return campaign


def test_eight_workers_hold_each_batch_once(monkeypatch):
    monkeypatch.setattr(fanout, "BATCH", 5)
    campaign = many_batches()
    done = at_once(lambda n: sending.work(clock=makers.clock()))
    assert errors(done) == []
    assert sum(done) == 80
    assert tally(campaign) == {("SENT", ""): 80}
    assert makers.counts_agree()


def test_twin_without_the_lock_on_a_batch_hands_it_out_several_times(monkeypatch):
    bare = leases.CLAIM.replace("FOR UPDATE OF b SKIP LOCKED", "")
    slow = bare.replace("SET status = 2,", "SET status = 2 + 0 * length(pg_sleep(0.3)::text),")
    monkeypatch.setattr(leases, "CLAIM", slow)
    many_batches(5)
    held = at_once(lambda n: leases.claim(worker=f"w{n}", now=NOON))
    assert sum(each is not None for each in held) > 1


def rivals(count=HANDS):
    """So many campaigns to one member, each in a batch of its own, with one place under the cap."""
    member = make_members(1)[0]
    made = [make_campaign([member], cap_count=1) for _ in range(count)]
    fanout.start_due(now=NOON)
    return made


def test_of_eight_campaigns_one_gets_the_last_place_under_the_cap():
    rivals()
    done = at_once(lambda n: sending.work(clock=makers.clock()))
    assert errors(done) == []
    assert Delivery.objects.filter(status=Delivery.Status.SENT).count() == 1
    assert Delivery.objects.filter(reason="capped").count() == HANDS - 1
    assert ContactCount.objects.get().count == 1


def test_twin_that_only_looks_at_the_count_lets_several_through(monkeypatch):
    rivals()
    bare = preparing.RESERVE[: preparing.RESERVE.index("WHERE held.count")] + " RETURNING member_id"
    slow = bare.replace("%(day)s, 1 FROM", "%(day)s, 1 + 0 * length(pg_sleep(0.3)::text) FROM")
    monkeypatch.setattr(preparing, "RESERVE", slow)
    monkeypatch.setattr(preparing, "_alone_with", lambda given: None)
    at_once(lambda n: sending.work(clock=makers.clock()))
    assert Delivery.objects.filter(status=Delivery.Status.SENT).count() > 1


DAYS = (datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))


def over_midnight(monkeypatch):
    """Two workers, a second before and at midnight of UTC, each with a campaign to the same member; what was sent."""
    member = make_members(1)[0]
    made = [make_campaign([member], cap_count=1, cap_days=7, status="draft") for _ in DAYS]
    slow = preparing.RESERVE.replace("%(day)s, 1 FROM", "%(day)s, 1 + 0 * length(pg_sleep(0.5)::text) FROM")
    assert slow != preparing.RESERVE
    monkeypatch.setattr(preparing, "RESERVE", slow)
    for campaign, now in zip(made, DAYS, strict=True):
        Campaign.objects.filter(pk=campaign.pk).update(status="scheduled", starts_at=now)
        fanout.start_due(now=now)
    Batch.objects.update(not_before=DAYS[0])
    done = at_once(lambda n: sending.work(clock=makers.clock(DAYS[n])), 2)
    assert errors(done) == []
    assert sum(done) == 2
    return Delivery.objects.filter(status=Delivery.Status.SENT).count()


def test_two_workers_on_both_sides_of_midnight_share_one_place_under_the_cap(monkeypatch):
    assert over_midnight(monkeypatch) == 1
    assert Delivery.objects.get(reason="capped")
    assert makers.counts_agree()


def test_twin_that_trusts_the_row_of_its_own_day_sends_two(monkeypatch):
    monkeypatch.setattr(preparing, "_alone_with", lambda given: None)
    assert over_midnight(monkeypatch) == 2


def test_a_worker_whose_clock_is_behind_counts_what_the_others_sent_tomorrow():
    member = make_members(1)[0]
    for now in reversed(DAYS):
        make_campaign([member], cap_count=1, cap_days=7, starts_at=DAYS[0])
        makers.run(now)
    assert Delivery.objects.filter(status=Delivery.Status.SENT).count() == 1


def make_cause():
    store = make_store()
    member = make_members(1, home_store=store)[0]
    make_campaign(kind="triggered", trigger="member.joined", status="running", brand=store.brand)
    return Event.objects.create(kind="member.joined", member=member, at=NOON, store=store)


def test_a_cause_that_eight_readers_hold_enters_once():
    event = make_cause()

    def read(n):
        with transaction.atomic():
            return triggers.on_event(event, now=NOON)

    done = at_once(read)
    assert sorted(done) == [0] * (HANDS - 1) + [1]
    assert (Delivery.objects.count(), Batch.objects.count()) == (1, 1)


def test_no_transaction_of_sending_reaches_into_another():
    """Entry services refuse to run inside a transaction: a slow gateway could not hold one open."""
    make_campaign(make_members(1))
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        sending.work(clock=makers.clock())
    assert not connection.in_atomic_block
