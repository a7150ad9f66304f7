"""Rows for campaigns, and what must hold of them at any time."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import count

import numpy as np
from django.db.models import Count, Q

from campaigns.models import Batch, Campaign, ContactCount, Delivery
from campaigns.services import fanout, sending
from members.models import Consent, Member
from segments.models import AudienceSnapshot
from stores.models import Sender
from stores.services import senders
from tests.factories import NOON, make_brand, make_member

SECRET = "a-secret-of-the-tests-1234"
MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
Status = Delivery.Status
_serial = count(1)


def make_sender(**given) -> Sender:
    """A console that prints nothing, unless told otherwise."""
    n = next(_serial)
    kind = given.pop("kind", "console")
    return senders.create(
        **{
            "code": f"sender-{n}", "name": f"通道{n}", "kind": kind, "medium": Sender.Medium.SMS, "rate": 5_000,
            "settings": {"is_silent": True} if kind == "console" else {}, "by": None, "now": NOON,
        } | given
    )  # fmt: skip


def make_webhook(provider, **given) -> Sender:
    """A sender that calls a provider of the tests; needs ``settings.SENDERS_MAY_STAY_INSIDE``."""
    chosen = {"url": provider.url} | given.pop("settings", {})
    return make_sender(**{"kind": "webhook", "settings": chosen, "secret": SECRET} | given)


def agree(*members, at=NOON, is_given=True, purpose="marketing"):
    """Each says yes (or no) at a moment."""
    Consent.objects.bulk_create(
        Consent(member=member, purpose=purpose, is_given=is_given, at=at, method="test") for member in members
    )


def make_members(number, *, consent=True, **given) -> list[Member]:
    made = [make_member(**given) for _ in range(number)]
    if consent:
        agree(*made)
    return made


def make_snapshot(members) -> AudienceSnapshot:
    ids = np.array(sorted(member.pk for member in members))
    bits = np.zeros(int(ids.max()), dtype=np.uint8)
    bits[ids - 1] = 1
    return AudienceSnapshot.objects.create(
        number=f"A{next(_serial):05d}", name="人群", rule={}, size=len(ids), sha256="0" * 64, engine="test",
        bits=np.packbits(bits, bitorder="little").tobytes(), locked_at=NOON,
    )  # fmt: skip


def make_campaign(members=(), *, sender=None, **given) -> Campaign:
    """A campaign that is due: launched at noon to these members; ``status="draft"`` for one that is not."""
    n = next(_serial)
    sender = sender or make_sender()
    snapshot = make_snapshot(members) if members else None
    return Campaign.objects.create(
        **{
            "number": f"C{n:06d}", "name": f"活动{n}", "brand": given.get("brand") or make_brand(), "sender": sender,
            "snapshot": snapshot, "text": "{name}，您好！{link}", "text_en": "Hello {name}! {link}", "status": "scheduled",
            "starts_at": MORNING, "created_at": MORNING, "updated_at": MORNING, "quiet_from": time(23),
            "quiet_until": time(6), "cap_count": 3, "cap_days": 7,
        } | given
    )  # fmt: skip


def clock(now=NOON):
    return lambda: now


def run(now=NOON, **given) -> int:
    """Fan out what is due and send until nothing is left for this moment."""
    fanout.start_due(now=now)
    return sending.work(clock=clock(now), **given)


def tally(campaign) -> dict[tuple[str, str], int]:
    """How many deliveries ended in each (status, reason)."""
    rows = Delivery.objects.filter(campaign=campaign).values_list("status", "reason").annotate(n=Count("pk"))
    return {(Status(status).name, reason): n for status, reason, n in rows.order_by("status", "reason")}


def is_settled(campaign) -> bool:
    """Every delivery has one final state, and every one that was not sent has its reason."""
    rows = Delivery.objects.filter(campaign=campaign)
    open_rows = rows.filter(status__in=(Status.PENDING, Status.IN_FLIGHT)).exists()
    bare = rows.filter(status__in=(Status.FAILED, Status.SUPPRESSED, Status.UNKNOWN), reason="").exists()
    both = rows.filter(status=Status.SENT).exclude(reason="").exists()
    return not (open_rows or bare or both)


def counts_agree() -> bool:
    """The places under the cap are exactly the messages in flight, sent and of unknown fate, of marketing campaigns.

    And each campaign's own counts are those of its messages.
    """
    taken = Delivery.objects.filter(
        status__in=(Status.IN_FLIGHT, Status.SENT, Status.UNKNOWN), campaign__purpose="marketing"
    )
    held = sum(ContactCount.objects.values_list("count", flat=True))
    return held == taken.count() and tallies_agree()


def let_batches_begin(now=NOON):
    """Whatever waits for later may begin now."""
    Batch.objects.exclude(status=Batch.Status.DONE).update(not_before=now, lease_until=None, status=1)
    Sender.objects.update(closed_until=None)


def tallies_agree() -> bool:
    """What each campaign says of its messages is what they say themselves."""
    said = {row.pk: (row.planned, row.sent) for row in Campaign.objects.all()}
    rows = Delivery.objects.values_list("campaign").annotate(
        n=Count("pk"), sent=Count("pk", filter=Q(status=Status.SENT))
    )
    counted = {pk: (planned, sent) for pk, planned, sent in rows.order_by()}
    return all(counted.get(pk, (0, 0)) == tally for pk, tally in said.items())
