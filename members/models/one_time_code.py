from django.db import models


class OneTimeCode(models.Model):
    """A six-digit code sent to a phone: hashed, bound to purpose, phone and browser session, short-lived."""

    purpose = models.CharField(max_length=16)
    phone_hash = models.CharField(max_length=64)
    session_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True)
    store_code_id = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_hash", "-sent_at"]),
            models.Index(fields=["address", "-sent_at"]),
            models.Index(fields=["-sent_at"]),
        ]

    class Privacy:
        keep = ["id", "purpose", "phone_hash", "session_hash", "code_hash", "store_code_id", "sent_at", "expires_at",
                "tries", "used_at"]  # fmt: skip
        erase = ["address"]
