from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import Member
from stores.models import Sender

from .campaign import Campaign


class Delivery(models.Model):
    """One message to one member: exactly one row for each (campaign, step, member, medium, occurrence).

    ``occurrence`` is 1 for a campaign that goes out once and the event's id for a triggered one. The row's id is the
    key under which the other side is asked to take the message. A row is in flight, from ``tried_at`` on, while
    nobody knows whether the other side has it; it counts for the frequency cap from then on.
    """

    class Status(models.IntegerChoices):
        PENDING = 1, _("Waiting")
        IN_FLIGHT = 2, _("On its way")
        SENT = 3, _("Sent")
        FAILED = 4, _("Failed")
        SUPPRESSED = 5, _("Not sent")
        UNKNOWN = 6, _("Unknown")

    class Reason(models.TextChoices):
        NO_CONSENT = "no_consent", _("No consent to offers and news")
        NO_ADDRESS = "no_address", _("No address for this medium")
        CAPPED = "capped", _("Enough messages lately")
        STALE = "stale", _("Held too long")
        SOLD_OUT = "sold_out", _("The coupon was used up")
        CANCELLED = "cancelled", _("The campaign was stopped")
        GONE = "gone", _("No longer a member")
        RESTRICTED = "restricted", _("The member asked us to stop")
        MINOR = "minor", _("Under fourteen: no offers")
        BLOCKED = "blocked", _("Demo numbers get no messages")
        REFUSED = "refused", _("Refused by the other side")
        UNREACHABLE = "unreachable", _("The other side did not answer")
        GARBLED = "garbled", _("The other side's answer made no sense")
        INTERRUPTED = "interrupted", _("We were interrupted while sending")

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="deliveries", db_constraint=False, db_index=False
    )
    step = models.SmallIntegerField(default=1)
    occurrence = models.BigIntegerField(default=1)
    member = models.ForeignKey(Member, models.PROTECT, related_name="deliveries", db_constraint=False, db_index=False)
    medium = models.SmallIntegerField(choices=Sender.Medium)
    batch_no = models.IntegerField()
    status = models.SmallIntegerField(choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=16, blank=True)
    attempts = models.SmallIntegerField(default=0)
    provider_id = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    came_as = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "member", "step", "medium", "occurrence"], name="delivery_once")
        ]
        indexes = [
            models.Index(fields=["campaign", "step", "batch_no"], name="delivery_of_batch"),
            models.Index(fields=["member", "-created_at"], name="delivery_of_member"),
        ]

    class Privacy:
        keep = ["id", "campaign", "step", "occurrence", "member", "medium", "batch_no", "status", "reason", "attempts",
                "provider_id", "problem", "created_at", "tried_at", "sent_at", "opened_at", "came_as"]  # fmt: skip
        why = _("A message to this member is on its way. Try again in a minute.")

        @staticmethod
        def waits(now: datetime) -> models.Q:
            """Rows that stand in the way of an erasure."""
            return models.Q(status=Delivery.Status.IN_FLIGHT, tried_at__gt=now - timedelta(hours=1))


class Batch(models.Model):
    """About a thousand deliveries that one worker holds under a lease: the queue of sending is this table."""

    class Status(models.IntegerChoices):
        PENDING = 1, _("Waiting")
        LEASED = 2, _("In work")
        DONE = 3, _("Done")

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="batches", db_index=False)
    step = models.SmallIntegerField(default=1)
    batch_no = models.IntegerField()
    status = models.SmallIntegerField(choices=Status, default=Status.PENDING)
    attempts = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "step", "batch_no"], name="batch_once")]
        indexes = [models.Index(fields=["not_before", "id"], condition=models.Q(status__in=(1, 2)), name="batch_to_do")]


class ContactCount(models.Model):
    """How many marketing messages a member got through one medium on one day (UTC): what the frequency cap reads."""

    pk = models.CompositePrimaryKey("member_id", "medium", "day")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    medium = models.SmallIntegerField(choices=Sender.Medium)
    day = models.DateField()
    count = models.PositiveSmallIntegerField(default=0)

    class Privacy:
        keep = ["member", "medium", "day", "count"]


class Receipt(models.Model):
    """What the other side told later about a message: delivered or failed. Append-only, once for each kind."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="receipts", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    detail = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "kind"], name="receipt_once")]

    class Privacy:
        paths = ("delivery__member_id",)
        keep = ["id", "delivery", "kind", "at"]
        erase = ["detail"]


class Feedback(models.Model):
    """What a member answered about a message and the visit after it: 1 to 5, and words. The last answer counts."""

    delivery = models.OneToOneField(Delivery, models.CASCADE, related_name="feedback", db_constraint=False)
    score = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(score__gte=1, score__lte=5), name="feedback_one_to_five")
        ]

    class Privacy:
        paths = ("delivery__member_id",)
        keep = ["id", "delivery", "score", "at"]
        erase = ["words"]
