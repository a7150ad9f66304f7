"""First, last or after some days: the three rules, case by case."""

from datetime import UTC, datetime, timedelta

import pytest

from members.rules.binding import Place, Rule, Why, decide

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
HOME, OTHER, ELSEWHERE = Place(1, 10), Place(1, 11), Place(2, 20)
WITH_ANN, WITH_BOB = Place(1, 10, 7), Place(1, 10, 8)


@pytest.mark.parametrize(
    ("rule", "held", "days_ago", "scanned", "why"),
    [
        (Rule.FIRST, None, 0, HOME, Why.FIRST),
        (Rule.FIRST, HOME, 999, OTHER, None),
        (Rule.LAST, HOME, 0, OTHER, Why.LATEST),
        (Rule.LAST, HOME, 0, HOME, None),
        (Rule.AFTER_DAYS, HOME, 29, OTHER, None),
        (Rule.AFTER_DAYS, HOME, 30, OTHER, Why.DAYS_PASSED),
        (Rule.LAST, HOME, 999, ELSEWHERE, None),
        (Rule.AFTER_DAYS, HOME, 999, ELSEWHERE, None),
        (Rule.FIRST, HOME, 0, WITH_ANN, Why.ASSOCIATE),
        (Rule.FIRST, WITH_ANN, 999, WITH_BOB, None),
        (Rule.LAST, WITH_ANN, 0, WITH_BOB, Why.ASSOCIATE),
        (Rule.LAST, WITH_ANN, 0, HOME, None),
        (Rule.AFTER_DAYS, WITH_ANN, 29, WITH_BOB, None),
        (Rule.AFTER_DAYS, WITH_ANN, 30, WITH_BOB, Why.ASSOCIATE),
    ],
)
def test_the_brands_rule_says_whether_a_scan_moves_a_member(rule, held, days_ago, scanned, why):
    since = NOON - timedelta(days=days_ago) if held else None

    assert decide(rule, 30, held=held, since=since, scanned=scanned, now=NOON) == why
