from django.db import models
from django.utils.translation import gettext_lazy as _

from .staff import Staff


class ExportRequest(models.Model):
    """A file of personal data that is larger than one may take alone: asked with a reason, released by a second person.

    ``words`` are the filters of the list, without searched words. Once released it may be taken once, for a day.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a second person")
        RELEASED = "released", _("Released")
        REFUSED = "refused", _("Refused")
        TAKEN = "taken", _("Taken")

    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    name = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    form = models.CharField(max_length=4)
    rows = models.IntegerField(_("rows"))
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")),
                name="export_released_by_another",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=("released", "taken")) | models.Q(decided_by__isnull=False, until__isnull=False),
                name="export_taken_when_released",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"E{self.pk:06d}"
