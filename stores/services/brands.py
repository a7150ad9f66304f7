"""What a brand decides for its stores."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ..models import Brand, Staff
from . import log


class BadRule(ValueError):
    """The rule cannot be kept like this. The text may be shown."""


@transaction.atomic(durable=True)
def edit_binding(brand: Brand, *, binding: str, days: int, by: Staff, now: datetime) -> Brand:
    """Choose which scan binds a member: the first, the latest, or one after ``days`` days. Past bindings stay."""
    if binding not in Brand.Binding.values or not 1 <= days <= 3650:
        raise BadRule(_("Choose a rule, and 1 to 3,650 days."))
    locked = Brand.objects.select_for_update().get(pk=brand.pk)
    before = {"binding": locked.binding, "days": locked.binding_days}
    locked.binding, locked.binding_days = binding, days
    locked.save(update_fields=["binding", "binding_days"])
    log.record("brand.binding_edited", locked, by=by, now=now, before=before, after={"binding": binding, "days": days})
    return locked
