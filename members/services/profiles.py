"""Becoming a member, and what a member's own page changes."""

from datetime import datetime

from django.db import connection

from stores.models import Channel, Staff, Store, StoreCode
from stores.services import log

from ..models import Identity, Member
from ..rules.numbers import number_of
from ..rules.receipts import printable
from . import binding, events, identity

NEXT_ID = "SELECT nextval(pg_get_serial_sequence('members_member', 'id'))"


def next_id() -> int:
    """Draw a member id. Ids stay dense but for the few that a lost race leaves behind."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_ID)
        return cursor.fetchone()[0]


def join(
    *,
    phone: str,
    name: str = "",
    store: Store | None = None,
    associate: Staff | None = None,
    code: StoreCode | None = None,
    channel: Channel | None = None,
    language: str = "zh-hans",
    now: datetime,
) -> tuple[Member, bool]:
    """The member with this canonical, proven phone; made when there is none. Returns (member, is_new). Inner.

    The unique key of identities decides: of two that race with one phone, one makes the member and both get it.
    """
    if known := identity.resolve(phone=phone):
        identity.confirm(Identity.Kind.PHONE, phone)
        held = identity.hold(known)  # a double tap gives one consent
        return _fill_name(held, name, now=now), False
    drawn = next_id()
    owner = identity.claim(Identity.Kind.PHONE, phone, drawn, now=now, channel=channel, verified=True)
    if owner != drawn:
        return identity.hold(Member.everyone.get(pk=owner)), False
    member = Member.objects.create(
        id=drawn, number=number_of(drawn), name=printable(name)[:60], language=language, home_store=store,
        associate=associate, joined_at=now, joined_channel=channel, joined_code=code, created_at=now, updated_at=now,
    )  # fmt: skip
    scanned = code.public if code else ""
    events.append("member.joined", member=member, at=now, store=store, channel=channel, code=scanned)
    log.record("member.joined", member, by=None, now=now, store_id=store.pk if store else None)
    if store:
        binding.first(member, store=store, associate=associate, code=code, now=now)
    return member, True


def _fill_name(member: Member, name: str, *, now: datetime) -> Member:
    """Keep the name that is there; take the new one when there is none."""
    if (name := printable(name)[:60]) and not member.name:
        member.name, member.updated_at = name, now
        member.save(update_fields=["name", "updated_at"])
    return member
