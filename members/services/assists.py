"""Assisted joining: an associate hands over a link that counts once, and sees when the customer is done."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from stores.models import Staff, StoreCode
from stores.services import log

from ..models import Assist, Member

LIFE = timedelta(minutes=30)


@transaction.atomic(durable=True)
def start(code: StoreCode, *, by: Staff, now: datetime) -> Assist:
    """A new link that leads to the associate's own code, for half an hour and one person."""
    made = Assist.objects.create(
        token=secrets.token_urlsafe(18), store=code.store, associate=by, code=code, made_at=now, ends_at=now + LIFE
    )
    log.record("assist.started", made, by=by, now=now, store_id=code.store_id)
    return made


@transaction.atomic(durable=True)
def note_opened(assist: Assist, *, now: datetime) -> None:
    """The customer has it on their own phone."""
    Assist.objects.filter(pk=assist.pk, opened_at=None).update(opened_at=now)


def finish(token: str, member: Member, *, code: StoreCode, now: datetime) -> bool:
    """Somebody joined by this link; False when it was used, ran out, or leads elsewhere. Inner, counts once."""
    live = Assist.objects.filter(token=token, code=code, done_at=None, ends_at__gt=now)
    return bool(token) and live.update(done_at=now, member=member) == 1
