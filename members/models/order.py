from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Channel, Staff, Store

from .member import Member
from .product import Product


class Order(models.Model):
    """One paid receipt, stored once per (channel, number). Amounts are yuan with two decimals."""

    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="orders", verbose_name=_("channel"), db_index=False
    )
    number = models.CharField(_("order number"), max_length=64, db_collation="C")
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        null=True,
        related_name="orders",
        db_constraint=False,
        verbose_name=_("member"),
        db_index=False,
    )
    prospect = models.ForeignKey(
        Member, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False,
        help_text="who bought before joining; the member, too, once they have joined",
    )  # fmt: skip
    store = models.ForeignKey(Store, models.PROTECT, related_name="orders", verbose_name=_("store"), db_index=False)
    associate = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("associate"),
        db_index=False,
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    refunded = models.DecimalField(_("refunded"), max_digits=12, decimal_places=2, default=0)
    paid_at = models.DateTimeField(_("paid"))
    received_at = models.DateTimeField(_("received"))
    digest = models.BinaryField(
        max_length=16, help_text="BLAKE2b of what was sent; a twin with another body is refused"
    )
    came_as = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "number"], name="order_once_per_channel"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="order_amount_not_negative"),
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0, refunded__lte=models.F("amount")), name="order_refund_within_amount"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-paid_at"]),
            models.Index(fields=["store", "-paid_at"]),
            models.Index(fields=["-paid_at", "-id"]),
            models.Index(
                fields=["prospect", "-paid_at"], condition=models.Q(prospect__isnull=False), name="order_of_prospect"
            ),
        ]

    class Privacy:
        keep = ["id", "channel", "number", "member", "prospect", "store", "associate", "amount", "refunded", "paid_at",
                "received_at", "digest", "came_as"]  # fmt: skip

    def __str__(self):
        return self.number


class OrderLine(models.Model):
    pk = models.CompositePrimaryKey("order_id", "line_no")
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_constraint=False, db_index=False)
    line_no = models.SmallIntegerField()
    sku = models.CharField(_("SKU"), max_length=40)
    product = models.ForeignKey(
        Product, models.SET_NULL, null=True, related_name="+", db_constraint=False, verbose_name=_("product")
    )
    name = models.CharField(_("name"), max_length=160, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)

    class Privacy:
        paths = ("order__member_id",)
        keep = ["order", "line_no", "sku", "product", "name", "quantity", "amount"]


class Refund(models.Model):
    """Money given back on one order, once per (channel, number). The sum never passes the order's amount."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("refund number"), max_length=64, db_collation="C")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    refunded_at = models.DateTimeField(_("refunded"))
    received_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "number"], name="refund_once_per_channel"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_amount_positive"),
        ]
        indexes = [models.Index(fields=["-refunded_at"])]

    class Privacy:
        paths = ("order__member_id",)
        keep = ["id", "order", "channel", "number", "amount", "refunded_at", "received_at"]
        erase = ["reason"]
