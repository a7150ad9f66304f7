"""The chosen filters of a list as pills, each with the address that takes it away."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django_filters import FilterSet
from django_filters.fields import RangeField

from .forms import local_label


def pills(chosen: FilterSet, request: HttpRequest) -> Iterator[dict]:
    """One for each filter in use: label, value as read by people, address without it."""
    form = chosen.form
    form.is_valid()
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in (None, "", [], ()) or (hasattr(value, "exists") and not value):
            continue
        query = request.GET.copy()
        names = [name]
        if isinstance(field, RangeField):
            names = [key for key in query if key.startswith(f"{name}_")]
        for key in [*names, "page", "after", "before", *(["s"] if name == "q" else [])]:
            query.pop(key, None)
        yield {"label": field.label, "value": spoken(field, value), "url": f"?{query.urlencode()}"}


def spoken(field: Any, value: Any) -> str:
    """A filter's value in words."""
    if isinstance(value, slice):
        return f"{spoken(field, value.start) or '…'} – {spoken(field, value.stop) or '…'}"
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, Model):
        return local_label(value)
    if isinstance(value, str | int | bool):
        words = {str(key): label for key, label in getattr(field, "choices", ()) if not isinstance(label, list | tuple)}
        return str(words.get(str(value), value))
    if value is None:
        return ""
    return ", ".join(str(one) for one in value)
