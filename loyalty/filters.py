"""What loyalty adds to the questions about members."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from members import filters

from .models import Standing, Tier
from .queries import programs


def tiers_of(request: Any) -> QuerySet[Tier]:
    """The tiers that may be chosen."""
    return programs.ladders(request.user) if request else Tier.objects.none()


class MemberFilter(filters.MemberFilter):
    """The questions about members, with the tier."""

    tier = django_filters.ModelChoiceFilter(queryset=tiers_of, method="on_tier", label=_("Tier"), empty_label=_("All"))

    def on_tier(self, rows: QuerySet, _name: str, value: Tier) -> QuerySet:
        return rows.filter(Exists(Standing.objects.filter(member=OuterRef("pk"), tier=value)))
