"""What moved in each book, and with each programme's coupons, on each day, kept by the database itself.

See docs/adr/0007-days.md.
"""

from django.db import models

from stores.models import Store

from .program import Book, Program


class BookFacts(models.Model):
    """Sums of ledger entries by the day of their cause, by the chain's calendar. ``taken`` is positive."""

    day = models.DateField()
    book = models.ForeignKey(Book, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    entries = models.BigIntegerField(default=0, db_default=0)
    earned = models.BigIntegerField(default=0, db_default=0)
    taken = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.day} {self.book_id}"


class BookDay(BookFacts):
    """The sums of one book and day, as far as they are folded."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "book"], name="book_day_once")]


class BookDayChange(BookFacts):
    """What a statement added to a day; written by a trigger, folded into BookDay and deleted."""


class CouponFacts(models.Model):
    """Sums of a programme's coupons by the chain's calendar; ``discount`` in yuan, by the day of the redemption.

    ``store`` is where they were redeemed. Without a store: coupons issued, and those redeemed online.
    """

    day = models.DateField()
    program = models.ForeignKey(Program, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    store = models.ForeignKey(
        Store, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    issued = models.BigIntegerField(default=0, db_default=0)
    redeemed = models.BigIntegerField(default=0, db_default=0)
    discount = models.DecimalField(max_digits=16, decimal_places=2, default=0, db_default=0)

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.day} {self.store_id}"


class CouponDay(CouponFacts):
    """The sums of one programme, store and day, as far as they are folded."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "program", "store"], name="coupon_day_once", nulls_distinct=False)
        ]
        indexes = [models.Index(fields=["store", "day"], name="coupon_day_of_store")]


class CouponDayChange(CouponFacts):
    """What a statement added to a day, or took from it; written by triggers, folded into CouponDay and deleted."""
