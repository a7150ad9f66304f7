"""The stores a file may name: by code, or by a name that only one store of the brand has."""

from __future__ import annotations

from collections import Counter

from stores.models import Store
from stores.queries import stores

from ..models import ImportRun


def of(run: ImportRun) -> dict[str, int]:
    """Lower-case code or unique name → store, of the run's brand and within its maker's scope."""
    known = stores.visible_to(run.created_by) if run.created_by else Store.objects.all()
    rows = list(known.filter(brand=run.brand).values_list("pk", "code", "name", "name_en"))
    names = Counter(name.lower() for _pk, _code, *both in rows for name in set(both) if name)
    words = {name.lower(): pk for pk, _code, *both in rows for name in both if name and names[name.lower()] == 1}
    return words | {code.lower(): pk for pk, code, *_names in rows}
