"""Which questions one may ask the list of store codes."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..models import StoreCode
from ..rules import codes as shape
from .stores import brands_of, regions_of


class CodeFilter(django_filters.FilterSet):
    """Code, store or poster; kind; live, unused or revoked; brand and region."""

    q = django_filters.CharFilter(method="search", label=_("Code, store, associate or poster"))
    kind = django_filters.ChoiceFilter(choices=StoreCode.Kind.choices, label=_("Kind"))
    state = django_filters.ChoiceFilter(
        method="in_state",
        label=_("State"),
        choices=[("live", _("In use")), ("unprinted", _("Not printed")), ("revoked", _("Revoked"))],
    )
    brand = django_filters.ModelChoiceFilter(field_name="store__brand", queryset=brands_of, label=_("Brand"))
    region = django_filters.ModelChoiceFilter(field_name="store__region", queryset=regions_of, label=_("Region"))

    class Meta:
        model = StoreCode
        fields: list[str] = []

    def search(self, rows, _name, value):
        text = value.strip()
        if parts := shape.parse(text):
            return rows.filter(token=parts[0], check_chars=parts[1])
        words = Q(store__code__icontains=text) | Q(store__name__icontains=text) | Q(store__name_en__icontains=text)
        return rows.filter(words | Q(associate__name__icontains=text) | Q(label__icontains=text))

    def in_state(self, rows, _name, value):
        if value == "revoked":
            return rows.filter(revoked_at__isnull=False)
        live = rows.filter(revoked_at=None)
        return live.filter(printed_at=None) if value == "unprinted" else live
