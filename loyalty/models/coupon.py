from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import Member
from stores.models import Channel, Staff, Store

from .program import Program


class CouponTemplate(models.Model):
    """What a coupon is worth, where and how long. ``stock`` counts what may still be issued; empty means no limit.

    ``value`` is yuan for an amount and the percent taken off for a percentage; ``most`` caps the latter in yuan.
    """

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Amount off")
        PERCENT = "percent", _("Percent off")

    class Place(models.TextChoices):
        STORE = "store", _("In stores")
        ONLINE = "online", _("Online")
        BOTH = "both", _("In stores and online")

    program = models.ForeignKey(Program, models.PROTECT, related_name="coupon_templates")
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    terms = models.CharField(_("conditions in words"), max_length=300, blank=True)
    terms_en = models.CharField(_("conditions in English"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.DecimalField(_("value"), max_digits=8, decimal_places=2)
    most = models.DecimalField(_("at most off"), max_digits=8, decimal_places=2, null=True, blank=True)
    threshold = models.DecimalField(_("from an order of"), max_digits=10, decimal_places=2, default=0)
    place = models.CharField(_("where it counts"), max_length=8, choices=Place, default=Place.STORE)
    stores = models.ManyToManyField(Store, blank=True, related_name="+", verbose_name=_("stores"))
    valid_days = models.PositiveSmallIntegerField(_("days valid"), default=30)
    valid_from = models.DateField(_("not before"), null=True, blank=True)
    valid_until = models.DateField(_("last day"), null=True, blank=True)
    stock = models.PositiveIntegerField(_("stock"), null=True, blank=True)
    is_welcome = models.BooleanField(_("given on joining"), default=False)
    is_live = models.BooleanField(_("live"), default=True)
    created_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program"], condition=models.Q(is_welcome=True, is_live=True), name="one_welcome_coupon"
            ),
            models.CheckConstraint(condition=models.Q(value__gt=0), name="coupon_value_positive"),
            models.CheckConstraint(
                condition=~models.Q(kind="percent") | models.Q(value__lt=100), name="coupon_percent_below_hundred"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="coupon_days_in_order",
            ),
        ]

    def __str__(self):
        return self.name


class Coupon(models.Model):
    """One coupon in one wallet, issued once per (template, member, source), used once. Merged people keep both.

    ``source`` names the cause: ``welcome``, ``campaign:7:1``. ``redeemed_key`` is the till's own number of the act: the
    same channel asking again with the same key gets the same answer. While ``held_until`` lies ahead, only the till that
    holds it (``held_channel``, ``held_key``) may redeem it.
    """

    template = models.ForeignKey(CouponTemplate, models.PROTECT, related_name="coupons", db_index=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="coupons", db_constraint=False, db_index=False)
    code = models.CharField(max_length=12, db_collation="C")
    source = models.CharField(max_length=40)
    issued_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    held_channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    held_key = models.CharField(max_length=64, null=True, db_collation="C")  # noqa: DJ001 -- unique when given
    redeemed_at = models.DateTimeField(null=True)
    redeemed_store = models.ForeignKey(
        Store, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    redeemed_channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    redeemed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    redeemed_key = models.CharField(max_length=64, null=True, db_collation="C")  # noqa: DJ001 -- unique when given
    order_number = models.CharField(max_length=64, blank=True)
    order_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    discount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)
    came_as = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="coupon_code_once"),  # unique=True makes a second index
            models.UniqueConstraint(
                fields=["template", "member", "source", "came_as"], name="coupon_once_per_source", nulls_distinct=False
            ),
            models.UniqueConstraint(
                fields=["redeemed_channel", "redeemed_key"],
                condition=models.Q(redeemed_key__isnull=False),
                name="coupon_key_once_per_channel",
            ),
            models.UniqueConstraint(
                fields=["held_channel", "held_key"],
                condition=models.Q(held_key__isnull=False),
                name="coupon_hold_once_per_channel",
            ),
            models.CheckConstraint(
                condition=models.Q(redeemed_at=None) | models.Q(voided_at=None), name="coupon_used_or_voided"
            ),
            models.CheckConstraint(
                condition=models.Q(redeemed_at=None, discount=None)
                | models.Q(redeemed_at__isnull=False, discount__gte=0),
                name="coupon_discount_when_used",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "expires_at"]),
            models.Index(
                fields=["redeemed_store", "-redeemed_at"],
                condition=models.Q(redeemed_at__isnull=False),
                name="coupon_used_at_store",
            ),
            models.Index(fields=["-redeemed_at"], condition=models.Q(redeemed_at__isnull=False), name="coupon_used"),
            models.Index(fields=["source"], name="coupon_source"),
            models.Index(
                fields=["template", "source"],
                include=["discount"],
                condition=models.Q(redeemed_at__isnull=False),
                name="coupon_used_of_template",
            ),
        ]

    class Privacy:
        keep = ["id", "template", "member", "code", "source", "issued_at", "starts_at", "expires_at", "redeemed_at",
                "redeemed_store", "redeemed_channel", "redeemed_by", "redeemed_key", "order_number", "order_amount",
                "discount", "held_until", "held_channel", "held_key", "voided_at", "void_reason", "came_as"]  # fmt: skip
        why = _("A till holds one of this member's coupons. Wait until the receipt is done, or the hold has run out.")

        @staticmethod
        def waits(now: datetime) -> models.Q:
            """Rows that stand in the way of an erasure."""
            return models.Q(held_until__gt=now, redeemed_at=None, voided_at=None)

    def __str__(self):
        return f"…{self.code[-4:]}"

    def state(self, now: datetime) -> str:
        """used, voided, expired, later (its first day is to come) or usable."""
        if self.redeemed_at is not None:
            return "used"
        if self.voided_at is not None:
            return "voided"
        if now >= self.expires_at:
            return "expired"
        return "later" if self.starts_at is not None and now < self.starts_at else "usable"

    def is_usable(self, now: datetime) -> bool:
        """Neither used, voided, expired nor before its first moment."""
        return self.state(now) == "usable"
