"""Eight servers take the same batch of events at once: each event is written once."""

import pytest

from members.models import Event
from members.rules.receipts import MemberRef
from members.services import intake
from members.services.intake import NewFact
from stores.models import Store
from stores.services import answers
from tests.factories import NOON, make_channel, make_member
from tests.loyalty.receipts import phone_of
from tests.races.hands import HANDS, at_once, errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def eight_take():
    """Each the same forty events, in another order."""
    channel, ref = make_channel(), MemberRef.phone(phone_of(make_member()))
    news = [NewFact(f"e-{n}", "product.viewed", None, ref, "", NOON, {"sku": "A"}) for n in range(40)]

    def take(hand):
        turned = news[hand * 5 :] + news[: hand * 5]
        return intake.record_many(turned, channel=channel, within=Store.objects.all(), now=NOON)

    return at_once(take)


def test_of_eight_hands_each_event_is_written_once():
    done = eight_take()

    assert errors(done) == []
    assert sum(told.status == "created" for hand in done for told in hand) == 40
    assert sum(told.status == "duplicate" for hand in done for told in hand) == 40 * (HANDS - 1)
    assert Event.objects.count() == 40


def test_twin_that_looks_first_and_writes_then_writes_more(monkeypatch):
    def look(channel, kind, names, *, now):
        return {name for name in names if not Event.objects.filter(channel=channel, data__key=name).exists()}

    monkeypatch.setattr(answers, "take_names", look)

    done = eight_take()

    assert errors(done) == []
    assert Event.objects.count() > 40
