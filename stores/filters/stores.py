"""Which questions one may ask the list of stores."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..models import Brand, Dealer, Region, Store
from ..queries import board, stores

STEPS = [
    ("invited", _("Manager invited")), ("printed", _("Code printed")), ("scanned", _("First scan")),
    ("joined", _("First member")), ("promoted", _("First promotion")),
]  # fmt: skip


def brands_of(request):
    return stores.brands_visible_to(request.user) if request else Brand.objects.none()


def regions_of(request):
    return stores.regions_visible_to(request.user) if request else Region.objects.none()


def dealers_of(request):
    return stores.dealers_visible_to(request.user) if request else Dealer.objects.none()


class StoreFilter(django_filters.FilterSet):
    """Code, name or city; place in the tree; how far the opening has come; open or closed."""

    q = django_filters.CharFilter(method="search", label=_("Store number, name, city or address"))
    brand = django_filters.ModelChoiceFilter(queryset=brands_of, label=_("Brand"))
    region = django_filters.ModelChoiceFilter(queryset=regions_of, label=_("Region"))
    dealer = django_filters.ModelChoiceFilter(queryset=dealers_of, label=_("Dealer"))
    city = django_filters.CharFilter(field_name="city", label=_("City"))
    waits = django_filters.ChoiceFilter(
        method="waiting_for",
        label=_("Waits for"),
        choices=[*STEPS, ("nothing", _("Nothing: all done"))],
    )
    reached = django_filters.ChoiceFilter(method="that_reached", label=_("Reached"), choices=STEPS)
    state = django_filters.ChoiceFilter(
        method="in_state", label=_("State"), choices=[("open", _("Open")), ("closed", _("Closed"))]
    )

    class Meta:
        model = Store
        fields: list[str] = []

    def search(self, rows, _name, value):
        text = value.strip()
        words = Q(code__icontains=text) | Q(name__icontains=text) | Q(name_en__icontains=text)
        return rows.filter(words | Q(city__icontains=text) | Q(address__icontains=text))

    def waiting_for(self, rows, _name, value):
        if value == "nothing":
            return rows.filter(**{f"{field}__isnull": False for field in board.FIELDS.values()})
        return rows.filter(**{board.FIELDS[value]: None})

    def that_reached(self, rows, _name, value):
        return rows.filter(**{f"{board.FIELDS[value]}__isnull": False})

    def in_state(self, rows, _name, value):
        return rows.filter(closed_on__isnull=value == "open")
