"""The tree that a person's scope hangs on: chain → brand → region → dealer → store."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Chain(models.Model):
    """The whole group. One row for each installation."""

    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    is_demo = models.BooleanField(default=False)

    def __str__(self):
        return self.name


class Brand(models.Model):
    """A banner that shoppers know. Programmes, tiers and the binding rule belong to it."""

    class Binding(models.TextChoices):
        FIRST = "first", _("Keep the first store")
        LAST = "last", _("Follow the latest store")
        AFTER_DAYS = "after_days", _("Change after a number of days")

    chain = models.ForeignKey(Chain, models.PROTECT, related_name="brands")
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    colour = models.CharField(_("colour"), max_length=7, default="#1f6f54")
    binding = models.CharField(_("binding rule"), max_length=12, choices=Binding, default=Binding.FIRST)
    binding_days = models.PositiveSmallIntegerField(_("days before a new store counts"), default=90)

    def __str__(self):
        return self.name


class Region(models.Model):
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="regions", db_index=False)
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "code"], name="region_code_once")]

    def __str__(self):
        return self.name


class Dealer(models.Model):
    """A company that runs some of a region's stores under contract."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="dealers")
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)

    def __str__(self):
        return self.name
