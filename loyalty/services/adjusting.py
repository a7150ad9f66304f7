"""Corrections by hand, each with a reason and in the action log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Member
from members.services import events
from stores.models import Staff
from stores.services import log

from ..models import Book, Program
from . import points, programs, tiers
from .points import Posted


class CannotAdjust(Exception):
    """The correction cannot be made like this. The text may be shown."""


@transaction.atomic(durable=True)
def adjust(
    member: Member, program: Program, *, asset: str, amount: int, reason: str, form_id: str, by: Staff, now: datetime
) -> Posted:
    """Add (``amount`` > 0) or take whole points or growth value, once for each ``form_id``.

    ``form_id`` is drawn when the form is shown, so that a double click counts once. Raises CannotAdjust without a
    reason, with nothing to move or when the form was used for another amount, and NotEnoughPoints when the balance
    would fall below zero.
    """
    if not reason.strip() or amount == 0:
        raise CannotAdjust(_("A correction needs an amount and a reason."))
    try:
        programs.enrol_many([member.pk], program, at=now)
    except points.MergedMeanwhile as refusal:
        raise CannotAdjust(str(refusal)) from None
    book = Book.objects.get(program=program, asset=asset)
    account = points.lock(member, book)
    idem = f"adjust:{form_id}:{member.pk}:{book.pk}"
    version = account.version
    before = points.find([idem]).get(idem)
    if before and before.worth != amount:
        raise CannotAdjust(_("This form was used already. Open it anew."))
    posted = points.adjust(account, amount, idem=idem, at=now, reason=reason.strip(), by=by)
    if account.version != version:
        after: dict[str, Any] = {"asset": asset, "amount": amount, "balance": account.balance}
        log.record("points.adjusted", member, by=by, now=now, reason=reason, after=after)
        events.append("points.adjusted", member=member, at=now, program=program.pk, **after)
        tiers.reevaluate_many([member.pk], program, now=now, reason="adjust")
    return posted
