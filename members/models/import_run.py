"""Files that bring rows in: one run per file, what it will do, what is wrong with it, how far it got."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Brand, Staff


class ImportRun(models.Model):
    """One file on its way in. The same file from the same source is the same run, unless that was cancelled."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its columns")
        STAGING = "staging", _("Being checked")
        PLANNED = "planned", _("Checked, waiting for a yes")
        APPLYING = "applying", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(_("kind"), max_length=20)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UPLOADED)
    file = models.FileField(upload_to="imports/%Y/%m", max_length=200)
    file_name = models.CharField(_("file"), max_length=200)
    file_size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    source = models.CharField(_("source"), max_length=40)
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, related_name="+", verbose_name=_("brand"))
    mapping = models.JSONField(default=dict)
    consent_source = models.CharField(_("where consent was given"), max_length=120, blank=True)
    consent_evidence = models.CharField(_("evidence of consent"), max_length=200, blank=True)
    rows = models.IntegerField(_("rows"), default=0)
    new = models.IntegerField(_("new"), default=0)
    updated = models.IntegerField(_("updated"), default=0)
    unchanged = models.IntegerField(_("unchanged"), default=0)
    bad = models.IntegerField(_("not imported"), default=0)
    progress = models.IntegerField(default=0, help_text="rows handled in the present step")
    failure = models.CharField(max_length=40, blank=True, help_text="a code of members.imports.words")
    failure_detail = models.JSONField(default=dict)
    figures = models.JSONField(default=dict, help_text="seconds and memory of each step")
    lease_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("created"))
    step_started_at = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source", "sha256", "brand"],
                nulls_distinct=False,
                condition=~models.Q(status="cancelled"),
                name="import_file_once_per_source",
            )
        ]
        indexes = [models.Index(fields=["-created_at", "-id"]), models.Index(fields=["status", "lease_until"])]

    def __str__(self):
        return self.file_name

    @property
    def is_busy(self) -> bool:
        """A worker has it, or will take it."""
        return self.status in {self.Status.STAGING, self.Status.APPLYING}

    @property
    def is_over(self) -> bool:
        return self.status in {self.Status.DONE, self.Status.FAILED, self.Status.CANCELLED}


class ImportPlan(models.Model):
    """What one good row will do. ``target_id`` is the member (or product) it reaches; null until a new one is made."""

    class Action(models.IntegerChoices):
        NEW = 1, _("New")
        UPDATE = 2, _("Update")
        UNCHANGED = 3, _("Unchanged")

    pk = models.CompositePrimaryKey("run_id", "row_no")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="plan", db_constraint=False, db_index=False)
    row_no = models.IntegerField()
    action = models.SmallIntegerField(choices=Action)
    target_id = models.IntegerField(null=True)
    store_id = models.BigIntegerField(null=True)
    known = models.SmallIntegerField(default=0, help_text="identities of the row that its member holds already")

    def __str__(self):
        return f"{self.run_id}:{self.row_no}"


class ImportProblem(models.Model):
    """One reason why one row stays out. ``other_row`` is the row it collides with."""

    pk = models.CompositePrimaryKey("run_id", "row_no", "field", "code")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="problems", db_constraint=False, db_index=False)
    row_no = models.IntegerField()
    field = models.CharField(max_length=30)
    code = models.CharField(max_length=30)
    raw = models.CharField(max_length=120, blank=True)
    other_row = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run", "code", "row_no"], name="import_problem_code")]

    class Privacy:
        keep = ["run", "row_no", "field", "code", "other_row"]
        erase = ["raw"]

    def __str__(self):
        return f"{self.row_no} {self.field} {self.code}"


class ImportReject(models.Model):
    """The cells of a row that stays out, as the file had them: what the error workbook hands back."""

    pk = models.CompositePrimaryKey("run_id", "row_no")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rejects", db_constraint=False, db_index=False)
    row_no = models.IntegerField()
    cells = models.JSONField()

    class Privacy:
        keep = ["run", "row_no"]
        erase = ["cells"]

    def __str__(self):
        return f"{self.run_id}:{self.row_no}"


class ImportChunk(models.Model):
    """A slice of rows that is in. Written in the slice's own transaction: where a killed run goes on."""

    pk = models.CompositePrimaryKey("run_id", "first_row")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="chunks", db_constraint=False, db_index=False)
    first_row = models.IntegerField()
    last_row = models.IntegerField()
    tries = models.SmallIntegerField(default=1)
    done_at = models.DateTimeField()

    def __str__(self):
        return f"{self.first_row}-{self.last_row}"
