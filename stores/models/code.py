from django.db import models
from django.utils.translation import gettext_lazy as _

from .staff import Staff
from .store import Store


class StoreCode(models.Model):
    """A printed code (门店码): the place, and perhaps the person or poster, that a scan binds to.

    ``token`` is random (40 bits); ``check`` is its keyed check, written at issue so that a change of keys
    does not void what hangs on the wall. The public code is token + check.
    """

    class Kind(models.TextChoices):
        STORE = "store", _("Store")
        ASSOCIATE = "associate", _("Associate")
        POSTER = "poster", _("Poster")

    store = models.ForeignKey(Store, models.PROTECT, related_name="codes", verbose_name=_("store"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    associate = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="codes", verbose_name=_("associate")
    )
    label = models.CharField(_("poster"), max_length=60, blank=True)
    token = models.CharField(max_length=8, unique=True)
    check_chars = models.CharField(max_length=6)
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    printed_at = models.DateTimeField(_("printed"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_reason = models.CharField(max_length=200, blank=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store"], condition=models.Q(kind="store", revoked_at=None), name="one_live_store_code"
            ),
            models.UniqueConstraint(
                fields=["store", "associate"],
                condition=models.Q(kind="associate", revoked_at=None),
                name="one_live_associate_code",
            ),
            models.UniqueConstraint(
                fields=["store", "label"],
                condition=models.Q(kind="poster", revoked_at=None),
                name="one_live_poster_code",
            ),
        ]

    def __str__(self):
        return self.public

    @property
    def public(self) -> str:
        """What stands in the link: 8 random and 4 check characters."""
        return self.token + self.check_chars

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None


class CodeScan(models.Model):
    """Somebody opened a code's page. Counted once for each visitor and hour; no personal data."""

    code = models.ForeignKey(StoreCode, models.CASCADE, related_name="scans", db_index=False)
    visitor = models.CharField(max_length=32)
    hour = models.DateTimeField()
    at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "visitor", "hour"], name="scan_once_per_visitor_hour")]
        indexes = [models.Index(fields=["code", "-at"])]

    def __str__(self):
        return f"{self.code_id} {self.hour:%Y-%m-%d %H}"


class PosterArchive(models.Model):
    """A request for many posters in one file, made in the background."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    asked_by = models.ForeignKey(Staff, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=10)
    form = models.CharField(max_length=8)
    store_ids = models.JSONField(default=list)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"{self.form} {self.done}/{self.total}"
