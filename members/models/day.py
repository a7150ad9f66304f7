"""What each store did on each day, kept by the database itself: see docs/adr/0007-days.md."""

from django.db import models

from stores.models import Channel, Store


class DayFacts(models.Model):
    """Sums that can be added up over days, stores and channels. Money in yuan; ``day`` by the chain's calendar.

    Without a store: members who belong to none. Without a channel: scans, and members nobody knows the way of.
    """

    day = models.DateField()
    store = models.ForeignKey(
        Store, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    channel = models.ForeignKey(
        Channel, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    orders = models.BigIntegerField(default=0, db_default=0)
    amount = models.DecimalField(max_digits=16, decimal_places=2, default=0, db_default=0)
    refunded = models.DecimalField(max_digits=16, decimal_places=2, default=0, db_default=0)
    member_orders = models.BigIntegerField(default=0, db_default=0)
    member_amount = models.DecimalField(max_digits=16, decimal_places=2, default=0, db_default=0)
    member_refunded = models.DecimalField(max_digits=16, decimal_places=2, default=0, db_default=0)
    joins = models.BigIntegerField(default=0, db_default=0)
    scans = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.day} {self.store_id}"


class StoreDay(DayFacts):
    """The sums of one store, channel and day, as far as they are folded."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "store", "channel"], name="store_day_once", nulls_distinct=False)
        ]
        indexes = [models.Index(fields=["store", "day"], name="store_day_of_store")]


class StoreDayChange(DayFacts):
    """What a statement added to a day, or took from it; written by triggers, folded into StoreDay and deleted."""
