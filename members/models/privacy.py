from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Staff

from .member import Member


class PrivacyRequest(models.Model):
    """What a person asked about their own data, until when it is to be answered, and who did what about it."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("A copy of the data")
        CORRECT = "correct", _("Correction")
        RESTRICT = "restrict", _("Stop the use of the data")
        RELEASE = "release", _("Allow the use again")
        ERASE = "erase", _("Erasure")

    class State(models.TextChoices):
        OPEN = "open", _("To be answered")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    member = models.ForeignKey(Member, models.PROTECT, related_name="privacy_requests", db_constraint=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    came_by = models.CharField(_("came by"), max_length=12)
    words = models.CharField(_("in the person's words"), max_length=500, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    due_on = models.DateField(_("answer by"))
    noted_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_constraint=False)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_constraint=False)
    decided_at = models.DateTimeField(_("answered"), null=True)
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    came_as = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "kind"], condition=models.Q(state="open"), name="one_open_privacy_request"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at=None) | models.Q(~models.Q(state="open"), decided_at__isnull=False),
                name="privacy_request_answered_once",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["due_on", "id"], condition=models.Q(state="open"), name="privacy_request_due")]

    class Privacy:
        keep = ["id", "member", "kind", "state", "came_by", "asked_at", "due_on", "noted_by", "decided_by",
                "decided_at", "came_as"]  # fmt: skip
        erase = ["words", "answer"]

    def __str__(self):
        return f"{self.kind} {self.pk}"
