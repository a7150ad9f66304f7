"""Which questions one may ask the lists of members, orders and products."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from stores.filters.days import FromDay, UntilDay
from stores.models import Brand, Channel, Store
from stores.queries import channels, stores

from .models import Member, Order, Product
from .queries import data_health, members, products
from .rules.completeness import PARTS

FEW_STORES = 50


def brands_of(request: Any) -> QuerySet[Brand]:
    """The brands that may be chosen."""
    return stores.brands_visible_to(request.user) if request else Brand.objects.none()


def channels_of(request: Any) -> QuerySet[Channel]:
    """The channels that may be chosen."""
    return channels.visible_to(request.user).order_by("code") if request else Channel.objects.none()


def stores_named(rows: QuerySet, field: str, text: str) -> QuerySet:
    """Rows whose store has this code, or these words in its name.

    A few stores are named to the database one by one: it then knows that they are few, and begins with their index.
    """
    words = Q(code__iexact=text) | Q(name__icontains=text) | Q(name_en__icontains=text)
    found = Store.objects.filter(words).order_by().values_list("pk", flat=True)
    few = list(found[: FEW_STORES + 1])
    return rows.filter(**{f"{field}__in": few if len(few) <= FEW_STORES else found})


class MemberFilter(django_filters.FilterSet):
    """Phone, card, number or name; home store; brand; since when."""

    q = django_filters.CharFilter(
        method="search", label=_("Phone, card, member number, platform id, or last four + name")
    )
    brand = django_filters.ModelChoiceFilter(
        queryset=brands_of, field_name="home_store__brand", label=_("Brand"), empty_label=_("All")
    )
    store = django_filters.CharFilter(method="at_store", label=_("Store code or name"))
    joined_min = FromDay(field_name="joined_at", label=_("Joined from"))
    joined_max = UntilDay(field_name="joined_at", label=_("Joined until"))
    lacks = django_filters.ChoiceFilter(
        method="without", label=_("Not known"), empty_label=_("All"),
        choices=[(part.name, part.label) for part in PARTS if part.name in data_health.PARTS],
    )  # fmt: skip

    class Meta:
        model = Member
        fields: list[str] = []

    def search(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return members.matching(rows, value)

    def at_store(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return stores_named(rows, "home_store", value.strip())

    def without(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return data_health.lacking(rows, value)


class OrderFilter(django_filters.FilterSet):
    """Order number, store, channel, days, with or without a member, given back or not."""

    q = django_filters.CharFilter(method="search", label=_("Order number"))
    store = django_filters.CharFilter(method="at_store", label=_("Store code or name"))
    channel = django_filters.ModelChoiceFilter(queryset=channels_of, label=_("Channel"), empty_label=_("All"))
    paid_min = FromDay(field_name="paid_at", label=_("Paid from"))
    paid_max = UntilDay(field_name="paid_at", label=_("Paid until"))
    shopper = django_filters.ChoiceFilter(
        method="by_shopper", label=_("Shopper"), empty_label=_("All"),
        choices=[("member", _("Member")), ("unknown", _("Not a member"))],
    )  # fmt: skip
    refund = django_filters.ChoiceFilter(
        method="by_refund", label=_("Refund"), empty_label=_("All"),
        choices=[("some", _("Given back")), ("none", _("Not given back"))],
    )  # fmt: skip

    class Meta:
        model = Order
        fields: list[str] = []

    def search(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(number=value.strip())

    def at_store(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return stores_named(rows, "store", value.strip())

    def by_shopper(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(member__isnull=value == "unknown")

    def by_refund(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(refunded__gt=0) if value == "some" else rows.filter(refunded=0)


class ProductFilter(django_filters.FilterSet):
    """SKU or name; department."""

    q = django_filters.CharFilter(method="search", label=_("SKU or name"))
    department = django_filters.ChoiceFilter(
        choices=lambda: [(name, name) for name in products.departments()], label=_("Department"), empty_label=_("All")
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def search(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        text = value.strip()
        return rows.filter(Q(sku__istartswith=text) | Q(name__icontains=text))
