"""What may be asked about the notices of a channel."""

import django_filters
from django.utils.translation import gettext_lazy as _

from ..models import Notice


class NoticeFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=Notice.State.choices, empty_label=_("All"))
    kind = django_filters.CharFilter(label=_("Kind"), lookup_expr="istartswith")

    class Meta:
        model = Notice
        fields = ["state", "kind"]
