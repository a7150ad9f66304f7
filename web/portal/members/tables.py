"""The columns of the members list."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from members.models import Identity, Member
from members.rules import phones
from stores.access import Permission, may
from web.ui import formats
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge

TONES = {1: "plain", 2: "info", 3: "warn", 4: "brand"}


def value_of(member: Member, kind: int) -> str:
    """The member's first phone or card, of those that the list fetched."""
    return next((row.value for row in member.shown_identities if row.kind == kind), "")


def store_name(store) -> str:
    """A store's name in the language of the page."""
    if store is None:
        return ""
    return store.name if formats.is_chinese() else store.name_en or store.name


def tier_name(member: Member) -> str:
    """The highest tier held, in the language of the page; nothing for somebody without a standing."""
    return member.tier_name if formats.is_chinese() else (member.tier_name_en or member.tier_name)


def who(member: Member) -> SafeString:
    """Masked name above the member number."""
    name = phones.mask_name(member.name) or _("No name")
    return format_html('{}<span class="q-sub q-below q-code">{}</span>', name, member.number)


def tier(member: Member) -> SafeString | str:
    """The tier as a badge."""
    return badge(tier_name(member), "brand") if member.tier_name else "–"


class MemberTable(Table):
    """Masked; the export shows the same."""

    columns = [
        Column("member", _("Member"), cell=who, export=lambda row: phones.mask_name(row.name)),
        Column("number", _("Member number"), kind="code", sort="number", hidden=True),
        Column("phone", _("Phone"), value=lambda row: value_of(row, Identity.Kind.PHONE), kind="phone"),
        Column("card", _("Card number"), value=lambda row: hide_card(value_of(row, Identity.Kind.CARD)), hidden=True),
        Column("tier", _("Tier"), cell=tier, export=tier_name),
        Column("points", _("Points"), kind="points"),
        Column("growth", _("Growth value"), kind="points", hidden=True),
        Column("store", _("Home store"), value=lambda row: store_name(row.home_store)),
        Column("store_code", _("Store number"), value="home_store.code", kind="code", hidden=True),
        Column("associate", _("Associate"), value="associate.name", hidden=True),
        Column("channel", _("Channel"), value=lambda row: formats.local_name(row.joined_channel)),
        Column("joined", _("Joined"), value="joined_at", kind="date", sort="joined_at"),
    ]
    order = "-joined_at"

    @property
    def ticks(self) -> str:
        """Rows can be ticked by those who may do something with them."""
        acts = (Permission.TAG_EDIT, Permission.SEGMENT_EDIT, Permission.MEMBER_EXPORT)
        return "chosen" if any(may(self.request.user, act) for act in acts) else ""

    def row_url(self, row: Member) -> str:
        return reverse("member-detail", args=[row.number])


def hide_card(value: str) -> str:
    """The last four of a card number."""
    return f"****{value[-4:]}" if value else ""
