"""A burst of askers gets one text message; a code that eight browsers' tabs send at once is right once."""

import re
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from members.models import OneTimeCode
from members.rules.one_time_codes import Outcome
from members.services import one_time_codes
from members.services.one_time_codes import TooManyCodes
from tests.factories import NOON
from tests.races.hands import HANDS, at_once

PHONE, SESSION = "16900001234", "a" * 32
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def meet_after(monkeypatch, name, *, patience):
    """Let the threads wait for each other when they have read through ``name`` and before they write.

    Under a lock they cannot all get here: the one that holds it goes on when its ``patience`` (seconds) is over.
    """
    meeting, read = Barrier(HANDS), getattr(one_time_codes.counts, name)

    def read_and_meet(*given, **words):
        seen = read(*given, **words)
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=patience)
        return seen

    monkeypatch.setattr(one_time_codes.counts, name, read_and_meet)


def send(n=0):
    return one_time_codes.send(
        PHONE, "join", session=f"{n:032d}", address=f"198.51.{n}.7", sender="青禾", language="en", now=NOON
    )


def test_eight_who_ask_for_one_phone_at_once_send_one_text_message(monkeypatch):
    meet_after(monkeypatch, "first_limit", patience=1)

    answers = at_once(send)

    assert OneTimeCode.objects.count() == 1
    assert sum(isinstance(answer, TooManyCodes) for answer in answers) == HANDS - 1


def test_without_the_lock_the_same_burst_slips_past_the_cap(monkeypatch):
    monkeypatch.setattr(one_time_codes, "LOCK", "SELECT %s")
    meet_after(monkeypatch, "first_limit", patience=20)

    at_once(send)

    assert OneTimeCode.objects.count() == HANDS


def eight_verify():
    digits = re.search(r"\d{6}", send().shown)[0]
    session = f"{0:032d}"
    return at_once(lambda n: one_time_codes.verify(PHONE, digits, "join", session=session, now=NOON))


def test_a_right_code_sent_eight_times_at_once_is_right_once(monkeypatch):
    meet_after(monkeypatch, "wrong_tries", patience=1)

    answers = eight_verify()

    assert answers.count(Outcome.RIGHT) == 1
    assert answers.count(Outcome.EXPIRED) == HANDS - 1


def test_without_the_row_lock_the_same_code_is_right_several_times(monkeypatch):
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda rows, **words: rows)
    meet_after(monkeypatch, "wrong_tries", patience=20)

    assert eight_verify() == [Outcome.RIGHT] * HANDS
