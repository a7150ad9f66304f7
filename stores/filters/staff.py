"""Which questions one may ask the list of people."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..access import Role
from ..models import Staff


class StaffFilter(django_filters.FilterSet):
    """Name, login name or store code; role; still here or left."""

    q = django_filters.CharFilter(method="search", label=_("Name, login name or store code"))
    role = django_filters.ChoiceFilter(choices=Role.CHOICES, label=_("Role"))
    state = django_filters.ChoiceFilter(
        method="in_state",
        label=_("State"),
        choices=[("here", _("Working here")), ("invited", _("Not signed in yet")), ("left", _("Has left"))],
    )

    class Meta:
        model = Staff
        fields: list[str] = []

    def search(self, rows, _name, value):
        text = value.strip()
        at_store = Q(grants__store__code__iexact=text)
        return rows.filter(Q(name__icontains=text) | Q(username__icontains=text) | at_store).distinct()

    def in_state(self, rows, _name, value):
        if value == "left":
            return rows.filter(is_active=False)
        if value == "invited":
            return rows.filter(is_active=True, last_login=None)
        return rows.filter(is_active=True)
