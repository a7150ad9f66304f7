"""People who have not joined: the list, and what is known of one."""

import django_filters
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.filters import channels_of, stores_named
from members.models import Member
from members.queries import events, members, profiles, prospects
from stores.access import Permission
from stores.filters.days import FromDay, UntilDay
from web.ui import formats
from web.ui.pages import DetailPage, Empty, ListPage
from web.ui.tables import Column, Table

from .tables import store_name
from .timeline import moment

MOMENTS, ORDERS = 50, 20


class ProspectFilter(django_filters.FilterSet):
    """Number, store, channel, since when."""

    q = django_filters.CharFilter(field_name="number", lookup_expr="iexact", label=gettext_lazy("Member number"))
    store = django_filters.CharFilter(method="at_store", label=gettext_lazy("Store code or name"))
    channel = django_filters.ModelChoiceFilter(
        queryset=channels_of,
        field_name="joined_channel",
        label=gettext_lazy("Channel"),
        empty_label=gettext_lazy("All"),
    )
    seen_min = FromDay(field_name="created_at", label=gettext_lazy("Seen from"))
    seen_max = UntilDay(field_name="created_at", label=gettext_lazy("Seen until"))

    class Meta:
        model = Member
        fields: list[str] = []

    def at_store(self, rows, _name, value):
        return stores_named(rows, "home_store", value.strip())


class ProspectTable(Table):
    """One line for each; nothing in it says who somebody is."""

    columns = [
        Column("number", gettext_lazy("Member number"), kind="code"),
        Column("channel", gettext_lazy("Channel"), value=lambda row: formats.local_name(row.joined_channel)),
        Column("store", gettext_lazy("Store"), value=lambda row: store_name(row.home_store)),
        Column("associate", gettext_lazy("Associate"), value="associate.name", hidden=True),
        Column("orders", gettext_lazy("Orders"), value="order_count", kind="number"),
        Column("last", gettext_lazy("Last heard of"), value="last_at", kind="date"),
        Column("seen", gettext_lazy("First seen"), value="created_at", kind="date", sort="created_at"),
    ]
    order = "-created_at"

    def row_url(self, row: Member) -> str:
        return reverse("prospect-detail", args=[row.number])


class ProspectList(ListPage):
    """Everybody who has not joined, as far as this person may see them."""

    permission = Permission.MEMBER_VIEW
    filter_class = ProspectFilter
    table_class = ProspectTable
    title = gettext_lazy("Prospects")
    empty = Empty(
        gettext_lazy("No prospects yet"),
        gettext_lazy("Followers, scanners and buyers whom we know by a platform's name appear here until they join."), "eye",
    )  # fmt: skip

    def rows(self):
        return prospects.for_list(self.request.user)


class ProspectPage(DetailPage):
    """What is known of one: identities, what happened, what they bought."""

    permission = Permission.MEMBER_VIEW
    template = "portal/members/prospect.html"
    lookup = "number"

    def get(self, request, *args, **kwargs):
        if members.visible_to(request.user).filter(number=kwargs["number"]).exists():  # has joined since
            return redirect("member-detail", number=kwargs["number"])
        return super().get(request, *args, **kwargs)

    def rows(self):
        return prospects.for_list(self.request.user)

    def crumbs(self):
        return [(_("Prospects"), reverse("prospect-list"))]

    def context(self):
        prospect, staff = self.object, self.request.user
        told = events.timeline(prospect, staff)[:MOMENTS]
        return {
            "title": prospect.number, "identities": profiles.identities(prospect),
            "moments": [moment(each, {}) for each in told], "orders": prospects.orders_of(staff, prospect)[:ORDERS],
        }  # fmt: skip
