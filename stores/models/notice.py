from django.db import models
from django.utils.translation import gettext_lazy as _

from .channel import Channel


class Notice(models.Model):
    """What a platform told a channel: genuine, stored once, sealed, and dealt with afterwards.

    ``key`` is the platform's name for it; ``subject`` a keyed fingerprint of whom or what it is about: those of one
    subject are dealt with in the order in which they happened. ``body`` is the content under SENDER_KEY, emptied
    after some weeks. ``due_at``: when to deal with it; none once it is dealt with.
    """

    class State(models.IntegerChoices):
        NEW = 0, _("Waiting")
        DONE = 1, _("Dealt with")
        REFUSED = 2, _("Refused")
        FAILED = 3, _("Failed")

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="notices", db_index=False)
    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(max_length=120, db_collation="C")
    subject = models.CharField(max_length=32, blank=True, db_collation="C")
    happened_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"))
    body = models.BinaryField()
    state = models.SmallIntegerField(_("state"), choices=State, default=State.NEW)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "key"], name="notice_once"),
            models.CheckConstraint(
                condition=models.Q(state=0, due_at__isnull=False) | models.Q(~models.Q(state=0), due_at=None),
                name="notice_due_while_new",
            ),
        ]
        indexes = [
            models.Index(fields=["happened_at", "id"], name="notice_waiting", condition=models.Q(state=0)),
            models.Index(fields=["channel", "subject", "happened_at"], name="notice_of_subject"),
            models.Index(fields=["channel", "-received_at", "-id"], name="notice_log"),
        ]

    class Privacy:
        keep = [
            "id", "channel", "kind", "happened_at", "received_at", "state", "due_at", "done_at", "tries", "repeats", "reason",
        ]  # fmt: skip
        erase = ["key", "subject", "body"]

    def __str__(self):
        return self.kind


class NoticeRefusal(models.Model):
    """How often a channel was told something in an hour that was not taken, by the word that says why."""

    pk = models.CompositePrimaryKey("channel_id", "hour", "word")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="refusals", db_index=False)
    hour = models.DateTimeField()
    word = models.CharField(max_length=20)
    count = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    def __str__(self):
        return self.word
