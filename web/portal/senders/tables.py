"""Senders in a list."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from stores.models import Sender
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge

MEDIUM_ICONS = {Sender.Medium.SMS: "message", Sender.Medium.EMAIL: "mail", Sender.Medium.OFFICIAL_ACCOUNT: "users"}


def state_of(sender: Sender, now: datetime) -> tuple[Any, str, str]:
    """(word, tone, icon): ready, stopped by a person, or resting after errors."""
    if not sender.is_active:
        return _("Stopped"), "plain", "player-pause"
    if sender.closed_until and sender.closed_until > now:
        return _("Resting after errors"), "bad", "clock"
    if sender.errors_in_row:
        return _("Errors lately"), "warn", "alert-triangle"
    return _("Ready"), "good", "circle-check"


def name(row: Sender):
    return format_html('{}<span class="q-sub q-below q-code">{}</span>', row.name, row.code)


class SenderTable(Table):
    columns = (
        Column("name", _("Sender"), cell=name, export=lambda row: row.name),
        Column("kind", _("Kind"), value=lambda row: row.get_kind_display()),
        Column("medium", capfirst(_("medium")), value=lambda row: row.get_medium_display()),
        Column("rate", _("Per second"), kind="number"),
        Column("success", _("Last success"), value="last_success_at", kind="ago"),
        Column("errors", _("Errors in a row"), value="errors_in_row", kind="number", hidden=True),
        Column(
            "state", _("State"), cell=lambda row: badge(*state_of(row, timezone.now())),
            export=lambda row: str(state_of(row, timezone.now())[0]),
        ),
    )  # fmt: skip
    order = "code"

    def row_url(self, row: Sender) -> str:
        return reverse("sender-detail", args=[row.pk])

    def row_class(self, row: Sender) -> str:
        return "" if row.is_active else "is-faded"
