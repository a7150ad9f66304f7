"""From a locked audience to one state and one reason for everybody."""

from datetime import timedelta

import pytest
from django.db import transaction

from campaigns.models import Batch, Campaign, ContactCount, Delivery
from campaigns.services import fanout, sending
from loyalty.models import Coupon, CouponTemplate
from loyalty.services import programs
from members.models import Identity, Member
from stores.models import Sender
from tests.campaigns import makers
from tests.campaigns.makers import agree, make_campaign, make_members, make_sender, run, tally
from tests.factories import NOON, make_brand, make_store

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def test_everybody_in_the_audience_gets_one_message_and_a_second_run_sends_none():
    campaign = make_campaign(make_members(7))

    assert run() == 7
    assert run() == 0

    assert tally(campaign) == {("SENT", ""): 7}
    assert Campaign.objects.get(pk=campaign.pk).status == "finished"
    assert makers.counts_agree()


@pytest.mark.row("000-20")
def test_everybody_who_is_left_out_has_exactly_one_reason():
    store = make_store(time_zone="America/New_York")  # 23:00 there at noon in Shanghai
    sent, silent, gone, capped, asleep, lost = make_members(6)
    agree(silent, at=NOON + HOUR, is_given=False)
    Member.objects.filter(pk=asleep.pk).update(home_store=store)
    ContactCount.objects.create(member=capped, medium=1, day=NOON.date() - timedelta(days=6), count=3)
    Identity.objects.filter(member=lost).delete()
    campaign = make_campaign([sent, silent, gone, capped, asleep, lost], drop_stale_after=4)
    fanout.start_due(now=NOON)
    Identity.objects.filter(member=gone).delete()
    Member.objects.filter(pk=gone.pk)._raw_delete("default")

    run()

    assert tally(campaign) == {
        ("SENT", ""): 1, ("SUPPRESSED", "capped"): 1, ("SUPPRESSED", "gone"): 1, ("SUPPRESSED", "no_address"): 1,
        ("SUPPRESSED", "no_consent"): 1, ("SUPPRESSED", "stale"): 1,
    }  # fmt: skip
    assert makers.is_settled(campaign)


def test_the_latest_answer_about_offers_is_what_holds():
    yes, no = make_members(2, consent=False)
    agree(yes, is_given=False, at=NOON - HOUR)
    agree(yes, at=NOON)
    agree(no, at=NOON)
    agree(no, is_given=False, at=NOON)  # the same moment: the later row
    agree(no, purpose="membership", at=NOON + HOUR)
    campaign = make_campaign([yes, no])

    run()

    assert Delivery.objects.get(campaign=campaign, member=yes).status == Delivery.Status.SENT
    assert Delivery.objects.get(campaign=campaign, member=no).reason == "no_consent"


@pytest.mark.row("003-09")
def test_a_message_held_by_quiet_hours_goes_at_the_opening_of_the_members_own_morning():
    here, there = make_members(1), make_members(1, home_store=make_store(time_zone="America/New_York"))
    campaign = make_campaign(here + there)

    run(NOON)  # 12:00 in Shanghai, 23:00 in New York

    assert tally(campaign) == {("PENDING", ""): 1, ("SENT", ""): 1}
    opening = NOON + 7 * HOUR  # 06:00 in New York
    run(opening - timedelta(seconds=1))
    assert tally(campaign)[("PENDING", "")] == 1
    run(opening)
    assert tally(campaign) == {("SENT", ""): 2}


def test_a_batch_that_sleeps_as_a_whole_is_pushed_and_no_row_moves():
    campaign = make_campaign(make_members(5))
    night = NOON + 14 * HOUR  # 02:00 in Shanghai

    run(night)

    batch = Batch.objects.get(campaign=campaign)
    assert (batch.status, batch.not_before) == (Batch.Status.PENDING, NOON + 18 * HOUR)
    run(NOON + 18 * HOUR)
    assert tally(campaign) == {("SENT", ""): 5}


def test_quiet_hours_that_begin_during_a_send_hold_the_rest():
    campaign = make_campaign(make_members(30), sender=make_sender(rate=200))
    fanout.start_due(now=NOON)
    edge = NOON + 11 * HOUR  # 23:00 in Shanghai
    moments = iter(range(10_000))
    ticking = lambda: edge - timedelta(seconds=0.25) + timedelta(milliseconds=20 * next(moments))  # noqa: E731

    sending.work(clock=ticking)

    found = tally(campaign)
    assert 0 < found[("SENT", "")] < 30
    assert found[("PENDING", "")] == 30 - found[("SENT", "")]
    assert not Delivery.objects.filter(sent_at__gte=edge + timedelta(seconds=0.25)).exists()
    assert makers.counts_agree()


def test_the_cap_counts_over_campaigns_and_lets_go_after_its_days():
    members = make_members(3)
    first = make_campaign(members, cap_count=1, cap_days=2)
    second = make_campaign(members, cap_count=1, cap_days=2)
    run()
    assert tally(first) == {("SENT", ""): 3}
    assert tally(second) == {("SUPPRESSED", "capped"): 3}
    third = make_campaign(members, cap_count=1, cap_days=2)
    run(NOON + timedelta(days=2))
    assert tally(third) == {("SENT", ""): 3}


