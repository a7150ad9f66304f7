"""The last look before a message leaves: member, consent, address, hours, cap and coupon, a few hundred at a time.

What passes is marked as in flight in the same transaction in which it takes its place under the cap and its coupon:
``ContactCount`` is the number of messages in flight, sent and of unknown fate, always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from loyalty.models import Book, Coupon
from loyalty.services import coupons
from members.models import Identity, Purpose
from members.queries import consents
from members.rules.privacy import is_minor
from members.services.arrays import numbers, texts
from stores.models import Sender

from ..models import Campaign, Delivery
from ..rules.exclusions import SEND, Facts, Limits, Reason, Verdict, decide
from ..rules.limits import Cap, Quiet
from . import leases
from .leases import Held

ADDRESSES = {
    Sender.Medium.SMS: Identity.Kind.PHONE,
    Sender.Medium.EMAIL: Identity.Kind.EMAIL,
    Sender.Medium.OFFICIAL_ACCOUNT: Identity.Kind.OPENID,
}
Status = Delivery.Status
HELD = consents.held("d.member_id", "%(medium)s")  # looked at for this medium, in the moment

LOOK = f"""
    SELECT d.id, d.member_id, d.occurrence, d.status, d.attempts, d.created_at, m.id IS NOT NULL, m.name, m.language,
        s.name, s.name_en, s.time_zone, a.value, c.is_given, COALESCE(p.balance, 0), d.tried_at,
        m.restricted_at IS NOT NULL, m.birthday
    FROM campaigns_delivery d
    LEFT JOIN members_member m ON m.id = d.member_id AND m.merged_into_id IS NULL AND m.joined_at IS NOT NULL
    LEFT JOIN stores_store s ON s.id = m.home_store_id
    LEFT JOIN loyalty_account p ON p.member_id = d.member_id AND p.book_id = %(book)s
    LEFT JOIN LATERAL ({HELD}) c ON true
    LEFT JOIN LATERAL (
        SELECT value FROM members_identity WHERE member_id = d.member_id AND kind = %(kind)s
        ORDER BY is_verified DESC, value LIMIT 1
    ) a ON true
    WHERE d.campaign_id = %(campaign)s AND d.step = %(step)s AND d.batch_no = ANY(%(numbers)s::int[])
      AND d.status IN (1, 2)
    ORDER BY d.id LIMIT %(most)s
"""  # noqa: S608 -- constants only
ALONE = "SELECT count(pg_advisory_xact_lock(%(lock)s, id)) FROM unnest(%(members)s::int[]) AS g (id)"
RESERVE = """
    INSERT INTO campaigns_contactcount AS held (member_id, medium, day, count)
    SELECT g.member_id, %(medium)s, %(day)s, 1 FROM unnest(%(members)s::int[]) AS g (member_id)
    WHERE COALESCE((SELECT sum(count) FROM campaigns_contactcount e WHERE e.member_id = g.member_id
        AND e.medium = %(medium)s AND e.day >= %(first)s), 0) < %(cap)s
    ORDER BY g.member_id
    ON CONFLICT (member_id, medium, day) DO UPDATE SET count = held.count + 1
    WHERE held.count + COALESCE((SELECT sum(count) FROM campaigns_contactcount e WHERE e.member_id = held.member_id
        AND e.medium = held.medium AND e.day >= %(first)s AND e.day <> held.day), 0) < %(cap)s
    RETURNING member_id
"""
FREE = """
    WITH locked AS (
        SELECT held.member_id, held.medium, held.day FROM campaigns_contactcount held
        JOIN unnest(%s::int[], %s::date[]) AS g (member_id, day) ON held.member_id = g.member_id AND held.day = g.day
        WHERE held.medium = %s ORDER BY held.member_id, held.day FOR UPDATE OF held
    )
    UPDATE campaigns_contactcount held SET count = held.count - 1 FROM locked
    WHERE (held.member_id, held.medium, held.day) = (locked.member_id, locked.medium, locked.day) AND held.count > 0
"""
SUPPRESS = """
    UPDATE campaigns_delivery d SET status = 5, reason = g.reason
    FROM unnest(%s::bigint[], %s::text[]) AS g (id, reason) WHERE d.id = g.id AND d.status = 1
"""
MARK = """
    UPDATE campaigns_delivery SET status = 2, tried_at = %s, attempts = attempts + 1
    WHERE id = ANY(%s::bigint[]) AND status IN (1, 2)
