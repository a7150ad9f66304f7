"""Orders: the list and one receipt with what it earned."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.queries import orders as loyalty_orders
from members.filters import OrderFilter
from members.queries import members, orders
from members.rules import phones
from stores.access import Permission
from web.ui.pages import DetailPage, Empty, ListPage

from .tables import OrderTable


class OrderList(ListPage):
    """Every receipt of the stores this person sees."""

    permission = Permission.ORDER_VIEW
    filter_class = OrderFilter
    table_class = OrderTable
    title = gettext_lazy("Orders")
    export_permission = Permission.ORDER_EXPORT
    export_name = "order"
    empty = Empty(
        gettext_lazy("No orders yet"),
        gettext_lazy("Tills and shops send each paid order through the API. It earns points at once."),
        "receipt",
    )

    def rows(self):
        return orders.for_list(self.request.user)


class OrderPage(DetailPage):
    """One receipt: lines, refunds, and the points it earned."""

    permission = Permission.ORDER_VIEW
    template = "portal/orders/page.html"

    def rows(self):
        return orders.for_list(self.request.user).select_related("associate")

    def crumbs(self):
        return [(_("Orders"), reverse("order-list"))]

    def context(self):
        order, staff = self.object, self.request.user
        known = bool(order.member_id) and members.visible_to(staff).filter(pk=order.member_id).exists()
        return {
            "lines": list(orders.lines_of(order)), "refunds": list(orders.refunds_of(order)),
            "entries": list(loyalty_orders.entries_of(order)), "known": known,
            "shopper": phones.mask_name(order.member.name) if order.member else "",
        }  # fmt: skip
