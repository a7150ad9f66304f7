"""What moved in each book on each day, kept by the database itself: see docs/adr/0007-days.md."""

from django.db import models

from .program import Book


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
