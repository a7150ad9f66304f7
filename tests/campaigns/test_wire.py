"""A real gateway on the wire that does what gateways do: refuse, stall, lie, ask for rest, take and die."""

import time
from datetime import timedelta

import pytest
from django.db import connection, connections

from campaigns.models import Campaign, Delivery
from campaigns.services import campaigns, fanout, sending
from members.models import Identity
from stores.connectors.webhook import signing
from stores.models import Sender
from stores.services import senders
from tests.campaigns import makers
from tests.campaigns.makers import make_campaign, make_members, make_webhook, run, tally
from tests.campaigns.provider import Provider
from tests.factories import NOON


def letting_go(act):
    """What a gateway's thread asks the database, it asks over a connection that it closes."""

    def acted(number, body):
        try:
            return act(number, body)
        finally:
            connections.close_all()

    return acted


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.SENDERS_MAY_STAY_INSIDE = True
    settings.DEMO_NUMBERS_BLOCK_SEND = False  # the gateway is ours


def test_a_good_gateway_gets_each_message_once_signed_and_with_its_key():
    with Provider() as provider:
        campaign = make_campaign(make_members(20), sender=make_webhook(provider))
        run()
    assert tally(campaign) == {("SENT", ""): 20}
    assert provider.taken.keys() == {f"d{pk}" for pk in Delivery.objects.values_list("pk", flat=True)}
    assert set(provider.taken.values()) == {1}
    head = {name.lower(): value for name, value in provider.headers[0].items()}
    assert head["idempotency-key"] == head["webhook-id"] == provider.bodies[0]["key"]
    assert head["webhook-signature"].startswith("v1,")
    assert Delivery.objects.first().provider_id == f"p-d{Delivery.objects.first().pk}"


def test_the_signature_is_over_the_bytes_that_came():
    seen = []
    with Provider(lambda number, body: seen.append(body)) as provider:
        sender = make_webhook(provider)
        receipt = senders.try_sender(sender, "16900000001", "你好", by=None, now=NOON)
    assert receipt.reference == f"p-{seen[0]['key']}"
    head = {name.lower(): value for name, value in provider.headers[0].items()}
    body = (
        f'{{"sender":"{sender.code}","key":"{seen[0]["key"]}","to":"16900000001","text":"你好"}}'
    ).encode()  # fmt: skip
    assert signing.is_genuine(
        makers.SECRET, head["webhook-id"], head["webhook-timestamp"], body, head["webhook-signature"], now=time.time()
    )


def test_a_gateway_that_takes_many_at_once_is_called_seldom():
    with Provider() as provider:
        campaign = make_campaign(make_members(25), sender=make_webhook(provider, settings={"size": 10}))
        run()
    assert tally(campaign) == {("SENT", ""): 25}
    assert provider.calls == 3
    assert len(provider.taken) == 25


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((400, "no such number", {}), ("FAILED", "refused")),
        ((200, '{"error": "blacklisted"}', {}), ("FAILED", "refused")),
        ((200, '{"code": 1003}', {}), ("FAILED", "refused")),
        ((200, '{"id": "p1", "key": "d999999"}', {}), ("UNKNOWN", "garbled")),
        ((200, '{"id": "p', {}), ("UNKNOWN", "garbled")),
        ((200, "[]", {}), ("UNKNOWN", "garbled")),
        ((200, "{}", {}), ("UNKNOWN", "garbled")),
        ((500, "oops", {}), ("UNKNOWN", "unreachable")),
        ("drop", ("UNKNOWN", "unreachable")),
        ("hang", ("UNKNOWN", "unreachable")),
    ],
)
def test_what_an_answer_makes_of_an_offer_to_a_gateway_without_keys(answer, state):
    with Provider(lambda number, body: answer) as provider:
        campaign = make_campaign(make_members(2), sender=make_webhook(provider, settings={"seconds": 0.5}))
        run()
        makers.let_batches_begin()
        run()
    assert tally(campaign) == {state: 2}
    assert provider.calls == 2  # nothing is said twice
    assert makers.is_settled(campaign)
    assert makers.counts_agree()


@pytest.mark.parametrize("trouble", [(500, "oops", {}), (200, '{"id": "p', {}), "drop", "hang"])
def test_a_gateway_that_knows_keys_is_asked_again_with_the_same_key(trouble):
    with Provider(lambda number, body: trouble if number <= 3 else None) as provider:
        sender = make_webhook(provider, is_idempotent=True, settings={"seconds": 0.5})
        campaign = make_campaign(make_members(3), sender=sender)
        run()
        assert makers.counts_agree()
        makers.let_batches_begin()
        run()
    assert tally(campaign) == {("SENT", ""): 3}
    assert len(provider.taken) == 3
    assert len({body["key"] for body in provider.bodies}) == 3
    assert makers.counts_agree()


def test_after_the_last_try_the_fate_stays_unknown():
    with Provider(lambda number, body: (500, "", {})) as provider:
        campaign = make_campaign(make_members(1), sender=make_webhook(provider, is_idempotent=True))
        for _ in range(8):
            run()
            makers.let_batches_begin()
    assert provider.calls == 6
    assert tally(campaign) == {("UNKNOWN", "unreachable"): 1}


