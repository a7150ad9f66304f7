"""People who have not joined: known by a platform's name for them, with the same account and timeline as a member.

A prospect is a member's row without ``joined_at``. See docs/adr/0011-prospects.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from stores.models import Channel, Store

from ..models import Identity, Member
from ..rules.numbers import number_of
from ..rules.receipts import MemberRef
from . import events, identity
from .arrays import numbers, texts

Kind = Identity.Kind
# Names that a platform gives: each is one person's, and tells nothing about them. A phone or a card that a till types is not.
GIVEN = (Kind.OPENID, Kind.UNIONID, Kind.WECOM, Kind.ALIPAY, Kind.BUYER)
DRAW = "SELECT nextval(pg_get_serial_sequence('members_member', 'id')) FROM generate_series(1, %s)"
CLAIM = """
    INSERT INTO members_identity (kind, value, member_id, is_verified, added_at, channel_id)
    SELECT kind, value, member_id, true, %s, %s FROM unnest(%s::smallint[], %s::text[], %s::int[]) AS t (kind, value, member_id)
    ORDER BY kind, value
    ON CONFLICT (kind, value) DO NOTHING
    RETURNING member_id
"""
HOLD = """
    SELECT joined_at IS NOT NULL OR merged_into_id IS NOT NULL FROM members_member WHERE id = ANY(%s::int[])
    ORDER BY id FOR SHARE
"""
# What somebody bought before joining becomes their order; who was merged into them brought theirs.
THEIR_ORDERS = """
    UPDATE members_order o SET member_id = %(member)s, came_as = NULLIF(o.prospect_id, %(member)s)
    WHERE o.member_id IS NULL AND o.prospect_id IN (
        SELECT id FROM members_member WHERE id = %(member)s OR merged_into_id = %(member)s
    )
"""
# The same where a member takes a prospect in, and back. ``ids`` are the merges; a prospect who takes one in owns no order.
ORDERS_TO_WINNER = """
    WITH pairs AS (SELECT winner_id FROM members_merge WHERE id = ANY(%(ids)s::bigint[]))
    UPDATE members_order o SET member_id = w.id, came_as = NULLIF(o.prospect_id, w.id)
    FROM pairs p JOIN members_member w ON w.id = p.winner_id AND w.joined_at IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT w.id AS whose UNION ALL SELECT id FROM members_member WHERE merged_into_id = w.id
    ) theirs
    WHERE o.member_id IS NULL AND o.prospect_id = theirs.whose
"""
ORDERS_TO_LOSER = """
    WITH pairs AS (SELECT loser_id FROM members_merge WHERE id = ANY(%(ids)s::bigint[]))
    UPDATE members_order o SET member_id = NULL, came_as = NULL
    FROM pairs p JOIN members_member l ON l.id = p.loser_id AND l.joined_at IS NULL
    WHERE o.member_id = l.id AND o.prospect_id IS NOT NULL
"""


class Seen(NamedTuple):
    """Where and when somebody was seen first."""

    at: datetime
    channel: Channel | None = None
    store: Store | None = None


def make_many(refs: Iterable[MemberRef], seen: Seen, *, now: datetime) -> int:
    """Make a prospect for each of these platform names that nobody owns; how many were made. Inner.

    Of two that race, the second waits at the unique key and finds what the first made.
    """
    wanted = sorted({ref for ref in refs if ref.kind in GIVEN and ref.value})
    if not wanted:
        return 0
    with connection.cursor() as cursor:
        ids = [drawn for (drawn,) in cursor.execute(DRAW, [len(wanted)]).fetchall()]
        cursor.execute(CLAIM, [
            now, seen.channel.pk if seen.channel else None, numbers([ref.kind for ref in wanted]),
            texts([ref.value for ref in wanted]), numbers(ids),
        ])  # fmt: skip
        made = sorted(member_id for (member_id,) in cursor.fetchall())
    _write(made, seen, now)
    return len(made)


def make(kind: int, value: str, seen: Seen, *, now: datetime, is_proven: bool = True) -> Member:
    """The person who owns this identity; a new prospect when nobody does. Inner, safe to race."""
    drawn = _draw()
    owner = identity.claim(kind, value, drawn, now=now, channel=seen.channel, verified=is_proven)
    if owner == drawn:
        _write([drawn], seen, now)
        return Member.people.get(pk=drawn)
    held = Identity.objects.select_related("member").get(kind=kind, value=value)
    held.member.came_as = held.came_as
    return held.member


def _draw() -> int:
    with connection.cursor() as cursor:
        return cursor.execute(DRAW, [1]).fetchone()[0]


def _write(ids: Sequence[int], seen: Seen, now: datetime) -> None:
    Member.everyone.bulk_create(
        Member(id=pk, number=number_of(pk), joined_at=None, joined_channel=seen.channel, created_at=now, updated_at=now)
        for pk in ids
    )
    store_id, channel_id = seen.store.pk if seen.store else None, seen.channel.pk if seen.channel else None
    events.append_many(events.NewEvent("prospect.found", pk, seen.at, store_id, channel_id) for pk in ids)


def hold_many(ids: Iterable[int]) -> bool:
    """Keep these from joining and merging until the transaction ends; whether one of them has done so before. Inner."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [numbers(sorted(set(ids)))])
        return any(has_changed for (has_changed,) in cursor.fetchall())


def hand_over_orders(member: Member) -> int:
    """What this person bought before joining is a member's order from now on, and earns nothing; how many. Inner."""
    with connection.cursor() as cursor:
        cursor.execute(THEIR_ORDERS, {"member": member.pk})
        return cursor.rowcount
