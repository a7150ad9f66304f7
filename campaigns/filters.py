"""Which questions the lists of campaigns and of their messages may ask."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from loyalty.models import Coupon
from members.models import Order
from stores.filters.stores import brands_of

from .models import Campaign, Delivery


class CampaignFilter(django_filters.FilterSet):
    """Name or number, status, kind, brand."""

    q = django_filters.CharFilter(method="on_text", label=_("Name or number"))
    status = django_filters.ChoiceFilter(choices=Campaign.Status.choices, label=_("Status"), empty_label=_("All"))
    kind = django_filters.ChoiceFilter(choices=Campaign.Kind.choices, label=_("Kind"), empty_label=_("All"))
    brand = django_filters.ModelChoiceFilter(queryset=brands_of, label=_("Brand"), empty_label=_("All"))

    class Meta:
        model = Campaign
        fields: list[str] = []

    def on_text(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(Q(name__icontains=value.strip()) | Q(number__istartswith=value.strip()))


class DeliveryFilter(django_filters.FilterSet):
    """State, reason, and what the member did afterwards: opened the link, used the coupon, bought in the window."""

    status = django_filters.ChoiceFilter(choices=Delivery.Status.choices, label=_("State"), empty_label=_("All"))
    reason = django_filters.ChoiceFilter(choices=Delivery.Reason.choices, label=_("Reason"), empty_label=_("All"))
    did = django_filters.ChoiceFilter(
        method="on_did", label=_("Afterwards"), empty_label=_("All"),
        choices=[("opened", _("Opened the link")), ("redeemed", _("Used the coupon")), ("bought", _("Bought"))],
    )  # fmt: skip

    class Meta:
        model = Delivery
        fields: list[str] = []

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.campaign = campaign

    def on_did(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == "opened" or self.campaign is None:
            return rows.filter(opened_at__isnull=False)
        if value == "redeemed":
            return rows.filter(Exists(_used_coupons(self.campaign)))
        return rows.filter(Exists(_orders_in_window(self.campaign)), status=Delivery.Status.SENT)


def _used_coupons(campaign: Campaign) -> QuerySet:
    """The coupons of this message's own cause that were used."""
    mine = Coupon.objects.filter(template=campaign.coupon_template_id, member=OuterRef("member"))
    return mine.filter(redeemed_at__isnull=False, source__startswith=f"campaign:{campaign.pk}:")


def _orders_in_window(campaign: Campaign) -> QuerySet:
    """The member's orders within so many days after the message reached them."""
    days = Value(timedelta(days=campaign.window_days))
    until = ExpressionWrapper(OuterRef("sent_at") + days, output_field=DateTimeField())
    paid = Order.objects.filter(member=OuterRef("member"), paid_at__gte=OuterRef("sent_at"))
    return paid.annotate(until=until).filter(paid_at__lt=F("until"))
