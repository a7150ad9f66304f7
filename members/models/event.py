from django.db import models
from django.db.models.functions import Now

from stores.models import Channel, Store

from .member import Member


class Event(models.Model):
    """A fact about a member, append-only. ``at`` is when it happened, ``recorded_at`` the database's clock."""

    kind = models.CharField(max_length=40)
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, related_name="events", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False)
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    data = models.JSONField(default=dict)
    came_as = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member", "-at", "-id"]), models.Index(fields=["kind", "-at"])]

    class Privacy:
        keep = ["id", "kind", "member", "at", "recorded_at", "store", "channel", "data", "came_as"]

    def __str__(self):
        return self.kind
