"""What follows a message: opened, unsubscribed, reported, redeemed, bought; and the figures that add up."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.conf import settings
from django.db import transaction

from campaigns.models import Campaign, Delivery, Receipt
from campaigns.queries import reports, review
from campaigns.rules import links as tokens
from campaigns.services import links, receipts, unsubscribing
from campaigns.services.receipts import Told
from loyalty.models import Coupon
from members.models import Consent, ConsentText
from members.services import consent
from stores.connectors.webhook import signing
from tests.campaigns import makers
from tests.campaigns.makers import agree, make_campaign, make_members, make_sender, run, tally
from tests.factories import NOON, make_brand, make_member, make_order, make_store
from tests.loyalty.coupons import make_template

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sent_to(members, **given):
    campaign = make_campaign(members, **given)
    run()
    return campaign


def token(delivery, purpose):
    return tokens.token(delivery.pk, purpose, settings.LINK_KEY)


# --- the link ------------------------------------------------------------------------------------------
def test_the_first_person_who_follows_the_link_counts_and_no_robot_does():
    sent_to(make_members(1), link="https://www.example.com/spring")
    row = Delivery.objects.get()
    path = token(row, tokens.OPEN)
    assert links.open_link(path, is_robot=True, now=NOON) == "https://www.example.com/spring"
    row.refresh_from_db()
    assert row.opened_at is None
    links.open_link(path, is_robot=False, now=NOON + HOUR)
    links.open_link(path, is_robot=False, now=NOON + DAY)
    row.refresh_from_db()
    assert row.opened_at == NOON + HOUR


def test_a_link_that_was_changed_leads_nowhere():
    sent_to(make_members(1))
    row = Delivery.objects.get()
    for wrong in ["", "1-0000000000", token(row, tokens.UNSUBSCRIBE), token(Delivery(pk=row.pk + 1), tokens.OPEN)]:
        with pytest.raises(links.NoSuchLink):
            links.open_link(wrong, is_robot=False, now=NOON)


def test_one_tap_ends_the_offers_and_a_mistake_can_be_undone():
    member = make_member()
    with transaction.atomic():
        consent.give(member, "marketing", language="zh-hans", method="join", now=NOON - DAY)
    sent_to([member])
    path = token(Delivery.objects.get(), tokens.UNSUBSCRIBE)

    assert not unsubscribing.is_out(path)
    assert unsubscribing.unsubscribe(path, now=NOON + HOUR)
    assert not unsubscribing.unsubscribe(path, now=NOON + HOUR)  # twice is once
    assert unsubscribing.is_out(path)
    assert tally(sent_to([member])) == {("SUPPRESSED", "no_consent"): 1}

    assert unsubscribing.give_back(path, language="zh-hans", now=NOON + 2 * HOUR)
    assert not unsubscribing.is_out(path)
    assert not unsubscribing.give_back(path, language="zh-hans", now=NOON + 2 * HOUR)
    with pytest.raises(unsubscribing.NoSuchLink):
        unsubscribing.unsubscribe(path[:-1] + "x", now=NOON)


def test_a_link_never_makes_a_yes_of_a_no_that_was_said_elsewhere():
    member = make_members(1)[0]
    sent_to([member])
    agree(member, at=NOON + HOUR, is_given=False)
    path = token(Delivery.objects.get(), tokens.UNSUBSCRIBE)
    assert not unsubscribing.give_back(path, language="en", now=NOON + 2 * HOUR)
    assert Consent.objects.count() == 2
    assert not ConsentText.objects.exists()


# --- receipts ------------------------------------------------------------------------------------------
def unknown(campaign):
    Delivery.objects.filter(campaign=campaign).update(status=makers.Status.UNKNOWN, reason="unreachable", sent_at=None)
    Campaign.objects.filter(pk=campaign.pk).update(sent=0)


def test_receipts_count_once_and_settle_what_was_unknown():
    campaign = sent_to(make_members(3))
    unknown(campaign)
    first, second, third = Delivery.objects.order_by("pk")
    told = [Told(f"d{first.pk}", "delivered", NOON), Told(f"d{second.pk}", "failed", NOON, "off\x00")]
    told += [Told(f"d{first.pk}", "delivered", NOON), Told("d0", "failed", NOON), Told("x", "failed", NOON)]
    assert receipts.note_many(campaign.sender, told) == 2
    assert receipts.note_many(campaign.sender, told) == 0
    assert tally(campaign) == {("FAILED", "refused"): 1, ("SENT", ""): 1, ("UNKNOWN", "unreachable"): 1}
    assert makers.tallies_agree()
    assert receipts.note_many(make_sender(), [Told(f"d{third.pk}", "delivered", NOON)]) == 0  # not one of its own


def report(client, sender, lines, *, secret=makers.SECRET, at=None):
    body = json.dumps({"receipts": lines}).encode()
    at = at or int(NOON.timestamp())
    return client.post(
        f"/api/v1/receipts/{sender.code}", body, content_type="application/json",
        headers={"webhook-id": "r1", "webhook-timestamp": str(at),
                 "webhook-signature": signing.sign(secret, "r1", at, body)},
    )  # fmt: skip


def test_a_gateway_reports_over_the_api_with_its_signature(client, settings):
    settings.SENDERS_MAY_STAY_INSIDE = True
    sender = make_sender(kind="webhook", settings={"url": "http://127.0.0.1:1/"}, secret=makers.SECRET)
    campaign = sent_to(make_members(1))
    campaign.sender = sender
    campaign.save(update_fields=["sender"])
    line = {"key": f"d{Delivery.objects.get().pk}", "kind": "delivered", "at": NOON.isoformat()}
    with time_machine.travel(NOON, tick=False):
        assert report(client, sender, [line]).json() == {"new": 1}
        assert report(client, sender, [line]).json() == {"new": 0}
        assert report(client, sender, [line], secret="another").status_code == 401
        assert report(client, sender, [line], at=int(NOON.timestamp()) - 301).status_code == 401
        assert report(client, makers.Sender(code="nobody"), [line]).status_code == 401
        assert report(client, make_sender(), [line]).status_code == 401  # a console has no secret
        assert report(client, sender, []).status_code == 422
        assert report(client, sender, [line | {"kind": "eaten"}]).status_code == 422
        assert report(client, sender, [line | {"at": "2026-03-04T12:00:00"}]).status_code == 422
    assert Receipt.objects.count() == 1


# --- figures -------------------------------------------------------------------------------------------
@pytest.mark.row("000-20", "003-21")
def test_the_results_add_up_to_the_person_and_orders_count_once_inside_the_window():
    brand = make_brand()
    members = make_members(4)
    template = make_template(brand, stock=3)
    campaign = sent_to(members, brand=brand, coupon_template=template, window_days=14)
    other = make_campaign(members[:1], brand=brand)  # a second campaign to the first member
    run()
    buyer, idle, _third, missed = members
    store = make_store()
    make_order(store, member=buyer, amount=Decimal(100), refunded=Decimal(30), paid_at=NOON + DAY)
    make_order(store, member=buyer, amount=Decimal(50), paid_at=NOON + 14 * DAY)  # the window is over
    make_order(store, member=idle, amount=Decimal(80), paid_at=NOON - HOUR)  # before the message
    make_order(store, member=missed, amount=Decimal(70), paid_at=NOON + DAY)  # got none
    held = Coupon.objects.get(member=buyer)
    Coupon.objects.filter(pk=held.pk).update(redeemed_at=NOON + DAY, discount=Decimal(10))
    row = Delivery.objects.get(campaign=campaign, member=buyer)
    links.open_link(token(row, tokens.OPEN), is_robot=False, now=NOON + HOUR)
    receipts.note_many(campaign.sender, [Told(f"d{row.pk}", "delivered", NOON)])

    found = reports.results(campaign)

    assert found.is_whole
    assert (found.planned, found.eligible, found.sent, found.suppressed) == (4, 3, 3, 1)
    assert [(lost.reason, lost.count) for lost in found.lost] == [("sold_out", 1)]
    assert (found.delivered, found.opened, found.issued, found.redeemed) == (1, 1, 3, 1)
    assert (found.orders, found.sales, found.buyers, found.discount) == (1, Decimal(70), 1, Decimal(10))
    assert reports.results(other).orders == 1
    progress = reports.progress(campaign)
    assert (progress.audience, progress.planned, progress.sent, progress.share) == (4, 4, 3, 1.0)
    assert progress.batches == progress.batches_done == 1


def test_the_results_of_a_campaign_that_said_nothing_are_noughts():
    found = reports.results(make_campaign(make_members(1), status="draft"))
    assert (found.planned, found.orders, found.sales, found.is_whole) == (0, 0, 0, True)
    assert reports.progress(make_campaign(status="draft")).share == 0


def test_the_review_counts_by_the_reasons_that_the_sending_will_give():
    good = make_members(2) + make_members(1, language="en", home_store=make_store(time_zone="America/New_York"))
    silent, capped, lost = make_member(), make_members(1)[0], make_members(1)[0]
    makers.ContactCount.objects.create(member=capped, medium=1, day=NOON.date(), count=3)
    lost.identities.all().delete()
    campaign = make_campaign([*good, silent, capped, lost], quiet_until="06:00", drop_stale_after=1)
    campaign.refresh_from_db()

    before = review.of(campaign, now=NOON)

    assert (before.audience, before.eligible, before.asleep, before.english) == (6, 3, 1, 1)
    assert {each.reason: each.count for each in before.excluded} == {"no_consent": 1, "no_address": 1, "capped": 1}
    assert before.parts == 2
    run()
    after = {reason: count for (state, reason), count in tally(campaign).items() if state == "SUPPRESSED"}
    assert after == {each.reason: each.count for each in before.excluded} | {"stale": before.asleep}
