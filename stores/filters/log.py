"""Which questions one may ask the action log."""

from datetime import datetime, time, timedelta

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import LogEntry

KINDS = [
    ("staff", _("People")),
    ("session", _("Sign-in")),
    ("store", _("Stores")),
    ("code", _("Store codes")),
    ("member", _("Members")),
    ("order", _("Orders")),
    ("points", _("Points")),
    ("coupon", _("Coupons")),
    ("program", _("Programme")),
    ("channel", _("Channels")),
    ("key", _("API keys")),
    ("product", _("Products")),
    ("import", _("Imports")),
    ("privacy", _("Privacy")),
    ("export", _("Large files")),
]


class LogFilter(django_filters.FilterSet):
    """Who, what, to which thing, when (whole days in the reader's time zone)."""

    q = django_filters.CharFilter(method="search", label=_("Who or what"))
    kind = django_filters.ChoiceFilter(choices=KINDS, method="about", label=_("Kind"))
    since = django_filters.DateFilter(method="from_day", label=_("From"))
    until = django_filters.DateFilter(method="to_day", label=_("To"))

    class Meta:
        model = LogEntry
        fields: list[str] = []

    def search(self, rows, _name, value):
        text = value.strip()
        return rows.filter(Q(actor_name__icontains=text) | Q(object_label__icontains=text) | Q(action=text))

    def about(self, rows, _name, value):
        return rows.filter(action__startswith=f"{value}.")

    def from_day(self, rows, _name, value):
        return rows.filter(at__gte=timezone.make_aware(datetime.combine(value, time.min)))

    def to_day(self, rows, _name, value):
        return rows.filter(at__lt=timezone.make_aware(datetime.combine(value + timedelta(days=1), time.min)))
