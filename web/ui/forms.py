"""The base of our forms, and how one field is dressed."""

from typing import Any

from django import forms
from django.db.models import Model

from loyalty.models import Program

from .formats import local_name

CLASSES: list[tuple[type[forms.Widget], str]] = [
    (forms.CheckboxInput, "form-check-input"),
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.Select, "form-select"),
    (forms.ClearableFileInput, "form-control q-file"),
    (forms.Widget, "form-control"),
]


class DateInput(forms.DateInput):
    """The browser's own date field; the value is ISO in every language."""

    input_type = "date"

    def __init__(self, attrs: dict | None = None):
        super().__init__(attrs, format="%Y-%m-%d")


class Form(forms.Form):
    """Labels without colon; choices are named in the language of the page."""

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        name_choices(self)


def name_choices(form: forms.BaseForm) -> None:
    """Rows that a field offers carry their English name on English pages."""
    for field in form.fields.values():
        is_plain = getattr(type(field), "label_from_instance", None) is forms.ModelChoiceField.label_from_instance
        if is_plain:
            field.label_from_instance = local_label  # type: ignore[attr-defined]


def local_label(thing: Model) -> str:
    """What a row is called in the language of the page; a programme is called like its brand."""
    named = thing.brand if isinstance(thing, Program) else thing
    return local_name(named) if hasattr(named, "name_en") else str(named)


def dress(bound: forms.BoundField, **extra: Any) -> str:
    """The widget of a bound field with our classes, whatever form it comes from."""
    widget = bound.field.widget
    if isinstance(bound.field, forms.DateField) and isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    base = next(css for kind, css in CLASSES if isinstance(widget, kind))
    given = widget.attrs.get("class", "")
    css = " ".join(filter(None, [base, given, "is-invalid" if bound.errors else ""]))
    return bound.as_widget(attrs={**({"class": css} if css else {}), **extra})


def is_check(bound: forms.BoundField) -> bool:
    """A single checkbox: its label stands beside it."""
    return isinstance(bound.field.widget, forms.CheckboxInput)


def is_group(bound: forms.BoundField) -> bool:
    """Several boxes or buttons under one question: a fieldset with a legend."""
    return isinstance(bound.field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect)
