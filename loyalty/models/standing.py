from django.db import models

from members.models import Member

from .program import Program, Tier


class Standing(models.Model):
    """A person's membership of one brand's programme and the tier held there."""

    pk = models.CompositePrimaryKey("member_id", "program_id")
    member = models.ForeignKey(Member, models.PROTECT, related_name="standings", db_constraint=False, db_index=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="standings", db_constraint=False, db_index=False)
    since = models.DateTimeField()
    joined_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["tier"], name="standing_tier")]

    class Privacy:
        keep = ["member", "program", "tier", "since", "joined_at"]


class TierChange(models.Model):
    """One move on the ladder with the growth value that decided it. Append-only."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="tier_changes", db_constraint=False, db_index=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    before = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False)
    after = models.ForeignKey(Tier, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    growth = models.BigIntegerField()
    reason = models.CharField(max_length=20)
    at = models.DateTimeField()
    came_as = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member", "-at"])]

    class Privacy:
        keep = ["id", "member", "program", "before", "after", "growth", "reason", "at", "came_as"]
