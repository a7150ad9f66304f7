"""The side bar: what is offered, under which permission. A new page adds one Entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from stores import access
from stores.access import Permission as P


@dataclass(frozen=True)
class Entry:
    """One line: label, url name, icon, permission. ``family`` are the starts of url names that light it up."""

    label: Any
    url_name: str
    icon: str
    permission: P
    family: tuple[str, ...] = ()

    def is_current(self, name: str) -> bool:
        return name == self.url_name or name.startswith(self.family or (self.url_name.rpartition("-")[0] + "-",))


@dataclass(frozen=True)
class Section:
    label: Any
    entries: tuple[Entry, ...]


MENU: tuple[Section, ...] = (
    Section("", (Entry(_("Home"), "home", "home", P.HOME_VIEW, ("home",)),)),
    Section(
        _("Members"),
        (
            Entry(_("Members"), "member-list", "users", P.MEMBER_VIEW),
            Entry(_("Prospects"), "prospect-list", "eye", P.MEMBER_VIEW),
            Entry(_("Possible pairs"), "pair-list", "link", P.MEMBER_MERGE),
            Entry(_("Audiences"), "segment-list", "target-arrow", P.SEGMENT_VIEW, ("segment-", "snapshot-")),
            Entry(_("Tags"), "tag-list", "tag", P.TAG_VIEW),
            Entry(_("Orders"), "order-list", "receipt", P.ORDER_VIEW),
            Entry(_("Privacy desk"), "privacy-list", "shield-check", P.PRIVACY_VIEW, ("privacy-", "member-privacy")),
            Entry(_("Large files"), "export-list", "download", P.MEMBER_EXPORT),
            Entry(_("Imports"), "import-list", "file-spreadsheet", P.MEMBER_IMPORT),
        ),
    ),
    Section(
        _("Campaigns"),
        (
            Entry(_("Campaigns"), "campaign-list", "send", P.CAMPAIGN_VIEW),
            Entry(_("Templates"), "template-list", "copy", P.CAMPAIGN_VIEW),
        ),
    ),
    Section(
        _("Loyalty"),
        (
            Entry(_("Programmes"), "program-list", "award", P.PROGRAM_VIEW),
            Entry(_("Coupons"), "coupon-list", "ticket", P.COUPON_VIEW),
            Entry(_("Products"), "product-list", "box", P.PRODUCT_VIEW),
        ),
    ),
    Section(
        _("Stores"),
        (
            Entry(_("Stores"), "store-list", "building-store", P.STORE_VIEW),
            Entry(_("Opening board"), "store-board", "list-check", P.STORE_VIEW, ("store-board",)),
            Entry(_("Store codes"), "code-list", "qrcode", P.CODE_VIEW),
            Entry(_("Staff"), "staff-list", "users-group", P.STAFF_VIEW),
        ),
    ),
    Section(
        _("System"),
        (
            Entry(_("Data health"), "data-health", "activity", P.CHANNEL_VIEW, ("data-health",)),
            Entry(_("Channels"), "channel-list", "link", P.CHANNEL_VIEW),
            Entry(_("Senders"), "sender-list", "mail", P.SENDER_VIEW),
            Entry(_("Action log"), "log-list", "history", P.LOG_VIEW),
        ),
    ),
)


def address(name: str) -> str:
    """The address of a url name, or nothing while that page is not mounted in this installation."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def offered(request: HttpRequest) -> Iterator[dict]:
    """The sections and lines this person may open, with the current one marked."""
    staff = request.user
    here = request.resolver_match.url_name if request.resolver_match else ""
    for section in MENU:
        lines = [
            {"entry": entry, "url": url, "is_current": entry.is_current(here or "")}
            for entry in section.entries
            if access.may(staff, entry.permission) and (url := address(entry.url_name))
        ]
        exact = [line for line in lines if line["entry"].url_name == here]
        for line in lines:
            line["is_current"] = line["is_current"] if not exact else line in exact
        if lines:
            yield {"label": section.label, "lines": lines}
