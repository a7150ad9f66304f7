from django.db import models
from django.utils.translation import gettext_lazy as _


class LogEntry(models.Model):
    """Who did what to which thing. No foreign keys: it outlives what it tells about.

    Append-only: the database refuses the rest. ``number``, ``salt``, ``digest`` and ``hash`` are the chain's, set once
    by the seal some seconds later: see ``stores.services.chain``.
    """

    at = models.DateTimeField(_("time"))
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("who"), max_length=60, blank=True)
    action = models.CharField(_("action"), max_length=60)
    object_kind = models.CharField(_("kind"), max_length=30)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(_("what"), max_length=160, blank=True)
    store_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True)
    number = models.BigIntegerField(null=True, unique=True, editable=False)
    salt = models.CharField(max_length=32, db_default="", editable=False)
    digest = models.CharField(max_length=64, db_default="", editable=False)
    hash = models.CharField(max_length=64, db_default="", editable=False)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"]),
            models.Index(fields=["object_kind", "object_id", "-at"]),
            models.Index(fields=["actor_id", "-at"]),
            models.Index(fields=["store_id", "-at"]),
            models.Index(fields=["id"], condition=models.Q(number=None), name="log_waits_for_seal"),
        ]

    def __str__(self):
        return f"{self.action} {self.object_label}"
