"""Figures about members and what they bought, for a set of stores. All take a scope and a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from stores.models import Channel, Staff

from . import days
from .days import NOTHING, Facts


@dataclass(frozen=True)
class Span:
    """From the beginning of a day, in a zone, until a moment; and the span before it that it is compared with.

    The span before lies whole weeks earlier, so that weekdays meet weekdays, and ends at the same time of day.
    """

    start: datetime
    end: datetime
    weeks: int

    @classmethod
    def of_days(cls, days: int, *, now: datetime, zone: ZoneInfo) -> Span:
        """The last ``days`` days including today until ``now``."""
        today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(today - timedelta(days=days - 1), now.astimezone(zone), max(1, round(days / 7)))

    @property
    def before(self) -> Span:
        back = timedelta(weeks=self.weeks)
        return Span(self.start - back, self.end - back, self.weeks)

    @property
    def days(self) -> list[date]:
        """Each day of the span."""
        return [(self.start + timedelta(days=n)).date() for n in range((self.end - self.start).days + 1)]


@dataclass(frozen=True)
class Daily:
    """The days of some spans and of those before them, and by store the parts of days at which the earlier ones end."""

    days: dict[date, Facts]
    parts: dict[datetime, dict[int | None, Facts]]

    def of(self, span: Span) -> dict[date, Facts]:
        """Each day of a span that ends now."""
        return {day: self.days.get(day, NOTHING) for day in span.days}

    def before(self, span: Span) -> dict[date, Facts]:
        """Each day of the span before, the last of them until the same time of day."""
        earlier = span.before
        return {**self.of(earlier), earlier.days[-1]: days.total(self.parts[earlier.end].values())}


def daily(staff: Staff, *spans: Span, alone: Span | None = None) -> Daily:
    """What these spans and those before them need: one question, and one for each earlier end.

    Spans are of the chain's calendar, ``days.calendar()``, and end now; nobody asks for the one before ``alone``.
    """
    starts = [span.before.start for span in spans] + ([alone.start] if alone else [])
    first = min(starts).date()
    parts = {span.before.end: days.until_by_store(staff, span.before.end) for span in spans}
    return Daily(days.by_day(staff, first, max(span.end for span in spans).date()), parts)


def joined_by_channel(staff: Staff, span: Span) -> list[tuple[Channel | None, int]]:
    """Where new members came from: (channel, how many), most first. None: the channel is unknown."""
    found = days.by_channel(staff, span.days[0], span.days[-1])
    joins = sorted(((facts.joins, key) for key, facts in found.items() if facts.joins > 0), key=lambda pair: -pair[0])
    channels = Channel.objects.in_bulk([key for _, key in joins[:6] if key])
    return [(channels.get(key), count) for count, key in joins[:6]]


def by_store(staff: Staff, span: Span, known: Daily) -> tuple[dict[int | None, Facts], dict[int | None, Facts]]:
    """What each store did in the span, and in the span before until the same time of day. ``known`` holds the latter's part."""
    earlier = span.before
    before = days.by_store(staff, earlier.days[0], earlier.days[-1] - timedelta(days=1))
    for store, facts in known.parts[earlier.end].items():
        before[store] = before.get(store, NOTHING) + facts
    return days.by_store(staff, span.days[0], span.days[-1]), before
