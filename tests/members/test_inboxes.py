"""Events wait for each reader that listens, and are neither lost nor handed over twice."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from members.models import Event, Inbox
from members.services import events, inboxes
from members.services.events import NewEvent
from tests.factories import NOON, make_member
from tests.races.hands import at_once

READERS = {"segments": ("*",), "campaigns": ("member.joined",)}


@pytest.fixture(autouse=True)
def readers(settings):
    settings.EVENT_READERS = READERS


def waiting(reader):
    return Inbox.objects.filter(reader=reader).count()


@pytest.mark.django_db
def test_an_event_waits_with_every_reader_that_listens_to_its_kind():
    member = make_member()
    Inbox.objects.all().delete()
    events.append("member.joined", member=member, at=NOON)
    events.append_many([NewEvent("order.paid", member.pk, NOON), NewEvent("member.joined", member.pk, NOON)])
    assert (waiting("segments"), waiting("campaigns")) == (3, 2)
    assert set(Inbox.objects.values_list("event_id")) == set(Event.objects.filter(member=member).values_list("pk"))


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_undone_leaves_nothing_in_the_inbox():
    def undone():
        with transaction.atomic():
            events.append("member.joined", member=None, at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert waiting("campaigns") == 0


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_fails_keeps_its_event_for_later_and_lets_the_others_pass():
    good, bad = (events.append("member.joined", member=None, at=NOON) for _ in range(2))
    seen = []

    def handle(event, *, now):
        Event.objects.create(kind="trace", member=None, at=now)
        if event == bad:
            raise ValueError("no")
        seen.append(event)

    assert inboxes.read("campaigns", handle, now=NOON) == 2
    assert seen == [good]
    row = Inbox.objects.get(reader="campaigns")
    assert (row.event_id, row.tries, row.problem) == (bad.pk, 1, "ValueError: no")
    assert Event.objects.filter(kind="trace").count() == 1
    assert inboxes.read("campaigns", handle, now=NOON) == 0
    Inbox.objects.update(due_at=Now() - timedelta(seconds=1))
    assert inboxes.read("campaigns", lambda event, now: seen.append(event), now=NOON) == 1
    assert seen == [good, bad]


def eight_readers():
    for _ in range(40):
        events.append("member.joined", member=None, at=NOON)
    seen = []
    at_once(lambda _: inboxes.read("campaigns", lambda event, now: seen.append(event.pk), now=NOON))
    return seen


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_eight_workers_hand_over_each_event_once():
    seen = eight_readers()
    assert len(seen) == len(set(seen)) == 40


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_twin_without_the_row_lock_hands_events_over_twice(monkeypatch):
    monkeypatch.setattr(
        inboxes, "due", lambda reader: Inbox.objects.filter(reader=reader, due_at__lte=Now()).order_by("due_at", "id")
    )
    seen = eight_readers()
    assert len(seen) > len(set(seen))


@pytest.mark.django_db(transaction=True)
def test_a_set_is_handed_over_as_one_list_and_kept_whole_when_the_handler_fails():
    events.append_many(NewEvent("order.paid", None, NOON) for _ in range(7))

    def fails(_events):
        raise ValueError("no such set")

    with pytest.raises(ValueError, match="no such set"):
        inboxes.read_many("segments", fails)
    assert waiting("segments") == 7
    handed = []
    assert inboxes.read_many("segments", handed.extend, limit=5) == 5
    assert inboxes.read_many("segments", handed.extend, limit=5) == 2
    assert len({event.pk for event in handed}) == 7


@pytest.mark.django_db
def test_copies_cost_one_statement_for_each_reader_however_many_events(django_assert_num_queries):
    with django_assert_num_queries(4):
        events.append_many([NewEvent("member.joined", None, NOON)] * 3)
