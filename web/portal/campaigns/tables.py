"""What the lists of campaigns, templates and messages show."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignTemplate, Delivery
from web.ui import formats
from web.ui.tables import Column, Table
from web.ui.templatetags.campaigns_ui import campaign_state
from web.ui.templatetags.ui import badge, masked_name

from .forms import EVENTS

STATES = {
    Delivery.Status.PENDING: ("plain", "clock"), Delivery.Status.IN_FLIGHT: ("info", "send"),
    Delivery.Status.SENT: ("good", "circle-check"), Delivery.Status.FAILED: ("bad", "circle-x"),
    Delivery.Status.SUPPRESSED: ("plain", "minus"), Delivery.Status.UNKNOWN: ("warn", "alert-triangle"),
}  # fmt: skip


def named(name: str, below: Any):
    """A name with a quiet line below it."""
    return format_html('{}<span class="q-sub q-below">{}</span>', name, below) if below else name


def whom(row: Campaign) -> str:
    """The audience in a word or two."""
    if row.kind == Campaign.Kind.LOCAL and row.store:
        return formats.local_name(row.store)
    if row.kind == Campaign.Kind.TRIGGERED:
        event = str(EVENTS.get(row.trigger, ""))
        return f"{event} · {row.segment}" if row.segment else event
    return str(row.segment or row.snapshot or "")


def start(row: Campaign) -> str:
    if row.starts_at is None:
        return "–" if row.status != Campaign.Status.DRAFT else gettext("when launched")
    return formats.moment(row.starts_at)


def counted(name: str):
    """A figure that a draft does not have yet."""
    return lambda row: None if row.status == Campaign.Status.DRAFT else getattr(row, name)


class CampaignTable(Table):
    columns = (
        Column(
            "name",
            _("Campaign"),
            sort="name",
            cell=lambda row: named(row.name, row.number),
            export=lambda row: row.name,
        ),
        Column("number", _("Number"), kind="code", hidden=True),
        Column("status", _("Status"), cell=campaign_state, export=lambda row: row.get_status_display()),
        Column("kind", _("Kind"), value=lambda row: row.get_kind_display()),
        Column("audience", _("Audience"), value=whom),
        Column("start", _("Start"), value="starts_at", kind="time", cell=start, sort="starts_at"),
        Column("planned", _("Planned"), value=counted("planned"), kind="number"),
        Column("sent", _("Sent"), value=counted("sent"), kind="number"),
        Column("redeemed", _("Used coupons"), value=counted("redeemed"), kind="number"),
        Column("sender", _("Sender"), value="sender.name", hidden=True),
        Column("brand", _("Brand"), value=lambda row: formats.local_name(row.brand), hidden=True),
        Column("by", _("Made by"), value="created_by.name", hidden=True),
        Column("created", _("Made"), value="created_at", kind="date", sort="created_at", hidden=True),
    )
    order = "-created_at"

    def row_url(self, row: Campaign) -> str:
        return reverse("campaign-detail", args=[row.pk])

    def row_class(self, row: Campaign) -> str:
        return "is-faded" if row.status == Campaign.Status.CANCELLED else ""


def template_state(row: CampaignTemplate):
    if row.retired_at:
        return badge(gettext("Retired"), "plain", "lock")
    return (
        badge(gettext("Stores may start it"), "brand", "building-store")
        if row.is_local
        else badge(gettext("In use"), "good")
    )


class TemplateTable(Table):
    columns = (
        Column(
            "name", _("Template"), sort="name", cell=lambda row: named(formats.local_name(row), row.text[:60]),
            export=lambda row: row.name,
        ),
        Column("brand", _("Brand"), value=lambda row: formats.local_name(row.brand)),
        Column("coupon", _("Coupon"), value=lambda row: row.coupon_template and formats.local_name(row.coupon_template)),
        Column("sender", _("Sender"), value="sender.name"),
        Column("version", _("Version"), kind="number"),
        Column("changed", _("Changed"), value="updated_at", kind="ago", sort="updated_at"),
        Column("state", _("State"), cell=template_state, export=lambda row: "retired" if row.retired_at else "in use"),
    )  # fmt: skip
    order = "name"

    def row_url(self, row: CampaignTemplate) -> str:
        return reverse("template-edit", args=[row.pk])

    def row_class(self, row: CampaignTemplate) -> str:
        return "is-faded" if row.retired_at else ""


def person(row: Delivery):
    return format_html(
        '{}<span class="q-sub q-below q-code">{}</span>', masked_name(row.member.name), row.member.number
    )


def delivery_state(row: Delivery):
    return badge(row.get_status_display(), *STATES[Delivery.Status(row.status)])


def reason(row: Delivery) -> str:
    return str(Delivery.Reason(row.reason).label) if row.reason else ""


class DeliveryTable(Table):
    columns = (
        Column("member", _("Member"), value="member.number", cell=person),
        Column("store", _("Home store"), value=lambda row: formats.local_name(row.member.home_store)),
        Column("state", _("State"), cell=delivery_state, export=lambda row: row.get_status_display()),
        Column("reason", _("Reason"), value=reason),
        Column("sent", _("Sent"), value="sent_at", kind="time"),
        Column("opened", _("Opened"), value="opened_at", kind="time"),
        Column("attempts", _("Tries"), kind="number", hidden=True),
        Column("reference", _("Their number"), value="provider_id", kind="code", hidden=True),
        Column("problem", _("Their answer"), value="problem", hidden=True),
    )
    order = "pk"

    def row_url(self, row: Delivery) -> str:
        return reverse("campaign-chain", args=[row.campaign_id, row.pk])
