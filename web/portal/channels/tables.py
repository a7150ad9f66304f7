"""Channels in a list."""

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge


def state(channel):
    """Whether its keys open anything."""
    return badge(_("Active"), "good") if channel.is_active else badge(_("Stopped"), "plain")


class ChannelTable(Table):
    columns = [
        Column("code", capfirst(_("code")), sort="code", kind="code"),
        Column("name", _("Name")),
        Column("kind", _("Kind"), value=lambda channel: channel.get_kind_display()),
        Column("brand", _("Brand"), value=lambda channel: channel.brand or _("Whole chain")),
        Column("keys", _("Live keys"), value="live_keys", kind="number"),
        Column("used", _("Last used"), value="last_used_at", kind="ago"),
        Column(
            "state", _("State"), cell=state, export=lambda channel: _("Active") if channel.is_active else _("Stopped")
        ),
    ]
    order = "code"

    def row_url(self, row):
        return reverse("channel-detail", args=[row.pk])
