"""Columns of the action log."""

import json

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from web.ui.tables import Column, Table

from . import words


def details(row) -> str:
    """Reason and before/after of one line."""
    return render_to_string("portal/log/diff.html", {"entry": row, "changes": words.changes(row)})


def plain(row) -> str:
    return json.dumps({"before": row.before, "after": row.after, "reason": row.reason}, ensure_ascii=False)


class LogTable(Table):
    caption = _("Action log")
    columns = (
        Column("at", _("Time"), kind="time", sort="at"),
        Column("who", _("Who"), value="actor_name"),
        Column("action", _("What was done"), value=lambda row: words.action(row.action), export=lambda row: row.action),
        Column("thing", _("To what"), value="object_label"),
        Column("details", _("Details"), cell=details, export=plain),
        Column("address", _("Address"), value="address", kind="code", hidden=True),
    )
    order = "-at"
