"""Two records found to be one person: who, when, why, and what is needed to take it back."""

from django.db import models

from stores.models import Staff

from .member import Member


class Merge(models.Model):
    """One merge of a loser into a winner. ``figures`` hold what both were worth before and the winner after.

    ``evidence`` says what agreed (kinds and scopes of identities), never the values. ``moved`` counts rows by table.
    """

    winner = models.ForeignKey(Member, models.PROTECT, related_name="merges_won", db_constraint=False)
    loser = models.ForeignKey(Member, models.PROTECT, related_name="merges_lost", db_constraint=False)
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_constraint=False)
    rule = models.CharField(max_length=40)
    reason = models.CharField(max_length=200)
    evidence = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_constraint=False)
    undo_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["loser"], condition=models.Q(undone_at=None), name="one_open_merge_for_a_loser"
            ),
            models.CheckConstraint(condition=~models.Q(winner=models.F("loser")), name="merge_of_two_people"),
        ]

    class Privacy:
        keep = ["id", "winner", "loser", "at", "by", "rule", "reason", "evidence", "moved", "figures", "undone_at",
                "undone_by", "undo_reason"]  # fmt: skip

    def __str__(self):
        return f"{self.loser_id} → {self.winner_id}"


class MergedRow(models.Model):
    """One line of a merge's manifest: a row that could not move as it was, by kind and key, and how it stood before.

    Rows that did move say themselves whom they came as (``came_as``), and need no line here.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows", db_index=False)
    kind = models.CharField(max_length=12)
    key = models.BigIntegerField()
    before = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merge", "kind", "key"], name="merged_row_once")]

    class Privacy:
        paths = ("merge__winner_id", "merge__loser_id")
        keep = ["id", "merge", "kind", "key", "before"]

    def __str__(self):
        return f"{self.kind} {self.key}"
