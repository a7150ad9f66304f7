from django.db import models
from django.utils.translation import gettext_lazy as _

from .chain import Brand


class Channel(models.Model):
    """A place facts come from: a till system, a mall shop, a mini-program. Every order names one."""

    class Kind(models.TextChoices):
        APP = "app", _("App")
        MALL = "mall", _("Own mall")
        MINI_PROGRAM = "mini_program", _("Mini-program")
        MARKETPLACE = "marketplace", _("Marketplace")
        STORE = "store", _("Store")
        POS = "pos", _("Till (POS)")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="channels")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))

    def __str__(self):
        return self.name
