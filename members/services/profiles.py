"""Becoming a member, and what a member's own page changes."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from stores.models import Channel, Staff, Store, StoreCode
from stores.services import log

from ..models import Identity, Member
from ..rules.numbers import number_of
from ..rules.receipts import printable
from . import binding, events, identity, prospects

NEXT_ID = "SELECT nextval(pg_get_serial_sequence('members_member', 'id'))"


class Way(NamedTuple):
    """Where somebody joined, as far as it is known."""

    store: Store | None = None
    associate: Staff | None = None
    code: StoreCode | None = None
    channel: Channel | None = None


def next_id() -> int:
    """Draw a member id. Ids stay dense but for the few that a lost race leaves behind."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_ID)
        return cursor.fetchone()[0]


def join(
    *,
    phone: str = "",
    person: Member | None = None,
    name: str = "",
    store: Store | None = None,
    associate: Staff | None = None,
    code: StoreCode | None = None,
    channel: Channel | None = None,
    language: str = "zh-hans",
    now: datetime,
) -> tuple[Member, bool]:
    """The member with this canonical, proven phone; made when there is none. Returns (member, is_new). Inner.

    ``person`` is whom to make a member instead: somebody known already, with no phone or with this one. A prospect
    becomes a member with their number and timeline. The unique key of identities decides: of two that race with one
    phone, one makes the member and both get it.
    """
    if known := person or identity.resolve(phone=phone):
        if phone and person is None:
            identity.confirm(Identity.Kind.PHONE, phone)
        held = identity.hold(known)  # a double tap gives one consent
        if not held.is_prospect:
            return _fill_name(held, name, now=now), False
        return _become(held, Way(store, associate, code, channel), name=name, language=language, now=now), True
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


def _become(held: Member, way: Way, *, name: str, language: str, now: datetime) -> Member:
    """A prospect, whose row is locked, has joined. Bound by a code before, they stay so unless the brand's rule moves them."""
    held.joined_at, held.joined_channel, held.joined_code = now, way.channel or held.joined_channel, way.code
    held.language, held.updated_at, held.name = language, now, held.name or printable(name)[:60]
    is_first = held.home_store_id is None and way.store is not None
    if is_first:
        held.home_store, held.associate = way.store, way.associate
    held.save(update_fields=[
        "joined_at", "joined_channel", "joined_code", "language", "updated_at", "name", "home_store", "associate",
    ])  # fmt: skip
    orders = prospects.hand_over_orders(held)
    events.append(
        "member.joined", member=held, at=now, store=way.store, channel=held.joined_channel,
        code=way.code.public if way.code else "", before=orders,
    )  # fmt: skip
    log.record("member.joined", held, by=None, now=now, store_id=way.store.pk if way.store else None)
    if way.store:
        bind = binding.first if is_first else binding.bind
        bind(held, store=way.store, associate=way.associate, code=way.code, now=now)
    return held


def _fill_name(member: Member, name: str, *, now: datetime) -> Member:
    """Keep the name that is there; take the new one when there is none."""
    if (name := printable(name)[:60]) and not member.name:
        member.name, member.updated_at = name, now
        member.save(update_fields=["name", "updated_at"])
    return member
