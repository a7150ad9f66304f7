from django.db import models
from django.utils.translation import gettext_lazy as _


class Product(models.Model):
    """What is sold. Order lines keep the SKU as text too, since tills name goods that no file lists."""

    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=160)
    department = models.CharField(_("department"), max_length=60, blank=True, db_index=True)
    category = models.CharField(_("category"), max_length=80, blank=True)
    maker = models.CharField(_("maker"), max_length=80, blank=True)
    size = models.CharField(_("pack size"), max_length=40, blank=True)
    updated_at = models.DateTimeField()

    def __str__(self):
        return self.name
