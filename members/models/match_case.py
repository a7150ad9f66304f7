from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Staff

from .member import Member


class MatchCase(models.Model):
    """Two members who may be one person: a conflict of sure signs, or a guess. Once for each pair; a person decides.

    ``one`` has the lower id. ``agrees`` and ``differs`` name kinds and scopes of identities, never values.
    """

    class Outcome(models.TextChoices):
        CONFLICT = "conflict", _("Sure signs contradict each other")
        PROPOSE = "propose", _("Perhaps the same")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a decision")
        MERGED = "merged", _("One person")
        APART = "apart", _("Two people")

    one = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    other = models.ForeignKey(Member, models.CASCADE, related_name="+", db_constraint=False)
    outcome = models.CharField(max_length=8, choices=Outcome)
    rule = models.CharField(max_length=60)
    agrees = models.JSONField(default=list)
    differs = models.JSONField(default=list)
    found_at = models.DateTimeField(_("found"))
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_constraint=False)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="match_case_once_per_pair"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="match_case_in_order"),
        ]
        indexes = [models.Index(fields=["-found_at", "-id"], condition=models.Q(state="open"), name="match_case_open")]

    class Privacy:
        keep = ["id", "one", "other", "outcome", "rule", "agrees", "differs", "found_at", "state", "decided_by",
                "decided_at", "reason"]  # fmt: skip

    def __str__(self):
        return f"{self.one_id} · {self.other_id}"
