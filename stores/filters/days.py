"""A day in a filter means that day in the reader's zone; the comparison stays on the indexed column."""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone


def midnight(day: date) -> datetime:
    """The beginning of a day in the current zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


class FromDay(django_filters.DateFilter):
    """Rows at or after the beginning of a day."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(**{f"{self.field_name}__gte": midnight(value)}) if value else qs


class UntilDay(django_filters.DateFilter):
    """Rows before the end of a day."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(**{f"{self.field_name}__lt": midnight(value + timedelta(days=1))}) if value else qs
