"""Are two records one person? Each rule by its case, then a labelled set against its truth."""

from datetime import date
from itertools import combinations

import pytest

from bench import identity
from bench.people import Generator, measure
from members.rules import matching
from members.rules.matching import Id, Outcome, Record, decide, match, same_birthday, same_name

PHONE, OTHER_PHONE = Id("phone", "", "16900000001"), Id("phone", "", "16900000002")
UNION, OTHER_UNION = Id("unionid", "", "u1"), Id("unionid", "", "u2")
CARD_A, CARD_B = Id("card", "a", "7"), Id("card", "b", "7")
OPENID_MINI, OPENID_MP = Id("openid", "mini", "o"), Id("openid", "mp", "o")
BUYER, DEVICE, EMAIL = Id("buyer", "jd", "b1"), Id("device", "", "d"), Id("email", "", "a@example.com")


def record(*proven, told=(), key=1, **given):
    return Record(key, frozenset(proven), frozenset(told), **given)


CASES = {
    "one phone proven twice": (record(PHONE), record(PHONE), Outcome.SAME, "phone"),
    "one unionid in two apps": (record(UNION, OPENID_MINI), record(UNION, OPENID_MP), Outcome.SAME, "unionid"),
    "one card of one brand": (record(CARD_A), record(CARD_A), Outcome.SAME, "card"),
    "one number on cards of two brands": (record(CARD_A), record(CARD_B), Outcome.NOTHING, ""),
    "one openid in two apps is chance": (record(OPENID_MINI), record(OPENID_MP), Outcome.NOTHING, ""),
    "one buyer of one platform": (record(BUYER), record(BUYER), Outcome.SAME, "buyer"),
    "a told phone and the same name": (
        record(told=[PHONE], name="王小明"), record(told=[PHONE], name="王小明"), Outcome.SAME, "phone+name"
    ),
    "a told phone alone": (record(told=[PHONE]), record(told=[PHONE]), Outcome.PROPOSE, "phone told"),
    "a family on one phone": (record(PHONE, name="王小明"), record(PHONE, name="李红"), Outcome.PROPOSE, "family phone"),
    "two birthdays on one phone": (
        record(PHONE, birthday=date(1990, 1, 2)), record(PHONE, birthday=date(1960, 5, 5)), Outcome.PROPOSE, "family phone"
    ),
    "one phone, two unionids": (record(PHONE, UNION), record(PHONE, OTHER_UNION), Outcome.CONFLICT, "phone"),
    "a phone given out again": (
        record(PHONE, UNION, last_seen=date(2024, 1, 1)), record(PHONE, OTHER_UNION, first_seen=date(2025, 6, 1)),
        Outcome.CONFLICT, "recycled phone",
    ),
    "one unionid, two proven phones": (record(UNION, PHONE), record(UNION, OTHER_PHONE), Outcome.CONFLICT, "unionid"),
    "a card shown by somebody of another name": (
        record(CARD_A, name="王小明"), record(CARD_A, name="李红"), Outcome.CONFLICT, "card"
    ),
    "a typed card and the same name": (
        record(told=[CARD_A], name="李红"), record(CARD_A, name="李红"), Outcome.SAME, "card+name"
    ),
    "a typed card alone": (record(told=[CARD_A]), record(CARD_A), Outcome.PROPOSE, "card"),
    "a told e-mail and the same name": (
        record(EMAIL, name="李红"), record(told=[EMAIL], name="李红"), Outcome.SAME, "email+name"
    ),
    "one device is weak": (record(told=[DEVICE]), record(told=[DEVICE]), Outcome.PROPOSE, "device"),
    "a proven device is weak, too": (record(DEVICE), record(DEVICE), Outcome.PROPOSE, "device"),
    "one name and birthday is weak": (
        record(name="李红", birthday=date(1990, 1, 2)), record(name="李红", birthday=date(1990, 1, 2)),
        Outcome.PROPOSE, "name+birthday",
    ),
    "one name and birthday, two unionids": (
        record(UNION, name="李红", birthday=date(1990, 1, 2)),
        record(OTHER_UNION, name="李红", birthday=date(1990, 1, 2)), Outcome.NOTHING, "",
    ),
    "nothing in common": (record(PHONE), record(UNION), Outcome.NOTHING, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_pair_gets_its_verdict_whichever_comes_first(case):
    one, other, outcome, rule = CASES[case]

    for verdict in (decide(one, other), decide(other, one)):
        assert (verdict.outcome, verdict.rule) == (outcome, rule)
        assert "16900000001" not in str(verdict), "evidence holds no values"


def test_a_phone_that_others_use_proves_nothing_without_a_name():
    assert decide(record(PHONE), record(PHONE), shared={PHONE}).outcome == Outcome.PROPOSE
    named = record(PHONE, name="李红")
    assert decide(named, named, shared={PHONE}).outcome == Outcome.SAME


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [("王小明", "王小明", True), ("王 小明", "王小明", True), ("王小明", "王小月", None), ("Anna", "anna", True),
     ("Anna", "Ana", None), ("李红", "李虹", False), ("王小明", "李红", False), ("", "李红", None)],
)  # fmt: skip
def test_names_are_the_same_different_or_who_knows(one, other, answer):
    assert same_name(one, other) is same_name(other, one) is answer


def test_a_birthday_with_day_and_month_swapped_is_no_other_person():
    assert same_birthday(date(1990, 3, 5), date(1990, 5, 3)) is True
    assert same_birthday(date(1990, 3, 5), date(1991, 3, 5)) is False
    assert same_birthday(None, date(1990, 3, 5)) is None


def test_a_chain_of_sure_pairs_never_joins_two_who_differ():
    records = [
        record(UNION, CARD_A, key=1), record(CARD_A, EMAIL, key=2), record(EMAIL, OTHER_UNION, key=3),
    ]  # fmt: skip
    assert all(decide(a, b).outcome != Outcome.CONFLICT for a, b in combinations(records, 2))

    matched = match(records)

    assert len(matched.groups) == 2
    assert [case.verdict.outcome for case in matched.waiting] == [Outcome.CONFLICT]
    assert matched.waiting[0].verdict.differs == ("unionid",)


@pytest.fixture(scope="module")
def drawn():
    return Generator().draw(10_000)


def test_a_labelled_set_is_matched_within_the_gates(drawn):
    matched = match(drawn.records)

    figures = measure(drawn, matched.groups) | {"silent_strong_merges": identity.silent_strong_merges(drawn, matched)}
    assert identity.passes(figures), figures
    assert all(case.verdict.rule for case in matched.joined), "every join has its reason"


def test_twin_that_hears_nothing_against_joins_strong_people_on_the_quiet(monkeypatch):
    drawn = Generator().draw(2_000)
    monkeypatch.setattr(matching, "is_other_person", lambda one, other: False)
    monkeypatch.setattr(matching, "against", lambda one, other: [])

    matched = match(drawn.records)

    assert identity.silent_strong_merges(drawn, matched) > 0


def test_the_same_seed_draws_the_same_people(drawn):
    assert Generator().draw(500).records == drawn.records[:500]
