"""What coupons promise: made and changed by headquarters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import Staff, Store
from stores.services import log

from ..models import Coupon, CouponTemplate, Program

PROMISED = ("kind", "value", "most", "threshold", "place")  # fixed once somebody holds a coupon
WORDS = (
    "name", "name_en", "terms", "terms_en", *PROMISED, "valid_days", "valid_from", "valid_until", "stock", "is_welcome",
    "is_live",
)  # fmt: skip


class BadTemplate(ValueError):
    """The template cannot be kept like this; the text says why and may be shown."""


@transaction.atomic(durable=True)
def create(program: Program, *, stores: Iterable[Store] = (), by: Staff, now: datetime, **words: Any) -> CouponTemplate:
    """A new template of this programme; ``words`` are its fields. No stores: all of the brand. Raises BadTemplate."""
    program = Program.objects.select_for_update().get(pk=program.pk)  # one welcome coupon at a time
    template = CouponTemplate(program=program, created_at=now, **words)
    _check(template)
    template.save()
    template.stores.set(_own(template, stores))
    log.record("coupontemplate.created", template, by=by, now=now, after=_shown(template))
    return template


@transaction.atomic(durable=True)
def edit(
    template: CouponTemplate, *, stores: Iterable[Store], stock_seen: int | None, by: Staff, now: datetime, **words: Any
) -> CouponTemplate:
    """Change a template. What holders were promised stays as it is: raises BadTemplate when that would change.

    ``stock_seen`` is the stock that the editor looked at: what was given out meanwhile stays given out.
    """
    Program.objects.select_for_update().get(pk=template.program_id)
    template = CouponTemplate.objects.select_for_update().get(pk=template.pk)  # whoever gives out waits
    before = _shown(template)
    if any(words[name] != getattr(template, name) for name in PROMISED if name in words) and _is_issued(template):
        raise BadTemplate(_("Coupons were given out already: value and conditions cannot change. Make a new template."))
    if None not in (stock_seen, template.stock, words.get("stock")):
        words["stock"] = max(template.stock + words["stock"] - stock_seen, 0)
    for name, value in words.items():
        setattr(template, name, value)
    _check(template)
    template.save(update_fields=list(words))
    template.stores.set(_own(template, stores))
    log.record("coupontemplate.edited", template, by=by, now=now, before=before, after=_shown(template))
    return template


def _is_issued(template: CouponTemplate) -> bool:
    return Coupon.objects.filter(template=template).exists()


def _check(template: CouponTemplate) -> None:
    if template.value <= 0:
        raise BadTemplate(_("The value must be above zero."))
    if template.kind == CouponTemplate.Kind.PERCENT and template.value >= 100:
        raise BadTemplate(_("A percentage must be below 100."))
    if template.kind == CouponTemplate.Kind.AMOUNT and 0 < template.threshold < template.value:
        raise BadTemplate(_("The order must be at least as high as the value."))
    if template.valid_from and template.valid_until and template.valid_until < template.valid_from:
        raise BadTemplate(_("The last day lies before the first."))
    others = CouponTemplate.objects.filter(program=template.program_id, is_welcome=True, is_live=True)
    if template.is_welcome and template.is_live and others.exclude(pk=template.pk).exists():
        raise BadTemplate(_("Another coupon of this brand is given on joining. Stop it first."))


def _own(template: CouponTemplate, stores: Iterable[Store]) -> list[Store]:
    chosen = list(stores)
    if any(store.brand_id != template.program.brand_id for store in chosen):
        raise BadTemplate(_("A coupon counts at stores of its own brand only."))
    return chosen


def _shown(template: CouponTemplate) -> dict[str, Any]:
    values = {name: getattr(template, name) for name in WORDS}
    return {name: _written(value) for name, value in values.items() if value not in (None, "", False)}


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if isinstance(value, bool | int) else str(value)
