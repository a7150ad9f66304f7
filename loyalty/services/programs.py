"""A brand's programme: its two books, its ladder, and who takes part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from members.services import events, hot
from members.services.arrays import numbers, texts
from stores.models import Brand, Channel, Staff, Store
from stores.services import log

from ..models import Book, Program, Tier
from ..rules import tiers as rules
from . import points

# The event and its copies are what ``members.services.events`` would write, for many at once. A member who is not told
# to have joined anywhere joined at their home store, if it is the brand's.
ENROL = """
    WITH sent AS (SELECT DISTINCT unnest(%(members)s::int[]) AS member_id),
    lowest AS (SELECT id FROM loyalty_tier WHERE program_id = %(program)s::bigint ORDER BY threshold LIMIT 1),
    opened AS (
        INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
        SELECT sent.member_id, %(program)s::bigint, lowest.id, %(at)s::timestamptz, %(at)s::timestamptz
        FROM sent, lowest
        WHERE NOT EXISTS (
            SELECT 1 FROM loyalty_standing s WHERE s.member_id = sent.member_id AND s.program_id = %(program)s::bigint
        )
        ORDER BY sent.member_id
        ON CONFLICT (member_id, program_id) DO NOTHING
        RETURNING member_id, program_id, tier_id
    ),
    noted AS (
        INSERT INTO loyalty_tierchange (member_id, program_id, before_id, after_id, growth, reason, at)
        SELECT member_id, program_id, NULL, tier_id, 0, 'joined', %(at)s::timestamptz FROM opened
    ),
    told AS (
        INSERT INTO members_event (kind, member_id, at, store_id, channel_id, data)
        SELECT 'program.joined', o.member_id, %(at)s::timestamptz, COALESCE(%(store)s::bigint, home.id),
            CASE WHEN %(store)s::bigint IS NOT NULL THEN %(channel)s::bigint
                WHEN home.id IS NOT NULL THEN m.joined_channel_id END,
            jsonb_build_object('program', o.program_id, 'brand', b.code)
        FROM opened o JOIN members_member m ON m.id = o.member_id
        JOIN loyalty_program p ON p.id = o.program_id JOIN stores_brand b ON b.id = p.brand_id
        LEFT JOIN stores_store home ON home.id = m.home_store_id AND home.brand_id = p.brand_id
        ORDER BY o.member_id
        RETURNING id
    ),
    copied AS (
        INSERT INTO members_inbox (reader, event_id, tries, problem)
        SELECT reader, told.id, 0, '' FROM told, unnest(%(readers)s::text[]) AS reader
    )
    SELECT count(*) FROM opened
"""


class BadProgram(ValueError):
    """The programme cannot be kept like this; the text says why and may be shown."""


def ensure(brand: Brand, *, now: datetime) -> Program:
    """The brand's programme; made with its two books and the usual four tiers when there is none. Inner."""
    program, is_new = Program.objects.get_or_create(brand=brand)
    if is_new:
        log.record("program.created", program, by=None, now=now)
    if program.books.count() < len(Book.Asset):
        Book.objects.bulk_create([Book(program=program, asset=asset) for asset in Book.Asset], ignore_conflicts=True)
    if not program.tiers.exists():
        ladder = [Tier(program=program, **rung._asdict()) for rung in rules.DEFAULT_LADDER]
        Tier.objects.bulk_create(ladder, ignore_conflicts=True)
    return program


def enrol_many(
    member_ids: Iterable[int], program: Program, *, at: datetime, store: Store | None = None,
    channel: Channel | None = None,
) -> int:  # fmt: skip
    """Let members take part: standing on the lowest tier, accounts, ``program.joined``; how many are new. Inner.

    Safe to repeat and to race: whoever comes second finds what the first made. ``store`` and ``channel`` say where
    they joined; for a crowd that is each one's home store, if it is the brand's, and the channel they came by.
    """
    books = [book.pk for book in program.books.all()]
    return enrol_in(member_ids, program.pk, books, at=at, store=store, channel=channel)


def enrol_in(
    member_ids: Iterable[int], program_id: int, books: Iterable[int], *, at: datetime, store: Store | None = None,
    channel: Channel | None = None,
) -> int:  # fmt: skip
    """The same for whoever knows the ids of the programme and its books. Inner."""
    ids = sorted(set(member_ids))
    points.open_in(ids, books)
    given: dict[str, Any] = {
        "members": numbers(ids), "program": program_id, "at": at, "store": store.pk if store else None,
        "channel": channel.pk if channel else None, "readers": texts(events.readers_of("program.joined")),
    }  # fmt: skip
    with hot.cursor(len(ids)) as cursor:
        return cursor.execute(ENROL, given).fetchone()[0]


@transaction.atomic(durable=True)
def edit_rates(
    program: Program, *, points_per_yuan: Decimal, growth_per_yuan: Decimal, by: Staff, now: datetime
) -> Program:
    """Change what a yuan earns from now on. What was earned stays, and its refund takes back what it gave."""
    if points_per_yuan < 0 or growth_per_yuan < 0:
        raise BadProgram(_("A rate cannot be negative."))
    program = Program.objects.select_for_update().select_related("brand").get(pk=program.pk)
    after = {"points_per_yuan": points_per_yuan, "growth_per_yuan": growth_per_yuan}
    before = {name: getattr(program, name) for name in after}
    for name, value in after.items():
        setattr(program, name, value)
    program.save(update_fields=list(after))
    log.record("program.edited", program, by=by, now=now, before=_words(before), after=_words(after))
    return program


@transaction.atomic(durable=True)
def edit_ladder(program: Program, ladder: list[rules.Rung], *, by: Staff, now: datetime) -> None:
    """Rename the tiers or move their thresholds; the number of tiers stays.

    Orders and corrections use the new ladder from here on; everybody else moves with ``ladders.apply``.
    Raises BadProgram when the ladder does not start at 0 and rise, or names other ranks than it has.
    """
    held = {tier.rank: tier for tier in program.tiers.select_for_update()}
    try:
        rules.check(ladder)
    except rules.BrokenLadder:
        raise BadProgram(_("Thresholds must start at 0 and rise from tier to tier.")) from None
    if set(held) != {rung.rank for rung in ladder}:
        raise BadProgram(_("The ladder must keep its tiers."))
    before = {str(rank): f"{tier.name} {tier.threshold}" for rank, tier in held.items()}
    for tier in held.values():
        _move_aside(tier)
    for rung in ladder:
        tier = held[rung.rank]
        tier.name, tier.name_en, tier.threshold = rung.name, rung.name_en, rung.threshold
        tier.save(update_fields=["name", "name_en", "threshold"])
    after = {str(rung.rank): f"{rung.name} {rung.threshold}" for rung in ladder}
    log.record("program.ladder_edited", program, by=by, now=now, before=before, after=after)
    Program.objects.filter(pk=program.pk).update(ladder_changed_at=now, ladder_applied_at=None)


def _move_aside(tier: Tier) -> None:
    """Free the threshold, which is unique in a programme."""
    tier.threshold = 10**15 + tier.rank
    tier.save(update_fields=["threshold"])


def _words(values: dict) -> dict:
    return {name: str(value) for name, value in values.items()}
