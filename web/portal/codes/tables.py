"""What the lists of codes and of archives show."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from stores.models import PosterArchive, StoreCode
from stores.rules import codes as shape
from web.ui.tables import Column, Table
from web.ui.templatetags.stores_ui import code_state, named
from web.ui.templatetags.ui import badge

from .forms import FORM_NAMES

TONES = {"queued": "plain", "running": "info", "done": "good", "failed": "bad"}


def code_cell(code: StoreCode):
    return format_html('<span class="q-code">{}</span>', shape.readable(code.public))


def store_cell(code: StoreCode):
    return format_html(
        '<span class="q-two"><a href="{}">{}</a><br><span class="q-sub">{} · {}</span></span>',
        reverse("store-detail", args=[code.store_id]), named(code.store), named(code.store.brand), code.store.code,
    )  # fmt: skip


def purpose(code: StoreCode) -> str:
    who = str(code.associate or code.label or "")
    return f"{code.get_kind_display()} · {who}" if who else str(code.get_kind_display())


class CodeTable(Table):
    columns = (
        Column("code", _("Store code"), kind="code", cell=code_cell, export=lambda code: shape.readable(code.public)),
        Column("store", _("Store"), cell=store_cell, export=lambda code: code.store.name),
        Column("store_code", _("Store number"), value="store.code", kind="code", hidden=True),
        Column("region", _("Region"), value=lambda code: named(code.store.region), hidden=True),
        Column("kind", _("For"), value=purpose),
        Column("state", _("State"), cell=code_state, export=lambda code: "live" if code.is_live else "revoked"),
        Column("issued_at", _("Issued"), kind="date"),
        Column("issued_by", _("Issued by"), value="issued_by.name", hidden=True),
        Column("printed_at", _("Printed"), kind="date"),
        Column("scans", _("Scans"), value="scan_count", kind="number"),
        Column("joins", _("Joined"), value="join_count", kind="number"),
    )
    order = "-pk"

    def row_url(self, row: StoreCode) -> str:
        return reverse("code-detail", args=[row.pk])

    def row_class(self, row: StoreCode) -> str:
        return "" if row.is_live else "is-faded"


def archive_state(archive: PosterArchive):
    return badge(archive.get_status_display(), TONES[archive.status])


class ArchiveTable(Table):
    columns = (
        Column("asked_at", _("Asked for"), kind="time"),
        Column("form", _("Layout"), value=lambda archive: FORM_NAMES[archive.form]),
        Column("language", _("Language"), value=lambda archive: {"zh-hans": "中文", "en": "English"}[archive.language]),
        Column("total", _("Stores"), kind="number"),
        Column("done", _("Done"), kind="number"),
        Column("status", _("State"), cell=archive_state),
    )
    order = "-pk"

    def row_url(self, row: PosterArchive) -> str:
        return reverse("code-archive", args=[row.pk])
