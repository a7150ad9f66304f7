"""What may be chosen in a condition, and what people call it: the sorts that ``segments.rules.fields`` names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loyalty.queries import programs
from members.queries import products, tags
from stores.models import Staff
from stores.queries import channels, stores

from ..rules.fields import MONTHS
from . import snapshots

Choice = tuple[Any, str]
LIMIT = 60


def offered(key: str, staff: Staff, *, text: str = "", limit: int = LIMIT) -> list[Choice]:
    """The first choices of a sort that contain the text, as (value in JSON, what people call it)."""
    text = text.strip()
    if key in FIXED:
        return [one for one in FIXED[key]() if text.lower() in one[1].lower()][:limit]
    if key in TEXTS:
        return [(word, word) for word in TEXTS[key](staff) if text.lower() in word.lower()][:limit]
    rows, names = ROWS[key]
    found = rows(staff)
    if text:
        wanted = Q()
        for name in names:
            wanted |= Q(**{f"{name}__icontains": text})
        found = found.filter(wanted)
    return [(row.pk, name_of(row, key)) for row in found[:limit]]


def called(key: str, values: Iterable[str], staff: Staff) -> dict[str, str]:
    """What people call chosen values, by value as text; what is unknown or out of sight is left out. One statement."""
    wanted = set(values)
    if not wanted:
        return {}
    if key in FIXED:
        return {str(value): label for value, label in FIXED[key]() if str(value) in wanted}
    if key in TEXTS:
        return {word: word for word in wanted}
    numbers = [int(one) for one in wanted if one.isascii() and one.isdecimal() and len(one) < 10]
    rows = EVERY.get(key, ROWS[key][0])(staff).filter(pk__in=numbers)
    return {str(row.pk): name_of(row, key) for row in rows}


def name_of(row: Any, key: str = "") -> str:
    """The row's name in the language of the page; a tier with its brand, a locked audience with its number."""
    if key == "snapshots":
        return f"{row.name} · {row.number}"
    own = _local(row)
    return f"{_local(row.program.brand)} · {own}" if key == "tiers" else own


def _local(row: Any) -> str:
    is_chinese = (get_language() or "").startswith("zh")
    return row.name if is_chinese else getattr(row, "name_en", "") or row.name


def _placed(staff: Staff) -> QuerySet:
    return stores.visible_to(staff).exclude(latitude=None).order_by("code")


FIXED: dict[str, Callable[[], list[Choice]]] = {
    "genders": lambda: [("f", _("Female")), ("m", _("Male"))],
    "months": lambda: [(number, str(label)) for number, label in MONTHS.items()],
}
TEXTS: dict[str, Callable[[Staff], Iterable[str]]] = {
    "cities": stores.cities_visible_to,
    "categories": lambda staff: products.categories(),
}
ROWS: dict[str, tuple[Callable[[Staff], QuerySet], tuple[str, ...]]] = {
    "stores": (lambda staff: stores.visible_to(staff).order_by("code"), ("name", "name_en", "code")),
    "placed_stores": (_placed, ("name", "name_en", "code")),
    "regions": (lambda staff: stores.regions_visible_to(staff).order_by("pk"), ("name", "name_en")),
    "brands": (lambda staff: stores.brands_visible_to(staff).order_by("pk"), ("name", "name_en")),
    "channels": (lambda staff: channels.visible_to(staff).order_by("pk"), ("name",)),
    "tiers": (lambda staff: programs.ladders(staff).select_related("program__brand"), ("name", "name_en")),
    "tags": (lambda staff: tags.in_use(), ("name", "name_en", "group")),
    "snapshots": (lambda staff: snapshots.visible_to(staff).order_by("-locked_at", "-pk"), ("name", "number")),
}
EVERY: dict[str, Callable[[Staff], QuerySet]] = {"tags": lambda staff: tags.dictionary()}  # also what is not offered
