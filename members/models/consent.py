from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Store

from .member import Member


class Purpose(models.TextChoices):
    MEMBERSHIP = "membership", _("Membership terms and privacy notice")
    MARKETING = "marketing", _("Offers and news")


class Medium(models.IntegerChoices):
    """Through what an answer lets messages come: the numbers of ``stores.models.Sender.Medium``, and all of them."""

    EVERY = 0, _("Every way")
    SMS = 1, _("Text message")
    EMAIL = 2, _("E-mail")
    OFFICIAL_ACCOUNT = 3, _("Official account")


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
    """A yes or a no, as it was given: append-only, the database refuses the rest.

    ``medium`` 0 speaks for every medium. What holds follows from the rows: ``members.queries.consents``, docs/consent.md.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="consents", db_constraint=False, db_index=False)
    purpose = models.CharField(max_length=16, choices=Purpose)
    medium = models.SmallIntegerField(choices=Medium, db_default=0)
    is_given = models.BooleanField()
    text = models.ForeignKey(ConsentText, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    method = models.CharField(max_length=20)
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False)
    address = models.GenericIPAddressField(null=True)
    evidence = models.CharField(max_length=200, blank=True)
    came_as = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member", "purpose", "-at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(medium=0) | models.Q(purpose=Purpose.MARKETING, medium__gt=0),
                name="consent_medium_of_offers",
            )
        ]

    class Privacy:
        keep = ["id", "member", "purpose", "medium", "is_given", "text", "at", "method", "store", "came_as"]
        erase = ["address", "evidence"]
