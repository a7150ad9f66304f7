"""Words of the pages about stores and their codes."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from stores.models import Store, StoreCode
from stores.rules import codes as shape

from .. import formats
from .ui import badge

register = template.Library()

STEPS = (
    ("invited_at", _("Manager invited")), ("code_printed_at", _("Code printed")),
    ("first_scan_at", _("First scan")), ("first_join_at", _("First member")),
    ("first_promotion_at", _("First promotion")),
)  # fmt: skip


@register.filter
def named(node: Any) -> str:
    """The name of a brand, region, dealer or store in the language of the page."""
    english = (get_language() or "").startswith("en") and node.name_en
    return english or node.name


@register.filter
def readable(public: str) -> str:
    """ABCD-EFGH-2345."""
    return shape.readable(public)


@register.filter
def code_state(code: StoreCode) -> str:
    """In use, not printed yet, replaced or revoked."""
    if code.is_live:
        return badge(_("In use"), "good", "check") if code.printed_at else badge(_("Not printed"), "warn")
    return badge(_("Replaced"), "plain", "refresh") if code.replaced_by_id else badge(_("Revoked"), "bad", "x")


@register.filter
def opening(store: Store) -> str:
    """How far the opening has come: how many steps are done, with the next step in words."""
    done = [bool(getattr(store, field)) for field, _label in STEPS]
    if all(done):
        return badge(_("All done"), "good", "check")
    waits = next(label for (_field, label), is_done in zip(STEPS, done, strict=True) if not is_done)
    return format_html('{} <span class="q-sub">{}</span>', badge(f"{sum(done)}/{len(STEPS)}", "warn"), waits)


@register.filter
def total(rows: Iterable[Any], name: str) -> int:
    """The sum of one figure over rows."""
    return sum(getattr(row, name) or 0 for row in rows)


@register.filter
def minus(value: int, other: int) -> int:
    return value - other


@register.filter
def step(progress: Any, name: str) -> int:
    """One figure of the opening board."""
    return getattr(progress, name)


@register.filter
def distance(metres: float) -> str:
    """350 m, 2.4 km, 18 km."""
    if metres < 1000:
        return _("%(metres)d m") % {"metres": round(metres, -1)}
    kilometres = metres / 1000
    return _("%(number)s km") % {
        "number": formats.number(round(kilometres, 1) if kilometres < 10 else round(kilometres))
    }
