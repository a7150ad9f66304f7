from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Staff


class Segment(models.Model):
    """A rule that says which members. The rule is JSON (``segments.rules.tree``); every change adds one to ``version``."""

    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    rule = models.JSONField(_("rule"))
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"))
    archived_at = models.DateTimeField(null=True, blank=True)
    last_count = models.PositiveIntegerField(_("members"), null=True)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=models.Q(archived_at=None), name="segment_name_once")
        ]

    def __str__(self):
        return self.name


class AudienceSnapshot(models.Model):
    """A locked audience: who was in it, as bits by member id, and a hash. Never changed once written.

    ``bits`` is little-endian: member ``id`` is bit ``(id - 1) % 8`` of byte ``(id - 1) // 8``; ``sha256`` is of the
    sorted ids as 32-bit big-endian integers, so that it does not depend on how the bits are padded.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, related_name="snapshots")
    name = models.CharField(_("name"), max_length=80)
    rule = models.JSONField()
    rule_version = models.PositiveIntegerField(default=1)
    size = models.PositiveIntegerField(_("members"))
    bits = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    engine = models.CharField(max_length=10)
    locked_at = models.DateTimeField(_("locked"))
    locked_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-locked_at", "-pk"]

    def __str__(self):
        return self.number
