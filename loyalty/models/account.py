"""The ledger: account, entry, lot and what a spend ate. Shapes after the measured prototype."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.expressions import Func
from django.utils.translation import gettext_lazy as _

from members.models import Member

from .program import Book


class NextEntryId(Func):
    """The next ledger entry number, drawn from its own sequence (made in the migration)."""

    template = "nextval('loyalty_entry_id_seq'::regclass)"
    arity = 0
    output_field = models.BigIntegerField()


class Account(models.Model):
    """What a member holds in one book. ``balance`` moves only together with an entry.

    ``balance`` = ``earned`` - ``spent`` - ``expired``. ``debt`` is what a refund should have taken back but
    could not, the points being spent; the next earnings pay it first.
    """

    pk = models.CompositePrimaryKey("member_id", "book_id")
    member = models.ForeignKey(Member, models.PROTECT, related_name="accounts", db_constraint=False, db_index=False)
    book = models.ForeignKey(Book, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    balance = models.BigIntegerField(default=0)
    earned = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="account_never_negative"),
            models.CheckConstraint(condition=models.Q(debt__gte=0), name="account_debt_not_negative"),
        ]

    class Privacy:
        keep = ["member", "book", "balance", "earned", "spent", "expired", "debt", "version"]


class Entry(models.Model):
    """One movement of one account. Append-only: a trigger refuses UPDATE and DELETE, but for the owner in a merge.

    ``idem`` names the cause once for the whole ledger, e.g. ``order:<channel>:<number>:<book>:earn``.
    ``amount`` moves the balance and ``owed`` the debt: an order worth 100 that pays 30 of debt is +70, -30; a refund
    of 100 that finds 40 is -40, +60. ``rate`` is what a yuan earned that day, so that a refund takes back the same.
    """

    class Kind(models.TextChoices):
        EARN = "earn", _("Earned")
        SPEND = "spend", _("Spent")
        EXPIRE = "expire", _("Expired")
        ADJUST = "adjust", _("Adjusted")
        REVERSE = "reverse", _("Reversed")
        OPEN = "open", _("Opening balance")

    pk = models.CompositePrimaryKey("member_id", "id")
    member = models.ForeignKey(Member, models.PROTECT, related_name="entries", db_constraint=False, db_index=False)
    id = models.BigIntegerField(db_default=NextEntryId())
    book = models.ForeignKey(Book, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.BigIntegerField()
    owed = models.BigIntegerField(default=0, db_default=0)
    balance_after = models.BigIntegerField()
    rate = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    idem = models.CharField(max_length=120, db_collation="C")
    ref_type = models.CharField(max_length=12, blank=True)
    ref_id = models.BigIntegerField(null=True)
    reverses_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    by_id = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    posted_at = models.DateTimeField()
    came_as = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["idem"], name="entry_once_per_cause"),
            models.CheckConstraint(condition=~models.Q(amount=0, owed=0), name="entry_moves_something"),
            models.CheckConstraint(condition=models.Q(balance_after__gte=0), name="entry_never_negative"),
        ]
        # a few kilobytes, since entries lie on disk in the order of time: the figures of a period read little
        indexes = [BrinIndex(fields=["occurred_at"], name="entry_occurred_at_brin")]

    class Privacy:
        keep = ["member", "id", "book", "kind", "amount", "owed", "balance_after", "rate", "idem", "ref_type",
                "ref_id", "reverses_id", "reason", "by_id", "occurred_at", "posted_at", "came_as"]  # fmt: skip
        is_ledger = True  # nobody edits an entry, an erasure neither


class Lot(models.Model):
    """Points that came together and expire together; spending eats the earliest expiry first."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="lots", db_constraint=False)
    book = models.ForeignKey(Book, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    entry_id = models.BigIntegerField()
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    valid_from = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    came_as = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(remaining__gte=0, remaining__lte=models.F("amount")), name="lot_remaining_in_range"
            )
        ]
        indexes = [
            models.Index(
                fields=["member", "book", "expires_at", "id"],
                condition=models.Q(remaining__gt=0),
                name="lot_to_spend",
            ),
            models.Index(fields=["expires_at"], condition=models.Q(remaining__gt=0), name="lot_to_expire"),
        ]

    class Privacy:
        keep = ["id", "member", "book", "entry_id", "amount", "remaining", "valid_from", "expires_at", "came_as"]


class Consume(models.Model):
    """What a spend ate from which lot, so that giving it back reaches the same lot."""

    pk = models.CompositePrimaryKey("entry_id", "lot_id")
    entry_id = models.BigIntegerField()
    lot_id = models.BigIntegerField()
    amount = models.BigIntegerField()
