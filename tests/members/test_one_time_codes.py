"""Six digits: right once, wrong five times, and never a hail of text messages."""

import re
from datetime import timedelta

import pytest

from members.models import OneTimeCode
from members.rules import one_time_codes as rules
from members.rules.one_time_codes import Limit, Outcome
from members.services import one_time_codes
from members.services.one_time_codes import CodeNotSent, TooManyCodes
from stores.connectors import KINDS, Receipt, SendFailed
from tests.factories import NOON, make_member

PHONE, SESSION = "16900001234", "a" * 32
MINUTE = timedelta(minutes=1)


def send(phone=PHONE, *, now=NOON, session=SESSION, address="203.0.113.9", purpose="join", store_code_id=None):
    sent = one_time_codes.send(
        phone, purpose, session=session, address=address, sender="青禾", language="zh-hans", now=now,
        store_code_id=store_code_id,
    )  # fmt: skip
    return re.search(r"\d{6}", sent.shown)[0]


def verify(typed, phone=PHONE, *, now=NOON, session=SESSION, purpose="join"):
    return one_time_codes.verify(phone, typed, purpose, session=session, now=now)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def stopped_by(**given):
    with pytest.raises(TooManyCodes) as stop:
        send(**given)
    return stop.value.limit


def test_the_right_code_is_right_once():
    code = send()

    assert verify(code) == Outcome.RIGHT
    assert verify(code) == Outcome.EXPIRED


def test_a_code_pasted_with_gaps_or_full_width_digits_is_right():
    code = send()
    wide = code.translate({ord("0") + n: ord("０") + n for n in range(10)})

    assert verify(f" {wide[:3]} {wide[3:]} ") == Outcome.RIGHT


def test_a_code_dies_after_five_minutes():
    code = send()

    assert verify(code, now=NOON + 5 * MINUTE) == Outcome.EXPIRED
    assert verify(code, now=NOON + 5 * MINUTE - timedelta(seconds=1)) == Outcome.RIGHT


@pytest.mark.parametrize("other", [{"session": "b" * 32}, {"phone": "16900009999"}, {"purpose": "card"}])
def test_a_code_is_worth_nothing_in_another_session_for_another_phone_or_purpose(other):
    assert verify(send(), **other) == Outcome.EXPIRED


def test_the_fifth_wrong_try_burns_the_code_and_the_sixth_is_refused_even_if_right():
    code = send()

    answers = [verify(wrong(code)) for _ in range(5)]

    assert answers == [Outcome.WRONG] * 4 + [Outcome.BURNT]
    assert verify(code) == Outcome.BURNT


def test_a_new_code_voids_the_old_one():
    old = send()
    new = send(now=NOON + MINUTE)

    if old != new:
        assert verify(old, now=NOON + MINUTE) == Outcome.WRONG
    assert verify(new, now=NOON + MINUTE) == Outcome.RIGHT


def test_twenty_wrong_tries_an_hour_lock_the_phone_whatever_codes_they_were_for():
    for n in range(4):
        code = send(now=NOON + n * MINUTE)
        for _ in range(5):
            verify(wrong(code), now=NOON + n * MINUTE)
    late = NOON + 5 * MINUTE
    code = send(now=late)

    assert verify(code, now=late) == Outcome.LOCKED


def test_the_code_is_nowhere_in_the_database():
    code = send()

    stored = " ".join(str(value) for value in OneTimeCode.objects.values_list("code_hash", "phone_hash", "purpose")[0])

    assert code not in stored
    assert PHONE not in stored


def test_one_phone_gets_one_code_a_minute_five_an_hour_and_eight_a_day():
    send()
    assert stopped_by(now=NOON + timedelta(seconds=59)) == Limit.PHONE
    for n in range(1, 5):
        send(now=NOON + n * 2 * MINUTE, session=f"{n}" * 32)
    assert stopped_by(now=NOON + 59 * MINUTE, session="x" * 32) == Limit.PHONE
    for n in range(3):
        send(now=NOON + timedelta(hours=2, minutes=n), session=f"{n}y" * 16)

    assert stopped_by(now=NOON + timedelta(hours=20), session="z" * 32) == Limit.PHONE
    send(now=NOON + timedelta(hours=25), session="z" * 32)


def test_the_answer_says_when_the_next_code_may_be_asked_for():
    send()

    with pytest.raises(TooManyCodes) as stop:
        send(now=NOON + timedelta(seconds=10))

    assert stop.value.until == NOON + MINUTE


def test_one_device_cannot_ask_for_many_phones():
    for n in range(6):
        send(f"1690000{n:04d}", address=f"198.51.{n}.7")

    assert stopped_by(phone="16900007777", address="198.51.100.7") == Limit.DEVICE


