from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Store

from .member import Member


class Purpose(models.TextChoices):
    MEMBERSHIP = "membership", _("Membership terms and privacy notice")
    MARKETING = "marketing", _("Offers and news")


class ConsentText(models.Model):
    """One version of what a person agrees to, in one language. Never edited once published."""

    purpose = models.CharField(max_length=16, choices=Purpose)
    version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=120)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version", "language"], name="consent_text_once")]


class Consent(models.Model):
    """A yes or a no, as it was given. Append-only: the latest row per purpose is what holds."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="consents", db_constraint=False)
    purpose = models.CharField(max_length=16, choices=Purpose)
    is_given = models.BooleanField()
    text = models.ForeignKey(ConsentText, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    method = models.CharField(max_length=20)
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+", db_constraint=False)
    address = models.GenericIPAddressField(null=True)
    evidence = models.CharField(max_length=200, blank=True)
    came_as = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member", "purpose", "-at"])]

    class Privacy:
        keep = ["id", "member", "purpose", "is_given", "text", "at", "method", "store", "came_as"]
        erase = ["address", "evidence"]
