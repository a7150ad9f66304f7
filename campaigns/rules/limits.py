"""When we may speak: quiet hours by the member's clock, how often at most, how late at most. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=15)


class Quiet(NamedTuple):
    """The hours in which nobody hears from us, by their own clock: from ``start`` until before ``end``.

    It may run over midnight (23:00 to 06:00); two equal times mean no quiet at all.
    """

    start: time = time(23)
    end: time = time(6)

    def holds(self, at: datetime, zone: str) -> bool:
        """Whether this moment is quiet in this zone."""
        here = at.astimezone(ZoneInfo(zone)).time()
        if self.start <= self.end:
            return self.start <= here < self.end
        return here >= self.start or here < self.end

    def opening(self, at: datetime, zone: str) -> datetime:
        """The first moment, from ``at`` on, that is not quiet in this zone; in UTC.

        Correct over both changes of the clock: an end that the clock skips opens when the skipped hour is over.
        """
        if not self.holds(at, zone):
            return at
        here = at.astimezone(ZoneInfo(zone))
        for days in range(3):
            day = here.date() + timedelta(days=days)
            then = datetime.combine(day, self.end, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            while then > at and self.holds(then, zone):
                then += STEP
            if then > at:
                return then
        raise ValueError(f"{self} never opens in {zone}")


@dataclass(frozen=True)
class Cap:
    """At most ``count`` messages in ``days`` days (of UTC), through one medium. ``count`` 0: no cap."""

    count: int
    days: int

    def first_day(self, today: date) -> date:
        """The earliest day that counts."""
        return today - timedelta(days=max(self.days, 1) - 1)


def is_stale(due: datetime, at: datetime, hours: int) -> bool:
    """Whether a message that was due then comes too late at ``at``. ``hours`` 0: nothing is ever too late."""
    return bool(hours) and at - due > timedelta(hours=hours)
