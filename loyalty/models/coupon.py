from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import Member

from .program import Program


class CouponTemplate(models.Model):
    """What a coupon is worth and how long. ``stock`` counts what may still be issued; empty means no limit."""

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Amount off")
        PERCENT = "percent", _("Percent off")

    program = models.ForeignKey(Program, models.PROTECT, related_name="coupon_templates")
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.DecimalField(_("value"), max_digits=8, decimal_places=2)
    threshold = models.DecimalField(_("from an order of"), max_digits=10, decimal_places=2, default=0)
    valid_days = models.PositiveSmallIntegerField(_("days valid"), default=30)
    stock = models.PositiveIntegerField(_("stock"), null=True, blank=True)
    is_welcome = models.BooleanField(_("given on joining"), default=False)
    is_live = models.BooleanField(_("live"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program"], condition=models.Q(is_welcome=True, is_live=True), name="one_welcome_coupon"
            ),
            models.CheckConstraint(condition=models.Q(value__gt=0), name="coupon_value_positive"),
        ]

    def __str__(self):
        return self.name


class Coupon(models.Model):
    """One coupon in one wallet, issued once per (template, member, source)."""

    template = models.ForeignKey(CouponTemplate, models.PROTECT, related_name="coupons")
    member = models.ForeignKey(Member, models.PROTECT, related_name="coupons", db_constraint=False)
    code = models.CharField(max_length=12, unique=True, db_collation="C")
    source = models.CharField(max_length=40)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "member", "source"], name="coupon_once_per_source")]
        indexes = [models.Index(fields=["member", "expires_at"])]

    class Privacy:
        keep = ["id", "template", "member", "code", "source", "issued_at", "expires_at"]
