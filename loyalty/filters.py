"""What loyalty adds to the questions about members."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from members import filters
from stores.filters.stores import brands_of

from .models import Coupon, CouponTemplate, Standing, Tier
from .queries import programs


def tiers_of(request: Any) -> QuerySet[Tier]:
    """The tiers that may be chosen."""
    return programs.ladders(request.user) if request else Tier.objects.none()


class MemberFilter(filters.MemberFilter):
    """The questions about members, with the tier."""

    tier = django_filters.ModelChoiceFilter(queryset=tiers_of, method="on_tier", label=_("Tier"), empty_label=_("All"))

    def on_tier(self, rows: QuerySet, _name: str, value: Tier) -> QuerySet:
        return rows.filter(Exists(Standing.objects.filter(member=OuterRef("pk"), tier=value)))


class CouponTemplateFilter(django_filters.FilterSet):
    """The questions about coupon templates: name, brand, still given out or not."""

    q = django_filters.CharFilter(method="on_text", label=_("Name"))
    brand = django_filters.ModelChoiceFilter(field_name="program__brand", queryset=brands_of, label=_("Brand"))
    state = django_filters.ChoiceFilter(
        method="on_state", label=_("State"), choices=[("live", _("Given out")), ("ended", _("Stopped"))]
    )

    class Meta:
        model = CouponTemplate
        fields: list[str] = []

    def on_text(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(Q(name__icontains=value.strip()) | Q(name_en__icontains=value.strip()))

    def on_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(is_live=value == "live")


class CouponFilter(django_filters.FilterSet):
    """The questions about one template's coupons: whose, and where they stand by the database's clock."""

    q = django_filters.CharFilter(method="on_text", label=_("Member number"))
    state = django_filters.ChoiceFilter(
        method="on_state",
        label=_("State"),
        choices=[("open", _("To use")), ("used", _("Used")), ("expired", _("Ran out")), ("voided", _("Withdrawn"))],
    )

    class Meta:
        model = Coupon
        fields: list[str] = []

    def on_text(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(member__number__iexact=value.strip())

    def on_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value in ("used", "voided"):
            return rows.exclude(**{"redeemed_at" if value == "used" else "voided_at": None})
        rows = rows.filter(redeemed_at=None, voided_at=None)
        return rows.filter(expires_at__gt=Now()) if value == "open" else rows.filter(expires_at__lte=Now())
