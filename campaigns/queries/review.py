"""Before a campaign is launched: how many it would reach now, and who would be left out for which reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from members.models import Identity, Purpose
from members.queries import consents
from members.services.arrays import numbers
from segments.queries import audiences, snapshots
from stores.models import Sender

from ..models import Campaign, Delivery
from ..rules import content
from ..rules.exclusions import Reason
from ..rules.limits import Cap, Quiet

SAMPLE = 100_000  # of a larger audience so many are looked at, evenly spread, and the figures scaled
ADDRESSES = {
    Sender.Medium.SMS: Identity.Kind.PHONE,
    Sender.Medium.EMAIL: Identity.Kind.EMAIL,
    Sender.Medium.OFFICIAL_ACCOUNT: Identity.Kind.OPENID,
}
LEFT_OUT = (
    Reason.GONE, Reason.RESTRICTED, Reason.MINOR, Reason.NO_CONSENT, Reason.NO_ADDRESS, Reason.BLOCKED, Reason.CAPPED,
)  # fmt: skip
HELD = consents.held("g.id", "%(medium)s")
LOOK = f"""
    SELECT CASE WHEN m.id IS NULL THEN 'gone' WHEN m.restricted_at IS NOT NULL THEN 'restricted'
            WHEN %(purpose)s = 'marketing' AND m.birthday > (%(now)s AT TIME ZONE COALESCE(s.time_zone, %(zone)s))::date
                - interval '14 years' THEN 'minor'
            WHEN c.is_given IS NOT TRUE THEN 'no_consent'
            WHEN a.value IS NULL THEN 'no_address'
            WHEN %(blocks)s AND a.value LIKE '1690%%' AND length(a.value) = 11 THEN 'blocked'
            WHEN %(cap)s > 0 AND COALESCE(n.count, 0) >= %(cap)s THEN 'capped' ELSE '' END AS reason,
        COALESCE(s.time_zone, %(zone)s), m.language LIKE 'en%%', count(*)
    FROM unnest(%(members)s::int[]) AS g (id)
    LEFT JOIN members_member m ON m.id = g.id AND m.merged_into_id IS NULL AND m.joined_at IS NOT NULL
    LEFT JOIN stores_store s ON s.id = m.home_store_id
    LEFT JOIN LATERAL ({HELD}) c ON true
    LEFT JOIN LATERAL (
        SELECT value FROM members_identity WHERE member_id = g.id AND kind = %(kind)s
        ORDER BY is_verified DESC, value LIMIT 1
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT sum(count) AS count FROM campaigns_contactcount
        WHERE member_id = g.id AND medium = %(medium)s AND day >= %(first)s AND %(cap)s > 0
    ) n ON true
    GROUP BY 1, 2, 3
"""  # noqa: S608 -- constants only


@dataclass(frozen=True)
class Excluded:
    """So many would not get it, for one reason. ``label`` is for people."""

    reason: str
    label: str
    count: int


@dataclass(frozen=True)
class Review:
    """``audience`` = ``eligible`` + what is excluded. ``asleep`` of the eligible are in quiet hours at the start.

    ``english`` of the eligible read English; ``parts`` are the text messages that one message takes at least.
    """

    audience: int
    eligible: int
    excluded: list[Excluded]
    asleep: int
    english: int
    parts: int
    is_estimate: bool
    coupons_left: int | None


def of(campaign: Campaign, *, now: datetime) -> Review:
    """What a launch would do, as far as can be known now. Raises RuleError and TooSlow for its audience."""
    ids = _audience(campaign, now)
    chosen = ids if len(ids) <= SAMPLE else ids[np.linspace(0, len(ids) - 1, SAMPLE).astype(np.int64)]
    rows = _look(campaign, campaign.sender, chosen, now) if campaign.sender else []
    scale = len(ids) / len(chosen) if len(chosen) else 1
    start = max(campaign.starts_at or now, now)
    quiet = Quiet(campaign.quiet_from, campaign.quiet_until)
    by_reason = dict.fromkeys(LEFT_OUT, 0)
    asleep = english = 0
    for reason, zone, is_english, count in rows:
        if reason:
            by_reason[Reason(reason)] += count
            continue
        asleep += count * quiet.holds(start, zone)
        english += count * bool(is_english)
    excluded = [
        Excluded(reason.value, str(Delivery.Reason(reason.value).label), round(count * scale))
        for reason, count in by_reason.items() if count
    ]  # fmt: skip
    eligible = len(ids) - sum(each.count for each in excluded)
    template = campaign.coupon_template
    return Review(
        len(ids), eligible, excluded, round(asleep * scale), round(english * scale), _parts(campaign),
        is_estimate=len(chosen) < len(ids), coupons_left=template.stock if template else None,
    )  # fmt: skip


def _audience(campaign: Campaign, now: datetime) -> np.ndarray:
    if campaign.snapshot is not None:
        return snapshots.ids_of(campaign.snapshot)
    if campaign.segment is None:
        return np.empty(0, np.int32)
    return audiences.ids(campaign.segment.rule, now=now)


def _look(
    campaign: Campaign, sender: Sender, ids: np.ndarray, now: datetime
) -> list[tuple[str, str, bool | None, int]]:
    leaves = sender.kind != Sender.Kind.CONSOLE and sender.medium == Sender.Medium.SMS
    is_marketing = campaign.purpose == Purpose.MARKETING
    given: dict[str, Any] = {
        "blocks": settings.DEMO_NUMBERS_BLOCK_SEND and leaves, "cap": campaign.cap_count if is_marketing else 0,
        "zone": settings.TIME_ZONE, "members": numbers(ids.tolist()), "purpose": campaign.purpose,
        "kind": ADDRESSES[Sender.Medium(sender.medium)], "medium": sender.medium, "now": now,
        "first": Cap(campaign.cap_count, campaign.cap_days).first_day(now.astimezone(UTC).date()),
    }  # fmt: skip
    with connection.cursor() as cursor:
        return cursor.execute(LOOK, given).fetchall()


def _parts(campaign: Campaign) -> int:
    """Of the longer of the two texts, with short values for its variables and links as long as they are."""
    link = f"{settings.SITE_URL}/l/1234567-1234567890"
    counts = [0]
    for text, language in ((campaign.text, "zh-hans"), (campaign.text_en, "en")):
        if text:
            whole = content.complete(text, language, is_marketing=campaign.purpose == Purpose.MARKETING)
            facts = {"link": link, "unsubscribe": link, "feedback": link, "code": "K7QM2XPA9RTW"}
            counts.append(content.parts(content.render(whole, facts, language)).count)
    return max(counts)