def test_what_the_membership_needs_is_said_without_consent_to_offers_and_without_cap():
    member = make_members(1, consent=False)[0]
    agree(member, purpose="membership")
    ContactCount.objects.create(member=member, medium=1, day=NOON.date(), count=9)
    campaign = make_campaign([member], purpose="membership")
    run()
    assert tally(campaign) == {("SENT", ""): 1}
    assert ContactCount.objects.get().count == 9


def test_a_demo_number_is_never_called_by_a_sender_that_leaves_the_machine(settings):
    settings.SENDERS_MAY_STAY_INSIDE = True
    sender = make_sender(kind="webhook", settings={"url": "http://127.0.0.1:9/x"}, secret=makers.SECRET)
    campaign = make_campaign(make_members(2), sender=sender)
    run()
    assert tally(campaign) == {("SUPPRESSED", "blocked"): 2}


def coupon_of(brand, **given):
    return CouponTemplate.objects.create(
        program=programs.ensure(brand, now=NOON), name="满减券", kind="amount", value=10, created_at=NOON, **given
    )  # fmt: skip


def test_a_coupon_goes_along_once_and_those_beyond_its_stock_are_told_apart():
    brand = make_brand()
    with transaction.atomic():
        template = coupon_of(brand, stock=3)
    members = make_members(5)
    campaign = make_campaign(members, brand=brand, coupon_template=template, text="{name} {code}")
    run()
    assert tally(campaign) == {("SENT", ""): 3, ("SUPPRESSED", "sold_out"): 2}
    assert set(Coupon.objects.values_list("source", flat=True)) == {f"campaign:{campaign.pk}:1"}
    assert makers.counts_agree()


def test_text_is_in_the_members_language_with_their_facts(capsys):
    chinese, english = make_members(1)[0], make_members(1, language="en", name="Ann")[0]
    campaign = make_campaign([chinese, english], sender=make_sender(settings={}))
    run()
    said = capsys.readouterr().out
    assert "王小明，您好！http://localhost:8000/l/" in said
    assert "Hello Ann! http://localhost:8000/l/" in said
    assert said.count("/u/") == 2  # an offer always shows the way out
    assert tally(campaign) == {("SENT", ""): 2}


def test_a_paused_campaign_says_nothing_and_goes_on_where_it_was():
    from campaigns.services import campaigns  # noqa: PLC0415 -- beside its only use

    campaign = make_campaign(make_members(4))
    fanout.start_due(now=NOON)
    campaigns.pause(campaign, by=None, now=NOON)
    assert sending.work(clock=makers.clock()) == 0
    campaigns.resume(campaign, by=None, now=NOON)
    assert sending.work(clock=makers.clock()) == 4
    assert tally(campaign) == {("SENT", ""): 4}


def test_a_stopped_campaign_gives_everybody_who_waits_the_reason():
    from campaigns.services import campaigns  # noqa: PLC0415 -- beside its only use

    campaign = make_campaign(make_members(4))
    fanout.start_due(now=NOON)
    campaigns.cancel(campaign, by=None, now=NOON)
    run()
    assert tally(campaign) == {("SUPPRESSED", "cancelled"): 4}
    assert makers.is_settled(campaign)


def test_a_lease_of_a_dead_worker_runs_out_and_offers_of_unknown_fate_stay_so():
    campaign = make_campaign(make_members(4))
    fanout.start_due(now=NOON)
    rows = list(Delivery.objects.order_by("pk"))
    Delivery.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(status=Delivery.Status.IN_FLIGHT, tried_at=NOON)
    for row in rows[:2]:
        ContactCount.objects.create(member_id=row.member_id, medium=1, day=NOON.date(), count=1)
    Batch.objects.update(status=Batch.Status.LEASED, worker="dead", lease_until=NOON - timedelta(days=300))

    run()

    assert tally(campaign) == {("SENT", ""): 2, ("UNKNOWN", "interrupted"): 2}
    assert makers.counts_agree()


def test_a_dead_workers_messages_are_said_again_where_the_key_is_known():
    campaign = make_campaign(make_members(2), sender=make_sender(is_idempotent=True))
    fanout.start_due(now=NOON)
    Delivery.objects.update(status=Delivery.Status.IN_FLIGHT, tried_at=NOON)
    for row in Delivery.objects.all():
        ContactCount.objects.create(member_id=row.member_id, medium=1, day=NOON.date(), count=1)
    run()
    assert tally(campaign) == {("SENT", ""): 2}
    assert makers.counts_agree()


def test_a_sender_that_was_switched_off_holds_its_campaigns():
    campaign = make_campaign(make_members(2))
    Sender.objects.update(is_active=False)
    run()
    assert tally(campaign) == {("PENDING", ""): 2}
