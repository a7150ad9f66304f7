"""When a coupon counts. Plain values in, plain values out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Life(NamedTuple):
    """From when (None for at once) until when, exclusively, a coupon counts."""

    starts_at: datetime | None
    expires_at: datetime


def life(
    issued_at: datetime, *, days: int, first_day: date | None, last_day: date | None, zone: ZoneInfo
) -> Life | None:
    """The life of a coupon given out at this moment: ``days`` long, yet within the template's first and last day.

    Days begin and end at midnight of ``zone``. None when it would be over before it begins.
    """
    starts_at = _midnight(first_day, zone) if first_day else None
    if starts_at is not None and starts_at <= issued_at:
        starts_at = None
    expires_at = issued_at + timedelta(days=days)
    if last_day is not None:
        expires_at = min(expires_at, _midnight(last_day + timedelta(days=1), zone))
    return Life(starts_at, expires_at) if expires_at > (starts_at or issued_at) else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
