"""Coupon templates: the list, one of them with what became of its coupons, and these coupons."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.filters import CouponFilter, CouponTemplateFilter
from loyalty.queries import coupons as queries
from stores.access import Permission as P
from web.ui.formats import local_name
from web.ui.pages import Action, DetailPage, Empty, ListPage

from .tables import CouponTable, TemplateTable

HERE = (_("Coupons"), "/coupons/")


class TemplateList(ListPage):
    """What is given out, and how much of it was used."""

    permission = P.COUPON_VIEW
    filter_class = CouponTemplateFilter
    table_class = TemplateTable
    title = _("Coupons")
    export_permission = P.COUPON_VIEW
    export_name = "coupontemplate"
    empty = Empty(
        _("No coupons yet"), _("A template says what a coupon takes off, where and until when."), "ticket",
        _("New coupon template"), "/coupons/new/",
    )  # fmt: skip

    def rows(self):
        return queries.templates_visible_to(self.request.user)

    def fill(self, rows):
        found = queries.tallies(rows)
        for row in rows:
            row.issued, row.used = found[row.pk]

    def actions(self):
        return [Action(_("New coupon template"), reverse("coupon-new"), "plus", P.COUPON_EDIT, is_main=True)]


class TemplatePage(DetailPage):
    """One template: terms, stock, and what became of its coupons."""

    permission = P.COUPON_VIEW
    template = "portal/coupons/page.html"

    def rows(self):
        return queries.templates_visible_to(self.request.user)

    def crumbs(self):
        return [HERE]

    def context(self):
        found = self.object
        return {
            "title": local_name(found), "counts": queries.counts(found, timezone.now()),
            "stores": queries.places_of(found), "latest": queries.latest(found, self.request.user),
        }  # fmt: skip


class CouponList(ListPage):
    """One template's coupons; members masked, codes shortened."""

    permission = P.COUPON_VIEW
    filter_class = CouponFilter
    table_class = CouponTable
    title = _("Issued coupons")
    export_permission = P.COUPON_VIEW
    export_name = "coupon"
    empty = Empty(_("None issued yet"), _("A campaign, joining or a colleague gives them out."), "ticket")

    def rows(self):
        visible = queries.templates_visible_to(self.request.user)
        self.of = get_object_or_404(visible, pk=self.kwargs["pk"])
        return queries.of_template(self.of, self.request.user)

    def crumbs(self):
        return [HERE, (local_name(self.of), reverse("coupon-detail", args=[self.of.pk]))]