def test_one_network_cannot_ask_for_many_phones_with_fresh_devices():
    for n in range(60):
        send(f"1690000{n:04d}", session=f"{n:032d}", address=f"203.0.113.{n}")

    assert stopped_by(phone="16900007777", session="n" * 32, address="203.0.113.250") == Limit.NETWORK
    send("16900007777", session="n" * 32, address="203.0.114.1")


def test_one_store_code_cannot_be_used_as_a_cannon_while_the_next_store_still_joins():
    for n in range(200):
        send(f"1690001{n:04d}", session=f"{n:032d}", address=f"198.51.{n % 200}.7", store_code_id=1)

    assert stopped_by(phone="16900007777", session="n" * 32, address="192.0.2.1", store_code_id=1) == Limit.STORE_CODE
    send("16900007777", session="n" * 32, address="192.0.2.1", store_code_id=2)


def test_the_breaker_stops_everything_when_the_hours_budget_is_used_up_and_says_so(settings, caplog):
    settings.ONE_TIME_CODES_PER_HOUR = 3
    for n in range(3):
        send(f"1690000{n:04d}", session=f"{n:032d}", address=f"198.51.{n}.7")

    given = {"phone": "16900007777", "session": "n" * 32, "address": "192.0.2.1"}
    assert stopped_by(**given) == Limit.BUDGET
    assert "budget" in caplog.text
    send(now=NOON + timedelta(hours=1), **given)


def test_known_and_unknown_phones_get_the_same_answer(django_assert_num_queries):
    known = "16900004321"
    make_member(phone=known)

    with django_assert_num_queries(8) as first:
        send(known, session="k" * 32)
    with django_assert_num_queries(8) as second:
        send("16900009876", session="u" * 32)

    assert [q["sql"].split()[0] for q in first] == [q["sql"].split()[0] for q in second]
    assert not any("members_identity" in q["sql"] for q in first.captured_queries)


class Wire:
    def __init__(self, account):
        self.account = account


class Broken(Wire):
    is_local = True

    def send(self, message):
        raise SendFailed("the other side is down")


class Far(Wire):
    is_local = False
    sent: list = []

    def send(self, message):
        self.sent.append(message)
        return Receipt("far-1")


def test_a_text_message_that_fails_says_so(monkeypatch, settings):
    monkeypatch.setitem(KINDS, "broken", Broken)
    settings.SMS_CONNECTOR = "broken"

    with pytest.raises(CodeNotSent):
        send()


def test_a_server_for_real_shoppers_never_prints_a_code(settings, capsys):
    settings.SMS_CONNECTOR = "console"
    settings.DEMO = settings.DEBUG = settings.TESTING = False

    with pytest.raises(CodeNotSent) as refusal:
        send()

    assert refusal.value.__cause__.permanent
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("mode", ["DEMO", "DEBUG", "TESTING"])
def test_a_server_for_trying_prints_the_code(mode, settings, capsys):
    settings.SMS_CONNECTOR = "console"
    settings.DEMO = settings.DEBUG = settings.TESTING = False
    setattr(settings, mode, True)

    code = send()

    assert code in capsys.readouterr().out


def test_the_invented_range_never_leaves_the_machine(monkeypatch, settings):
    monkeypatch.setitem(KINDS, "far", Far)
    settings.SMS_CONNECTOR = "far"

    with pytest.raises(CodeNotSent):
        send()

    assert Far.sent == []


def test_a_connector_that_really_sends_shows_nothing(monkeypatch, settings):
    monkeypatch.setitem(KINDS, "far", Far)
    settings.SMS_CONNECTOR = "far"
    settings.DEMO_NUMBERS_BLOCK_SEND = False

    sent = one_time_codes.send(
        PHONE, "join", session=SESSION, address="203.0.113.9", sender="青禾", language="en", now=NOON
    )

    assert sent.shown == ""
    assert re.search(r"\d{6}", Far.sent.pop().text)


def test_the_console_prints_the_code_and_hides_the_phone(capsys):
    code = send()

    printed = capsys.readouterr().out
    assert code in printed
    assert PHONE not in printed
    assert "169****1234" in printed


def test_codes_are_six_digits_from_the_whole_range():
    made = {rules.new_code() for _ in range(400)}

    assert all(re.fullmatch(r"\d{6}", code) for code in made)
    assert len(made) > 380
    assert {code[0] for code in made} == set("0123456789")


def test_rows_that_no_cap_counts_any_more_are_deleted():
    send()
    send("16900005678", session="n" * 32, now=NOON + timedelta(days=2))

    assert one_time_codes.purge(now=NOON + timedelta(days=2, seconds=1)) == 1
    assert OneTimeCode.objects.count() == 1
