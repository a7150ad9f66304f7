"""Somebody takes a campaign back while the scheduler begins it: either nothing was prepared, or it is refused."""

import time
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from campaigns.models import Campaign, Delivery
from campaigns.services import campaigns, fanout, recalls, triggers
from campaigns.services.campaigns import CampaignProblem
from members.models import Event
from tests.campaigns.makers import make_campaign, make_members
from tests.factories import NOON, make_store
from tests.races.hands import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def elsewhere(work) -> Thread:
    """Another process, so to speak: a thread with a connection of its own."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


@contextmanager
def between(monkeypatch, look, work):
    """While it is taken back, after the row was read by ``look``, ``work`` goes on elsewhere."""
    threads = []

    def locked(campaign):
        found = look(campaign)
        threads.append(elsewhere(work))
        threads[0].join(timeout=0.5)  # as far as it gets
        return found

    monkeypatch.setattr(recalls, "_locked", locked)
    yield
    threads[0].join(timeout=10)


def only_looks(campaign):
    return Campaign.objects.get(pk=campaign.pk)


def take_back(campaign):
    return recalls.take_back(campaign, by=None, now=NOON, undo=timedelta(seconds=60))


def test_of_eight_who_take_back_and_begin_at_once_one_side_wins():
    campaign = make_campaign(make_members(5))
    done = at_once(lambda n: take_back(campaign) if n % 2 else fanout.start_due(now=NOON))
    taken = sum(isinstance(each, Campaign) for each in done)
    fanout.start_due(now=NOON)
    status = Campaign.objects.get().status
    assert (taken, status, Delivery.objects.count()) in [(1, "draft", 0), (0, "running", 5)]


def test_the_scheduler_waits_for_who_takes_it_back_and_finds_a_draft(monkeypatch):
    campaign = make_campaign(make_members(5))
    with between(monkeypatch, recalls._locked, lambda: fanout.start_due(now=NOON)):
        take_back(campaign)
    assert (Campaign.objects.get().status, Delivery.objects.count()) == ("draft", 0)


def test_twin_that_only_looks_at_the_row_leaves_a_draft_with_messages(monkeypatch):
    campaign = make_campaign(make_members(5))
    monkeypatch.setattr(recalls, "_is_quiet", lambda held: True)
    with between(monkeypatch, only_looks, lambda: fanout.start_due(now=NOON)):
        take_back(campaign)
    assert (Campaign.objects.get().status, Delivery.objects.count()) == ("draft", 5)


def held_while_a_slice_is_made(monkeypatch, campaign):
    """It is paused and goes on while its first slice is not committed yet; then somebody takes it back."""
    insert, answers = fanout._insert, []

    def taken_back():
        campaigns.pause(campaign, by=None, now=NOON)
        campaigns.resume(campaign, by=None, now=NOON)
        try:
            answers.append(take_back(campaign))
        except CampaignProblem as problem:
            answers.append(problem)

    def in_the_middle(*given):
        made = insert(*given)
        elsewhere(taken_back).join(timeout=10)
        return made

    monkeypatch.setattr(fanout, "_insert", in_the_middle)
    fanout.start_due(now=NOON)
    return answers[0]


def test_a_slice_that_nobody_sees_yet_keeps_it_from_being_taken_back(monkeypatch):
    campaign = make_campaign(make_members(5))
    assert isinstance(held_while_a_slice_is_made(monkeypatch, campaign), CampaignProblem)


def test_twin_that_does_not_ask_whether_a_slice_is_made_leaves_a_draft_with_messages(monkeypatch):
    monkeypatch.setattr(recalls, "_is_quiet", lambda held: True)
    campaign = make_campaign(make_members(5))
    assert isinstance(held_while_a_slice_is_made(monkeypatch, campaign), Campaign)
    assert (Campaign.objects.get().status, Delivery.objects.count()) == ("draft", 5)


def entered_while_taken_back(monkeypatch):
    """Somebody joins while the campaign that would greet them is taken back; the messages that wait."""
    store = make_store()
    member = make_members(1, home_store=store)[0]
    campaign = make_campaign(kind="triggered", trigger="member.joined", status="running", brand=store.brand)
    event = Event.objects.create(kind="member.joined", member=member, at=NOON, store=store)
    concerns = triggers._concerns

    def slowly(*given):
        found = concerns(*given)
        time.sleep(0.5)
        return found

    def read():
        with transaction.atomic():
            triggers.on_event(event, now=NOON)

    monkeypatch.setattr(triggers, "_concerns", slowly)
    reader = elsewhere(read)
    time.sleep(0.2)
    take_back(campaign)
    reader.join(timeout=10)
    assert Campaign.objects.get().status == "draft"
    return Delivery.objects.count()


def test_who_joins_while_a_trigger_is_taken_back_is_not_entered(monkeypatch):
    assert entered_while_taken_back(monkeypatch) == 0


def test_twin_that_trusts_what_it_saw_enters_them_into_a_draft(monkeypatch):
    bare = triggers.ENTER.replace("WHERE id = %(campaign)s AND status = 'running' FOR NO KEY UPDATE", "LIMIT 1")
    assert bare != triggers.ENTER
    monkeypatch.setattr(triggers, "ENTER", bare)
    assert entered_while_taken_back(monkeypatch) == 1
