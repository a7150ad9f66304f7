"""Quiet hours minute by minute, over both changes of the clock; the cap; what comes too late."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.rules.exclusions import SEND, Facts, Limits, Reason, Verdict, decide
from campaigns.rules.limits import Cap, Quiet, is_stale

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
DAYS = [
    date(2026, 3, 4), date(2026, 3, 8), date(2026, 11, 1), date(2026, 12, 31)
]  # New York puts the clock forward on 8 March and back on 1 November  # fmt: skip


def minutes_of(day, zone):
    """Every minute of a local day, in UTC: 1,380, 1,440 or 1,500 of them."""
    at = datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    while at < end:
        yield at
        at += MINUTE


@pytest.mark.row("003-09")
@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK])
@pytest.mark.parametrize("day", DAYS)
def test_in_no_minute_of_a_day_is_anything_sent_in_quiet_time(day, zone):
    limits = Limits(Quiet(), 48, None, blocks_demo=False)
    sent = held = 0
    for at in minutes_of(day, zone):
        verdict = decide(Facts(True, True, "16900000001", zone, at), limits, now=at)
        hour = at.astimezone(ZoneInfo(zone)).hour  # an independent look at the clock on the wall
        if verdict == SEND:
            sent += 1
            assert 6 <= hour < 23
        else:
            held += 1
            assert hour >= 23 or hour < 6
            opening = verdict.hold_until
            assert opening.astimezone(ZoneInfo(zone)).time() == time(6)
            assert timedelta(0) < opening - at <= timedelta(hours=8)
    assert sent == 17 * 60
    assert held == {(date(2026, 3, 8), NEW_YORK): 6 * 60, (date(2026, 11, 1), NEW_YORK): 8 * 60}.get((day, zone), 420)


@pytest.mark.parametrize(
    ("start", "end", "at", "opening"),
    [
        (time(23), time(6), NOON, NOON),
        (time(12), time(14), NOON, NOON + timedelta(hours=2)),  # a siesta
        (time(12), time(12), NOON, NOON),  # no quiet at all
        (time(0), time(23, 59), NOON, NOON + timedelta(hours=11, minutes=59)),
        (time(23), time(6), NOON + timedelta(hours=11), NOON + timedelta(hours=18)),  # the very second it begins
        (time(23), time(6), NOON + timedelta(hours=18), NOON + timedelta(hours=18)),  # the very second it ends
    ],
)
def test_the_opening(start, end, at, opening):
    assert Quiet(start, end).opening(at, SHANGHAI) == opening


def test_an_end_that_the_clock_skips_opens_when_the_skipped_hour_is_over():
    before = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)  # 01:30 in New York; 02:30 does not exist that night
    opening = Quiet(time(23), time(2, 30)).opening(before, NEW_YORK)
    assert opening.astimezone(ZoneInfo(NEW_YORK)).time() == time(3, 30)
    assert not Quiet(time(23), time(2, 30)).holds(opening, NEW_YORK)


def test_an_end_that_comes_twice_is_not_quiet_at_the_opening():
    before = datetime(2026, 11, 1, 4, 45, tzinfo=UTC)  # 00:45 in New York; 01:00 to 02:00 comes twice
    quiet = Quiet(time(23), time(1, 30))
    assert not quiet.holds(quiet.opening(before, NEW_YORK), NEW_YORK)


@pytest.mark.parametrize(
    ("hours", "late", "is_late"), [(48, 48, False), (48, 49, True), (4, 5, True), (0, 9999, False)]
)
def test_what_comes_too_late(hours, late, is_late):
    assert is_stale(NOON, NOON + timedelta(hours=late), hours) is is_late


@pytest.mark.parametrize(("days", "first"), [(1, date(2026, 3, 4)), (7, date(2026, 2, 26)), (0, date(2026, 3, 4))])
def test_the_first_day_that_counts_for_the_cap(days, first):
    assert Cap(3, days).first_day(date(2026, 3, 4)) == first


GOOD = Facts(True, True, "an openid", SHANGHAI, NOON)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, SEND),
        ({"is_member": False, "has_consent": False, "address": ""}, Verdict(Reason.GONE)),
        ({"has_consent": False, "address": ""}, Verdict(Reason.NO_CONSENT)),
        ({"address": ""}, Verdict(Reason.NO_ADDRESS)),
        ({"address": "16900001234"}, Verdict(Reason.BLOCKED)),
        ({"due_at": NOON - timedelta(hours=49)}, Verdict(Reason.STALE)),
        ({"zone": NEW_YORK}, Verdict(hold_until=NOON + timedelta(hours=7))),
        ({"zone": NEW_YORK, "due_at": NOON - timedelta(hours=42)}, Verdict(Reason.STALE)),  # would be by then
    ],
)
def test_the_first_reason_that_holds_is_the_one(change, verdict):
    limits = Limits(Quiet(), 48, None, blocks_demo=True)
    assert decide(GOOD._replace(**change), limits, now=NOON) == verdict


def test_nothing_is_held_beyond_the_end_of_a_campaign():
    limits = Limits(Quiet(), 48, NOON + timedelta(hours=2), blocks_demo=True)
    assert decide(GOOD, limits, now=NOON) == SEND
    assert decide(GOOD._replace(zone=NEW_YORK), limits, now=NOON) == Verdict(Reason.STALE)
