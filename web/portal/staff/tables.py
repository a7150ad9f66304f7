"""Columns of the list of people."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stores.queries import invites
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge

SHOWN = 3


def places(person: Any) -> str:
    """The first places of a person, from grants that the query fetched."""
    grants = list(person.grants.all())
    if not grants:
        return _("Whole chain") if person.scope == "chain" else "–"
    names = [str(one.store or one.region or one.dealer or one.brand) for one in grants[:SHOWN]]
    more = len(grants) - SHOWN
    return ", ".join(names) + (_(" and %(count)d more") % {"count": more} if more > 0 else "")


def codes(person: Any) -> str:
    """All place codes, for the file."""
    return ", ".join(str(one.store or one.region or one.dealer or one.brand) for one in person.grants.all())


def state_words(person: Any) -> tuple[str, str]:
    """What to say about an account, and in which tone."""
    if not person.is_active:
        return _("Has left"), "plain"
    if not person.has_usable_password():
        return _("Invited by link"), "info"
    if person.last_login is None:
        return _("Not signed in yet"), "warn"
    return _("Working here"), "good"


def state(person: Any) -> SafeString:
    return badge(*state_words(person))


class StaffTable(Table):
    caption = gettext_lazy("People")
    columns = (
        Column("name", gettext_lazy("Name"), sort="name"),
        Column("username", gettext_lazy("Login name"), sort="username", kind="code"),
        Column("role", gettext_lazy("Role"), value=lambda person: person.get_role_display(), sort="role"),
        Column("places", gettext_lazy("Places"), value=places, export=codes),
        Column("state", gettext_lazy("State"), cell=state, export=lambda person: state_words(person)[0]),
        Column("seen", gettext_lazy("Last sign-in"), value="last_login", kind="ago"),
        Column("created", gettext_lazy("Created"), value="created_at", kind="date", hidden=True),
    )
    order = "username"

    def row_url(self, row: Any) -> str:
        return reverse("staff-detail", args=[row.pk])

    def row_class(self, row: Any) -> str:
        return "" if row.is_active else "is-faded"


class InviteTable(Table):
    """Whom to hand which link."""

    caption = gettext_lazy("Open invitations")
    columns = (
        Column("name", gettext_lazy("Name")),
        Column("username", gettext_lazy("Login name"), sort="username", kind="code"),
        Column("role", gettext_lazy("Role"), value=lambda person: person.get_role_display()),
        Column("places", gettext_lazy("Places"), value=places, export=codes),
        Column(
            "link", gettext_lazy("Link"), cell=lambda person: shown_link(person), export=lambda person: link(person)
        ),
    )
    order = "username"

    def row_url(self, row: Any) -> str:
        return reverse("staff-detail", args=[row.pk])


def link(person: Any) -> str:
    """The whole address of a person's invitation."""
    return settings.SITE_URL + reverse("staff-welcome", args=[invites.token(person)])


def shown_link(person: Any) -> SafeString:
    address = link(person)
    return format_html(
        '<input class="form-control q-link-box" readonly value="{}" aria-label="{}">', address, _("Link")
    )
