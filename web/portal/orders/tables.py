"""The columns of the orders list."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Order
from members.rules import phones
from web.ui import formats
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge


def shopper(order: Order) -> SafeString | str:
    """The masked member, or that nobody knows."""
    if order.member is None:
        return badge(_("Not a member"), "plain")
    name = phones.mask_name(order.member.name) or _("No name")
    url = reverse("member-detail", args=[order.member.number])
    return format_html('<a href="{}">{}</a> <span class="q-sub q-code">{}</span>', url, name, order.member.number)


def refunded(order: Order) -> SafeString | str:
    """How much was given back."""
    if not order.refunded:
        return "–"
    return badge(formats.money(order.refunded), "bad" if order.refunded == order.amount else "warn")


class OrderTable(Table):
    """Receipts, latest first."""

    columns = [
        Column("number", gettext_lazy("Order number"), kind="code"),
        Column("member", gettext_lazy("Member"), cell=shopper, export=lambda row: row.member and row.member.number),
        Column("store", gettext_lazy("Store"), value=lambda row: formats.local_name(row.store)),
        Column("store_code", gettext_lazy("Store number"), value="store.code", kind="code", hidden=True),
        Column("channel", gettext_lazy("Channel"), value=lambda row: formats.local_name(row.channel)),
        Column("paid", gettext_lazy("Paid"), value="paid_at", kind="time", sort="paid_at"),
        Column("received", gettext_lazy("Received"), value="received_at", kind="time", hidden=True),
        Column("refunded", gettext_lazy("Refunded"), cell=refunded, kind="money", export=lambda row: row.refunded),
        Column("amount", gettext_lazy("Amount"), kind="money"),
    ]
    order = "-paid_at"

    def row_url(self, row: Order) -> str:
        return reverse("order-detail", args=[row.pk])
