from django.db import models
from django.utils.translation import gettext_lazy as _

from .chain import Brand, Dealer, Region


class Store(models.Model):
    """One shop. Its milestones (invited, printed, scanned, joined, promoted) feed the opening board."""

    code = models.CharField(_("store code"), max_length=32, unique=True)
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="stores", verbose_name=_("brand"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="stores", verbose_name=_("region"), db_index=False)
    dealer = models.ForeignKey(
        Dealer, models.PROTECT, related_name="stores", null=True, blank=True, verbose_name=_("dealer")
    )
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    province = models.CharField(_("province"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    invited_at = models.DateTimeField(_("manager invited"), null=True, blank=True)
    code_printed_at = models.DateTimeField(_("code printed"), null=True, blank=True)
    first_scan_at = models.DateTimeField(_("first scan"), null=True, blank=True)
    first_join_at = models.DateTimeField(_("first member"), null=True, blank=True)
    first_promotion_at = models.DateTimeField(_("first promotion"), null=True, blank=True)

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["city"]), models.Index(fields=["region", "code"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True) | models.Q(latitude__range=(-90, 90)),
                name="store_latitude_on_earth",
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__isnull=True) | models.Q(longitude__range=(-180, 180)),
                name="store_longitude_on_earth",
            ),
        ]

    def __str__(self):
        return self.name
