"""The copy of a person's data in words: tables and columns as people call them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.utils.text import capfirst


def tables_of(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Name, head and lines of each table; a column that no row fills is left out."""
    shown = []
    for label, rows in found.items():
        model = apps.get_model(label)
        names = [name for name in _columns(model) if any(name in row for row in rows)]
        head = [capfirst(str(_field(model, name).verbose_name)) for name in names]
        lines = [[row.get(name, "") for name in names] for row in rows]
        shown.append({"name": capfirst(str(model._meta.verbose_name_plural)), "head": head, "lines": lines})
    return shown


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _field(model: Any, attname: str) -> Any:
    return next(field for field in model._meta.concrete_fields if field.attname == attname)
