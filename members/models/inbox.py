from django.db import models
from django.db.models.functions import Now

from .event import Event


class Inbox(models.Model):
    """One event waiting for one reader: written with the event, deleted when the reader has dealt with it.

    A row and not a position in the log, since ids are given before the commit: a reader with a position would step
    over a slower transaction. ``due_at`` is the database's clock; a row that failed falls due again later.
    """

    id = models.BigAutoField(primary_key=True)
    reader = models.CharField(max_length=16)
    event = models.ForeignKey(Event, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["reader", "due_at", "id"], name="inbox_due")]

    class Privacy:
        paths = ("event__member_id",)
        keep = ["id", "reader", "event", "due_at", "tries", "problem"]

    def __str__(self):
        return f"{self.reader}: {self.event_id}"
