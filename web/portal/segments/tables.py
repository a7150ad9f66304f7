"""What the lists of audiences, locked audiences and tags show."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from members.models import Tag
from segments.models import AudienceSnapshot, Segment
from web.ui import formats
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge


def named(name: str, below: str):
    """A name with a quiet line below it."""
    return format_html('{}<span class="q-sub q-below">{}</span>', name, below) if below else name


def size(row: Segment):
    """How many at the last count, and when that was."""
    if row.last_count is None:
        return format_html('<span class="q-sub">{}</span>', gettext("not counted yet"))
    return format_html(
        '{}<span class="q-sub q-below">{}</span>', formats.number(row.last_count), formats.ago(row.counted_at)
    )


def used(row: Segment) -> str:
    """By how many campaigns, and how often it was locked."""
    sent, locked = getattr(row, "campaigns", 0), getattr(row, "locked", 0)
    said = []
    if sent:
        said.append(ngettext("%(count)d campaign", "%(count)d campaigns", sent) % {"count": sent})
    if locked:
        said.append(ngettext("locked once", "locked %(count)d times", locked) % {"count": locked})
    return " · ".join(said)


class SegmentTable(Table):
    columns = (
        Column(
            "name",
            _("Audience"),
            sort="name",
            cell=lambda row: named(row.name, row.description),
            export=lambda row: row.name,
        ),
        Column("members", _("Members"), value="last_count", kind="number", cell=size),
        Column("version", _("Version"), kind="number"),
        Column("changed", _("Changed"), value="updated_at", kind="ago", sort="updated_at"),
        Column("used", _("Used by"), value=used),
        Column("by", _("Made by"), value="created_by.name"),
        Column("created", _("Made"), value="created_at", kind="date", hidden=True),
    )
    order = "-updated_at"

    def row_url(self, row: Segment) -> str:
        return reverse("segment-detail", args=[row.pk])


class SnapshotTable(Table):
    columns = (
        Column("name", _("Locked audience"), cell=lambda row: named(row.name, row.number), export=lambda row: row.name),
        Column("number", _("Number"), kind="code", hidden=True),
        Column("size", _("Members"), kind="number"),
        Column("segment", _("From"), value="segment.name"),
        Column("version", _("Version"), value="rule_version", kind="number"),
        Column("at", _("Locked at"), value="locked_at", kind="time", sort="locked_at"),
        Column("by", _("Locked by"), value="locked_by.name"),
        Column("hash", _("Hash"), value=lambda row: row.sha256[:12], kind="code", hidden=True),
    )
    order = "-locked_at"

    def row_url(self, row: AudienceSnapshot) -> str:
        return reverse("snapshot-detail", args=[row.pk])


def state(tag: Tag):
    return badge(gettext("Retired"), "plain", "lock") if tag.retired_at else badge(gettext("In use"), "good", "check")


def tag_cell(tag: Tag):
    return named(formats.local_name(tag), tag.description)


class TagTable(Table):
    columns = (
        Column(
            "name",
            _("Tag"),
            sort="name",
            cell=lambda tag: named(formats.local_name(tag), tag.description),
            export=lambda tag: tag.name,
        ),
        Column("name_en", _("English name"), hidden=True),
        Column("group", _("Group"), sort="group"),
        Column("members", _("Members"), value=lambda tag: getattr(tag, "worn", None), kind="number"),
        Column("state", _("State"), cell=state, export=lambda tag: "retired" if tag.retired_at else "in use"),
        Column("created", _("Made"), value="created_at", kind="date", hidden=True),
    )
    order = "name"

    def row_url(self, row: Tag) -> str:
        return reverse("tag-edit", args=[row.pk])

    def row_class(self, row: Tag) -> str:
        return "is-faded" if row.retired_at else ""
