"""Handing out the copy of everything that is kept about one person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import Staff
from stores.services import log

from ..models import PrivacyRequest
from ..queries import privacy
from .privacy import CannotAnswer, Kind


@transaction.atomic(durable=True)
def hand_out(request: PrivacyRequest, *, by: Staff, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The copy, table by table, with a line in the log. Raises CannotAnswer when no copy was asked for."""
    if request.kind != Kind.ACCESS:
        raise CannotAnswer(_("Nobody asked for a copy here."))
    member = request.member
    after = {"request": request.pk}
    log.record("privacy.copied", member, by=by, now=now, store_id=member.home_store_id, after=after)
    return privacy.copy(member)
