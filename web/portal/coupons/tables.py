"""Coupon templates and their coupons in lists. A code is its holder's own: only its end is shown."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from stores import access
from stores.access import Permission as P
from web.ui.formats import local_name
from web.ui.tables import Column, Table
from web.ui.templatetags.coupons import state_badge, state_word
from web.ui.templatetags.mobile import worth
from web.ui.templatetags.ui import badge


def live_badge(template):
    """Whether it is still given out."""
    return badge(_("Given out"), "good") if template.is_live else badge(_("Stopped"), "plain")


def left(template):
    """What may still be given out."""
    return _("no limit") if template.stock is None else template.stock


def place(coupon):
    """Where it was used."""
    return local_name(coupon.redeemed_store or coupon.redeemed_channel) if coupon.redeemed_at else ""


class TemplateTable(Table):
    columns = [
        Column("name", _("Coupon"), value=local_name, sort="name"),
        Column("brand", _("Brand"), value=lambda template: local_name(template.program.brand)),
        Column("worth", _("Value"), value=worth),
        Column("threshold", _("From an order of"), value=lambda template: template.threshold or None, kind="money"),
        Column("place", _("Where it counts"), value=lambda template: template.get_place_display()),
        Column("stock", _("Left to give out"), value=left),
        Column("issued", _("Number issued"), kind="number"),
        Column("used", _("Number used"), kind="number"),
        Column(
            "state", _("State"), cell=live_badge, export=lambda one: _("Given out") if one.is_live else _("Stopped")
        ),
    ]
    order = "-pk"

    def row_url(self, row):
        return reverse("coupon-detail", args=[row.pk])


class CouponTable(Table):
    columns = [
        Column("code", _("Code ends with"), value=str, kind="code"),
        Column("member", _("Member"), value="member.name", kind="name"),
        Column("number", _("Member number"), value="member.number", kind="code"),
        Column("issued", _("Issued on"), value="issued_at", kind="time"),
        Column("until", _("Usable until"), value="expires_at", kind="time"),
        Column("state", _("State"), cell=state_badge, export=state_word),
        Column("used", _("Used at"), value="redeemed_at", kind="time"),
        Column("place", _("Where"), value=place),
        Column("discount", _("Discount"), kind="money"),
        Column("receipt", _("Receipt number"), value="order_number", hidden=True),
        Column("source", _("Source"), hidden=True),
    ]
    order = "-pk"

    def __init__(self, request, kept=""):
        super().__init__(request, kept)
        self.may_void = access.may(request.user, P.COUPON_EDIT)
        if self.may_void and "export" not in request.GET:
            self.shown = [*self.shown, Column("act", _("Action"), cell=void_link)]


def void_link(coupon):
    """The way to withdraw one that is not used."""
    if coupon.redeemed_at or coupon.voided_at:
        return "–"
    url = reverse("coupon-void", args=[coupon.pk])
    return format_html('<a class="btn btn-sm btn-danger-soft" href="{}">{}</a>', url, _("Withdraw"))