def test_nobody_there_is_tried_again_later_and_nothing_is_lost():
    with Provider() as provider:
        sender = make_webhook(provider)
    campaign = make_campaign(make_members(3), sender=sender)  # the gateway is gone
    run()
    assert tally(campaign) == {("PENDING", ""): 3}
    assert makers.counts_agree()
    with Provider() as back:
        Sender.objects.update(settings={"url": back.url})
        makers.let_batches_begin()
        run()
    assert tally(campaign) == {("SENT", ""): 3}


def test_retry_after_is_respected_by_everybody_and_costs_no_try():
    with Provider(lambda number, body: (429, "", {"Retry-After": "40"}) if number == 1 else None) as provider:
        campaign = make_campaign(make_members(3), sender=make_webhook(provider, settings={"width": 1}))
        run()
        assert provider.calls == 1
        run(NOON + timedelta(seconds=39))
        assert provider.calls == 1
        run(NOON + timedelta(seconds=41))
    assert tally(campaign) == {("SENT", ""): 3}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_the_circuit_opens_within_ten_errors_and_one_message_finds_out_that_it_is_well_again():
    well = []
    with Provider(lambda number, body: None if well else (500, "", {})) as provider:
        campaign = make_campaign(make_members(60), sender=make_webhook(provider, is_idempotent=True))
        run()
        first = provider.calls
        assert first <= 10
        run(NOON + timedelta(seconds=10))
        assert provider.calls == first
        run(NOON + timedelta(seconds=21))
        assert provider.calls == first + 1  # one goes ahead
        well.append(True)
        run(NOON + timedelta(seconds=60))
        run(NOON + timedelta(seconds=600))
    assert tally(campaign) == {("SENT", ""): 60}
    assert Sender.objects.get(pk=campaign.sender_id).errors_in_row == 0


def test_a_campaign_of_which_too_much_goes_wrong_pauses_by_itself():
    with Provider(lambda number, body: (400, "", {}) if number % 2 else None) as provider:
        campaign = make_campaign(make_members(300), sender=make_webhook(provider, rate=100))
        run()
    held = Campaign.objects.get(pk=campaign.pk)
    assert held.status == "paused"
    assert held.stop_reason
    found = tally(campaign)
    assert 21 <= found[("FAILED", "refused")] <= 100
    assert makers.counts_agree()
    campaigns.resume(held, by=None, now=NOON)
    assert Campaign.objects.get(pk=campaign.pk).recent_errors == 0


def test_opt_outs_during_a_send_are_kept_within_a_second():
    members = make_members(120)
    late = members[60:]
    outs = {}

    @letting_go
    def behave(number, body):
        if number == 10:
            makers.agree(*late, at=NOON + timedelta(hours=1), is_given=False)
            outs["at"] = time.monotonic()
        if "at" in outs and body["to"] in phones:
            outs.setdefault("broken", []).append(time.monotonic() - outs["at"])

    phones = set(Identity.objects.filter(member__in=late).values_list("value", flat=True))
    with Provider(behave) as provider:
        campaign = make_campaign(members, sender=make_webhook(provider, rate=60))
        run()
    assert all(seconds <= 1 for seconds in outs.get("broken", []))
    assert tally(campaign)[("SUPPRESSED", "no_consent")] >= 40
    assert makers.is_settled(campaign)
    assert makers.counts_agree()


def test_a_slow_gateway_keeps_no_transaction_open():
    seen = []

    @letting_go
    def behave(number, body):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = "
                           "current_database()")  # fmt: skip
            seen.append(cursor.fetchone()[0])

    with Provider(behave) as provider:
        make_campaign(make_members(5), sender=make_webhook(provider))
        run()
    assert seen == [0] * 5


def test_the_rate_is_kept():
    with Provider() as provider:
        campaign = make_campaign(make_members(30), sender=make_webhook(provider, rate=20))
        run()
    assert tally(campaign) == {("SENT", ""): 30}
    span = provider.times[-1] - provider.times[0]
    assert span >= 29 / 20 * 0.9


def test_an_address_that_leads_inside_is_never_called(settings):
    with Provider() as provider:
        campaign = make_campaign(make_members(2), sender=make_webhook(provider))
        settings.SENDERS_MAY_STAY_INSIDE = False
        run()
    assert provider.calls == 0
    assert tally(campaign) == {("PENDING", ""): 2}
    assert "refused" in Sender.objects.get(pk=campaign.sender_id).last_error


def test_a_worker_that_was_away_too_long_leaves_the_batch_to_another():
    campaign = make_campaign(make_members(40))

    @letting_go
    def steal(number, body):
        if number == 1:
            makers.Batch.objects.update(worker="another")

    with Provider(steal) as provider:
        Campaign.objects.filter(pk=campaign.pk).update(sender=make_webhook(provider, rate=10))
        fanout.start_due(now=NOON)
        sending.work(clock=makers.clock())
    assert provider.calls <= 10  # the group that it held, and no more