"""
NO_CAP = 32_000
LOCK = 0x51594700  # first half of the advisory lock on a member's places under the cap; the medium is added to it


class Row(NamedTuple):
    """One delivery with what is known about its member. ``is_again``: it was in flight when its worker died."""

    id: int
    member_id: int
    occurrence: int
    status: int
    attempts: int
    created_at: datetime
    is_member: bool
    name: str | None
    language: str | None
    store: str | None
    store_en: str | None
    zone: str | None
    address: str | None
    consent: bool | None
    points: int
    taken_at: datetime | None
    is_restricted: bool
    birthday: date | None

    @property
    def is_again(self) -> bool:
        return self.status == Status.IN_FLIGHT

    @property
    def local_zone(self) -> str:
        """The zone of the member's store, else the chain's."""
        return self.zone or settings.TIME_ZONE


class Prepared(NamedTuple):
    """``looked``: rows that were looked at; ``ready``: those that may leave now; ``codes``: coupon codes by row id."""

    at: datetime
    looked: int
    ready: list[Row]
    codes: Mapping[int, str]


def limits_of(campaign: Campaign, *, is_local: bool) -> Limits:
    """The campaign's limits as plain data; ``is_local``: nothing leaves this machine."""
    leaves = not is_local and campaign.launched_sender.medium == Sender.Medium.SMS
    return Limits(
        Quiet(campaign.quiet_from, campaign.quiet_until), campaign.drop_stale_after, campaign.ends_at,
        blocks_demo=settings.DEMO_NUMBERS_BLOCK_SEND and leaves,
    )  # fmt: skip


@transaction.atomic(durable=True)
def prepare(held: Held, *, most: int, is_local: bool, now: datetime) -> Prepared | None:
    """Look at the next rows and mark those that may leave. None: there is nothing more to do for this lease.

    Raises LeaseLost.
    """
    leases.renew(held)
    if Campaign.objects.filter(pk=held.campaign.pk, status=Campaign.Status.RUNNING).first() is None:
        leases.release(held, not_before=now)
        return None
    rows = look(held, most=most)
    if not rows:
        leases.finish(held, now=now)
        return None
    limits = limits_of(held.campaign, is_local=is_local)
    verdicts = {row: decide(_facts(held.campaign, row, now), limits, now=now) for row in rows}
    passed = [row for row, verdict in verdicts.items() if verdict == SEND]
    reasons = {row: verdict.reason for row, verdict in verdicts.items() if verdict.reason}
    if not passed and len(reasons) < len(rows) and _hold_whole_batch(held, rows, limits, now):
        _suppress(reasons)
        return None
    passed, refused = _under_the_cap(held.campaign, passed, now)
    reasons |= dict.fromkeys(refused, Reason.CAPPED)
    passed, codes, refused = _with_coupons(held.campaign, passed, now)
    free(held.campaign, [(now, row.member_id) for row in refused])
    reasons |= dict.fromkeys(refused, Reason.SOLD_OUT)
    _suppress(reasons)
    _hold(held, verdicts)
    mark(passed, now)
    return Prepared(now, len(rows), passed, codes)


def look(held: Held, *, most: int) -> list[Row]:
    """The next rows of the batches that wait or were left in flight."""
    campaign = held.campaign
    uses_points = "{points}" in campaign.text + campaign.text_en
    book = Book.objects.filter(program__brand=campaign.brand_id, asset=Book.Asset.POINTS) if uses_points else None
    given: dict[str, Any] = {
        "book": book.values_list("pk", flat=True).first() if book is not None else None, "purpose": campaign.purpose,
        "medium": campaign.launched_sender.medium,
        "kind": ADDRESSES[Sender.Medium(campaign.launched_sender.medium)], "campaign": campaign.pk, "step": held.step,
        "numbers": numbers(held.numbers), "most": most,
    }  # fmt: skip
    with connection.cursor() as cursor:
        return [Row(*values) for values in cursor.execute(LOOK, given)]


def _facts(campaign: Campaign, row: Row, now: datetime) -> Facts:
    today = now.astimezone(ZoneInfo(row.local_zone)).date()
    return Facts(
        row.is_member, bool(row.consent), row.address or "", row.local_zone, row.created_at, row.is_restricted,
        campaign.purpose == Purpose.MARKETING and is_minor(row.birthday, today),
    )  # fmt: skip


def _under_the_cap(campaign: Campaign, rows: list[Row], now: datetime) -> tuple[list[Row], list[Row]]:
    """Those that got their place under the cap, and those that did not. A row that has its place already keeps it."""
    if campaign.purpose != Purpose.MARKETING:
        return rows, []
    cap = Cap(campaign.cap_count, campaign.cap_days)
    day = now.astimezone(UTC).date()
    got: set[int] = set()
    fresh = [row for row in rows if not row.is_again]
    for chosen in _no_member_twice(fresh):
        given: dict[str, Any] = {
            "medium": campaign.launched_sender.medium, "day": day, "first": cap.first_day(day),
            "cap": cap.count or NO_CAP, "members": numbers(sorted(row.member_id for row in chosen)),
        }  # fmt: skip
        with connection.cursor() as cursor:
            if cap.count and cap.days > 1:
                _alone_with(given)
            members = {member for (member,) in cursor.execute(RESERVE, given)}
        got |= {row.id for row in chosen if row.member_id in members}
    passed = [row for row in rows if row.is_again or row.id in got]
    return passed, [row for row in fresh if row.id not in got]


