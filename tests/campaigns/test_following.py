"""Messages follow people who are merged, and return."""

from datetime import date

from campaigns.models import ContactCount, Delivery
from campaigns.services import following
from loyalty.services import merging
from members.models import Inbox
from members.services import inboxes
from stores.models import Sender
from tests.campaigns.makers import make_campaign
from tests.factories import NOON, make_member, make_staff

SMS = Sender.Medium.SMS


def deliver(campaign, member, **given):
    return Delivery.objects.create(campaign=campaign, member=member, medium=SMS, batch_no=1, created_at=NOON, **given)


def read():
    while inboxes.read("campaigns", following.on_event, now=NOON):
        pass
    assert not Inbox.objects.filter(reader="campaigns", tries__gt=0).exists()


def test_messages_and_the_cap_follow_a_merge_and_return():
    winner, loser, by = make_member(), make_member(), make_staff()
    both, one = make_campaign(), make_campaign()
    kept, twin, alone = deliver(both, winner), deliver(both, loser), deliver(one, loser)
    for member, count in ((winner, 1), (loser, 2)):
        ContactCount.objects.create(member=member, medium=SMS, day=date(2026, 3, 4), count=count)
    merge = merging.merge(winner, loser, reason="one", by=by, now=NOON)
    event = Inbox.objects.filter(reader="campaigns", event__member=loser).get().event

    read()
    following.on_event(event, now=NOON)  # told twice, done once

    assert list(Delivery.objects.filter(member=winner).order_by("pk")) == [kept, alone]
    twin.refresh_from_db()
    assert (twin.member, twin.status, twin.reason) == (loser, Delivery.Status.SUPPRESSED, Delivery.Reason.GONE)
    assert ContactCount.objects.get(member=winner).count == 3

    merging.unmerge(merge, reason="two", by=by, now=NOON)
    read()

    alone.refresh_from_db()
    assert (alone.member, alone.came_as) == (loser, None)
    assert ContactCount.objects.get(member=winner).count == 1
