"""Showing a hidden phone: for a reason, noted, and not too often."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import LogEntry, Staff
from stores.services import log

from ..models import Identity, Member

ACTION = "member.phone_revealed"
PER_DAY = 30  # by one person in 24 hours


class CannotReveal(Exception):
    """The number stays hidden. The text may be shown."""


@transaction.atomic(durable=True)
def reveal(member: Member, *, reason: str, by: Staff, now: datetime, address: str | None = None) -> list[str]:
    """The member's phones in canonical form, written to the action log first.

    Raises CannotReveal without a reason, and beyond ``PER_DAY`` within 24 hours.
    """
    if len(reason.strip()) < 2:
        raise CannotReveal(_("Say why you need the number."))
    Staff.objects.select_for_update().get(pk=by.pk)  # two tabs at once are counted one after the other
    lately = LogEntry.objects.filter(actor_id=by.pk, at__gt=now - timedelta(days=1), action=ACTION)
    if lately.count() >= PER_DAY:
        raise CannotReveal(_("You have looked at many numbers today. Try again tomorrow, or ask an administrator."))
    log.record(ACTION, member, by=by, now=now, store_id=member.home_store_id, reason=reason.strip(), address=address)
    rows = Identity.objects.filter(member=member, kind=Identity.Kind.PHONE).order_by("added_at")
    return list(rows.values_list("value", flat=True))
