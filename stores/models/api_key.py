from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..rules import scopes
from .channel import Channel
from .store import Store


class ApiKey(models.Model):
    """A channel's key. ``stores`` empty means all of the channel's, ``addresses`` empty means from everywhere.

    The secret is shown once. It is kept as a SHA-256, for calls that carry it, and sealed, for calls that are signed
    with it (HMAC needs the secret itself). After a rotation the old one lives on until ``old_until``.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="keys")
    prefix = models.CharField(max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=80)
    scopes = ArrayField(models.CharField(max_length=24), default=scopes.usual, verbose_name=_("may do"))
    stores = models.ManyToManyField(Store, blank=True, related_name="+")
    addresses = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name=_("allowed addresses")
    )
    must_sign = models.BooleanField(_("signed calls only"), default=False)
    calls_per_minute = models.PositiveIntegerField(_("calls a minute"), default=6_000)
    secret_sha256 = models.CharField(max_length=64)
    secret_sealed = models.BinaryField(default=b"")
    secret_since = models.DateTimeField(null=True)
    old_secret_sha256 = models.CharField(max_length=64, blank=True, default="")
    old_secret_sealed = models.BinaryField(default=b"")
    old_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True)
    refused_from = models.GenericIPAddressField(null=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(old_until=None, old_secret_sha256="") | (Q(old_until__isnull=False) & ~Q(old_secret_sha256="")),
                name="api_key_old_secret_ends",
            ),
            models.CheckConstraint(condition=Q(calls_per_minute__gt=0), name="api_key_may_call"),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.prefix}… {self.name}"

    def is_live(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def has_old_secret(self, now: datetime) -> bool:
        """Whether the secret before the last rotation still opens."""
        return self.old_until is not None and now < self.old_until

    def may(self, scope: str) -> bool:
        return scope in self.scopes


class ApiUse(models.Model):
    """How often a key called in one minute (minutes since 1970)."""

    pk = models.CompositePrimaryKey("key_id", "minute")
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="uses", db_constraint=False, db_index=False)
    minute = models.IntegerField()
    calls = models.IntegerField()


class ApiNonce(models.Model):
    """A word that a signed call carried: it counts once in ten minutes, whichever server is asked."""

    pk = models.CompositePrimaryKey("key_id", "nonce")
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    nonce = models.CharField(max_length=64, db_collation="C")
    seen_at = models.DateTimeField(db_index=True)


class ApiAnswer(models.Model):
    """What a call with an ``Idempotency-Key`` was answered, written in the transaction of its effect."""

    pk = models.CompositePrimaryKey("key_id", "name")
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    name = models.CharField(max_length=255, db_collation="C")
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of method, address and body")
    status = models.SmallIntegerField()
    body = models.BinaryField()
    at = models.DateTimeField(db_index=True)


class ApiName(models.Model):
    """A partner's own number of one thing among many (an event of a batch): it counts once for its channel, for good."""

    pk = models.CompositePrimaryKey("channel_id", "kind", "name")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=12, db_collation="C")
    name = models.CharField(max_length=64, db_collation="C")
    at = models.DateTimeField()
