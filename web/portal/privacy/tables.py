"""Columns of the privacy desk."""

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from members.models import PrivacyRequest
from members.rules import phones
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge

State = PrivacyRequest.State


def who(row: PrivacyRequest):
    name = phones.mask_name(row.member.name) or _("No name")
    return format_html('{}<span class="q-sub q-below q-code">{}</span>', name, row.member.number)


def state_of(row: PrivacyRequest) -> tuple[str, str, str]:
    """(word, tone, icon): open, late, done or refused."""
    if row.state == State.OPEN:
        is_late = row.due_on < timezone.localdate()
        return (_("Late"), "bad", "alert-triangle") if is_late else (_("To be answered"), "info", "clock")
    return (
        (row.get_state_display(), "good", "check")
        if row.state == State.DONE
        else (row.get_state_display(), "plain", "x")
    )


class RequestTable(Table):
    caption = _("Privacy desk")
    columns = [
        Column("member", _("Member"), cell=who, export=lambda row: row.member.number),
        Column("kind", _("What is asked"), value=lambda row: row.get_kind_display()),
        Column("asked", _("Asked"), value="asked_at", kind="time"),
        Column("due", _("Answer by"), value="due_on", kind="date"),
        Column("decided", _("Answered"), value="decided_at", kind="time"),
        Column("by", _("By"), value=lambda row: row.decided_by or "–"),
        Column("state", _("State"), cell=lambda row: badge(*state_of(row)), export=lambda row: row.get_state_display()),
    ]

    def row_url(self, row: PrivacyRequest) -> str:
        return reverse("privacy-detail", args=[row.pk])
