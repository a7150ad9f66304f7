"""A key's look-ups are capped each minute, also when its tills ask at once."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.cache import cache

from stores.services import keys, limits
from tests.factories import NOON, make_channel
from tests.races.hands import HANDS, at_once, errors

ALLOWED = 3
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def eight_look_up(monkeypatch, settings, *, patience):
    """Eight tills with one key ask in the same minute; each waits, when it has read the count, for the others.

    Under the key's lock they cannot all get there: the one that holds it goes on after ``patience`` seconds.
    """
    settings.LOOKUPS_PER_MINUTE = ALLOWED
    key, _token = keys.issue(make_channel(), name="till", stores=[], by=None, now=NOON)
    meeting = Barrier(HANDS)

    class Slow:
        def get(self, *given):
            seen = cache.get(*given)
            with suppress(BrokenBarrierError):
                meeting.wait(timeout=patience)
            return seen

        def set(self, *given, **words):
            cache.set(*given, **words)

    monkeypatch.setattr(limits, "cache", Slow())
    return at_once(lambda _n: limits.count_lookup(key, now=NOON))


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


def test_eight_look_ups_at_once_stay_within_the_cap(monkeypatch, settings):
    answers = eight_look_up(monkeypatch, settings, patience=0.5)

    assert errors(answers) == []
    assert sum(wait == 0 for wait in answers) == ALLOWED
    assert {wait for wait in answers if wait} == {60}


def test_without_the_keys_lock_the_same_eight_all_get_through(monkeypatch, settings):
    monkeypatch.setattr(limits, "LOCK", "SELECT %s")

    answers = eight_look_up(monkeypatch, settings, patience=20)

    assert [wait for wait in answers if not isinstance(wait, Exception)].count(0) > ALLOWED
