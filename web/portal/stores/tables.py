"""What the list of stores shows."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from stores.models import Store
from web.ui.tables import Column, Table
from web.ui.templatetags.stores_ui import STEPS, named, opening
from web.ui.templatetags.ui import badge


def state(store: Store):
    return badge(_("Closed"), "plain", "lock") if store.closed_on else badge(_("Open"), "good", "check")


def name_cell(store: Store):
    return format_html('<span class="q-two">{}<br><span class="q-sub">{}</span></span>', named(store), store.code)


def steps_done(store: Store) -> int:
    return sum(bool(getattr(store, field)) for field, _label in STEPS)


class StoreTable(Table):
    columns = (
        Column("name", _("Store"), cell=name_cell, export=lambda store: store.name),
        Column("code", _("Store number"), kind="code", sort="code", hidden=True),
        Column("name_en", _("English name"), hidden=True),
        Column("brand", _("Brand"), value=lambda store: named(store.brand)),
        Column("region", _("Region"), value=lambda store: named(store.region)),
        Column("dealer", _("Dealer"), value=lambda store: named(store.dealer) if store.dealer else None),
        Column("city", _("City"), sort="city"),
        Column("address", _("Address"), hidden=True),
        Column("phone", _("Telephone"), value="phone", hidden=True),
        Column("latitude", _("Latitude"), hidden=True),
        Column("longitude", _("Longitude"), hidden=True),
        Column("opening", _("Opening"), cell=opening, export=steps_done),
        Column("opened_on", _("Opened on"), kind="date", hidden=True),
        Column("invited_at", _("Manager invited"), kind="time", hidden=True),
        Column("code_printed_at", _("Code printed"), kind="time", hidden=True),
        Column("first_scan_at", _("First scan"), kind="time", hidden=True),
        Column("first_join_at", _("First member"), kind="time", hidden=True),
        Column("first_promotion_at", _("First promotion"), kind="time", hidden=True),
        Column("state", _("State"), cell=state, export=lambda store: "closed" if store.closed_on else "open"),
    )
    order = "code"

    def row_url(self, row: Store) -> str:
        return reverse("store-detail", args=[row.pk])

    def row_class(self, row: Store) -> str:
        return "is-faded" if row.closed_on else ""
