"""What a partner's key changes about a member: profile, identities, consents. Pages have doors of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from stores.models import Channel, Store
from stores.services import log

from ..models import Consent, Identity, Member
from ..rules.receipts import MemberRef, printable
from . import consent, editing, events, identity

METHOD = "api"
FIELDS = ("name", "gender", "birthday", "language")


@transaction.atomic(durable=True)
def edit(member: Member, changes: Mapping[str, Any], *, channel: Channel, now: datetime) -> Member:
    """Save what a partner knows better; what it does not name stays. The log keeps personal values masked."""
    locked = Member.objects.select_for_update().get(pk=member.pk)
    given = {field: changes[field] for field in FIELDS if field in changes}
    if "name" in given:
        given["name"] = printable(given["name"])
    changed = [field for field, value in given.items() if getattr(locked, field) != value]
    if not changed:
        return locked
    before = {field: editing.shown(field, getattr(locked, field)) for field in changed}
    for field in changed:
        setattr(locked, field, given[field])
    locked.updated_at = now
    locked.save(update_fields=[*changed, "updated_at"])
    after = {field: editing.shown(field, given[field]) for field in changed} | {"channel": channel.code}
    events.append("member.edited", member=locked, at=now, channel=channel, fields=changed)
    log.record("member.edited", locked, by=None, now=now, store_id=locked.home_store_id, before=before, after=after)
    return locked


@transaction.atomic(durable=True)
def attach(member: Member, ref: MemberRef, *, channel: Channel, now: datetime) -> Identity:
    """Give a member one more identity, unproven until they show it; harmless when it is theirs. Raises IdentityTaken."""
    return identity.attach(member, ref.kind, ref.value, now=now, channel=channel)


@transaction.atomic(durable=True)
def answer(
    member: Member, purpose: str, *, is_given: bool, language: str, store: Store | None, now: datetime
) -> Consent | None:
    """Write a yes or a no that the member gave a partner, with the text of that language; None when it holds already.

    A no after a yes withdraws it at once.
    """
    if is_given:
        return consent.give(member, purpose, language=language, method=METHOD, now=now, store=store)
    held = consent.latest(member, purpose)
    if held and held.is_given:
        return consent.withdraw(member, purpose, method=METHOD, now=now)
    return consent.give(member, purpose, is_given=False, language=language, method=METHOD, now=now, store=store)