def _alone_with(given: Mapping[str, Any]) -> None:
    """Keep these members' places to ourselves until the transaction ends, in the order of their ids.

    The row of one day settles a race of that day. At midnight two workers count two days: each would see the other's
    place only after it has taken its own.
    """
    with connection.cursor() as cursor:
        cursor.execute(ALONE, {"lock": LOCK + given["medium"], "members": given["members"]})


def _no_member_twice(rows: list[Row]) -> Iterable[list[Row]]:
    """The rows in turns, each with a member at most once: a statement cannot count the same one twice."""
    left = rows
    while left:
        seen: set[int] = set()
        turn: list[Row] = []
        rest: list[Row] = []
        for row in left:
            (rest if row.member_id in seen else turn).append(row)
            seen.add(row.member_id)
        yield turn
        left = rest


def _with_coupons(campaign: Campaign, rows: list[Row], now: datetime) -> tuple[list[Row], dict[int, str], list[Row]]:
    """(rows that hold their coupon, its code by row, rows for whom none was left)."""
    template = campaign.coupon_template
    if template is None or not rows:
        return rows, {}, []
    issued: dict[int, int] = {}
    for occurrence in {row.occurrence for row in rows}:
        chosen = {row.member_id: row.id for row in rows if row.occurrence == occurrence}
        made = coupons.issue_many(template, chosen, source=source_of(campaign, occurrence), now=now)
        issued |= {chosen[member]: coupon for member, coupon in made.items()}
    codes = dict(Coupon.objects.filter(pk__in=issued.values()).values_list("pk", "code"))
    passed = [row for row in rows if row.id in issued or row.is_again]
    return passed, {row: codes[coupon] for row, coupon in issued.items()}, [r for r in rows if r not in passed]


def source_of(campaign: Campaign, occurrence: int = 1) -> str:
    """The cause that a coupon of this campaign names."""
    return f"campaign:{campaign.pk}:{occurrence}"


def _hold_whole_batch(held: Held, rows: list[Row], limits: Limits, now: datetime) -> bool:
    """If everybody left in the batches is in quiet hours, push the batches and move no row."""
    if any(row.is_again for row in rows):
        return False
    waiting = Delivery.objects.filter(
        campaign=held.campaign, step=held.step, batch_no__in=held.numbers, status=Status.PENDING
    )
    zones = waiting.values_list("member__home_store__time_zone", flat=True).distinct()
    openings = {limits.quiet.opening(now, zone or settings.TIME_ZONE) for zone in zones}
    if now in openings:
        return False
    leases.release(held, not_before=min(openings))
    return True


def _hold(held: Held, verdicts: Mapping[Row, Verdict]) -> None:
    """Move what is held into batches that begin when its hours open."""
    by_opening: dict[datetime, list[int]] = {}
    for row, verdict in verdicts.items():
        if verdict.hold_until:
            by_opening.setdefault(verdict.hold_until, []).append(row.id)
    for opening, ids in by_opening.items():
        leases.defer(held, ids, not_before=opening)


def _suppress(reasons: Mapping[Row, Reason]) -> None:
    with connection.cursor() as cursor:
        fresh = {row.id: reason for row, reason in reasons.items() if not row.is_again}
        if fresh:
            cursor.execute(SUPPRESS, [numbers(fresh), texts(fresh.values())])
    again = [row.id for row in reasons if row.is_again]
    if again:  # it may have arrived before its worker died, and nothing more is said
        Delivery.objects.filter(pk__in=again, status=Status.IN_FLIGHT).update(
            status=Status.UNKNOWN, reason=Reason.INTERRUPTED
        )


def mark(rows: Iterable[Row], now: datetime) -> None:
    """These are on their way from now on. Inner."""
    if ids := [row.id for row in rows]:
        with connection.cursor() as cursor:
            cursor.execute(MARK, [now, numbers(ids)])


def free(campaign: Campaign, taken: Iterable[tuple[datetime, int]]) -> None:
    """Give back places under the cap, given as (when it was taken, member id). Inner."""
    if campaign.purpose != Purpose.MARKETING:
        return
    for turn in _turns([(member, at.astimezone(UTC).date()) for at, member in taken]):
        with connection.cursor() as cursor:
            days = texts(str(day) for _member, day in turn)
            cursor.execute(FREE, [numbers(member for member, _day in turn), days, campaign.launched_sender.medium])


def _turns(pairs: list) -> Iterable[list]:
    while pairs:
        turn = sorted(set(pairs))
        yield turn
        rest = list(pairs)
        for pair in turn:
            rest.remove(pair)
        pairs = rest
