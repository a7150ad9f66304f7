"""Import runs in a list."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members.imports import kinds
from members.models import ImportRun
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge

Status = ImportRun.Status
COLOURS = {
    Status.UPLOADED: "warn", Status.STAGING: "info", Status.PLANNED: "warn", Status.APPLYING: "info",
    Status.DONE: "good", Status.FAILED: "bad", Status.CANCELLED: "plain",
}  # fmt: skip


def state(run: ImportRun):
    return badge(run.get_status_display(), COLOURS[run.status])


def kind(run: ImportRun):
    return kinds.every()[run.kind].title if run.kind in kinds.every() else run.kind


class ImportTable(Table):
    columns = [
        Column("file", _("File"), value="file_name"),
        Column("state", _("State"), cell=state, export=lambda run: run.get_status_display()),
        Column("kind", _("Kind"), value=kind),
        Column("brand", _("Brand"), value="brand"),
        Column("source", _("Source"), value="source", hidden=True),
        Column("rows", _("Rows"), value="rows", kind="number"),
        Column("new", _("New"), value="new", kind="number"),
        Column("updated", _("Updated"), value="updated", kind="number"),
        Column("bad", _("Not imported"), value="bad", kind="number"),
        Column("by", _("By"), value="created_by"),
        Column("created", _("Uploaded"), value="created_at", kind="ago", sort="created_at"),
    ]
    order = "-created_at"

    def row_url(self, row):
        return reverse("import-detail", args=[row.pk])
