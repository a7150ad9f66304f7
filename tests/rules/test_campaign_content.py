"""Variables, languages, parts of a text message; tokens of links; what an answer means."""

import pytest
from django.utils import translation

from campaigns.models import Delivery
from campaigns.rules import content, links, outcomes
from campaigns.rules.exclusions import Reason
from campaigns.rules.outcomes import Fate, Outcome


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_variables_are_filled_in_one_pass_with_fall_backs():
    text = "{name}，{store}送您{coupon}，积分{points}"
    facts = {"name": "{link}", "store": "", "points": "0", "link": "https://example.com"}
    assert content.render(text, facts, "zh-hans") == "{link}，门店送您优惠券，积分0"
    assert content.render("Hi {name}", {}, "en") == "Hi member"


@pytest.mark.parametrize(
    "text", ["{nane}", "{}", "{ name }", "{name", "name}", "{{name}}", "{0.__class__}", "x" * 501, "{name}{phone}"]
)
def test_a_text_that_cannot_be_filled_is_refused(text):
    with pytest.raises(content.ContentProblem):
        content.check(text)


def test_the_refusal_names_the_variable_and_the_known_ones():
    with pytest.raises(content.ContentProblem, match=r"\{nane\}.*\{name\}"):
        content.check("{nane}")


@pytest.mark.parametrize(
    ("language", "text", "text_en", "chosen"),
    [
        ("zh-hans", "好", "good", "zh-hans"), ("en", "好", "good", "en"), ("en-us", "好", "good", "en"),
        ("en", "好", "", "zh-hans"), ("zh-hans", "", "good", "en"), ("fr", "好", "good", "zh-hans"),
    ],
)  # fmt: skip
def test_the_reader_gets_their_language_as_far_as_it_is_there(language, text, text_en, chosen):
    assert content.language_of(language, text=text, text_en=text_en) == chosen


def test_an_offer_always_shows_the_way_out_once():
    assert content.complete("来吧", "zh-hans", is_marketing=True) == "来吧 退订 {unsubscribe}"
    assert content.complete("{unsubscribe} 来吧", "zh-hans", is_marketing=True) == "{unsubscribe} 来吧"
    assert content.complete("来吧", "zh-hans", is_marketing=False) == "来吧"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("好" * 70, 1), ("好" * 71, 2),
        ("好" * 134, 2), ("好" * 135, 3), ("€" * 80, 1), ("€" * 81, 2), ("😀" * 35, 1), ("😀" * 36, 2),
    ],
)  # fmt: skip
def test_how_many_text_messages_a_text_takes(text, count):
    assert content.parts(text).count == count


@pytest.mark.parametrize("number", [1, 31, 32, 1_000_000, 2**63 - 1])
def test_a_token_leads_back_to_its_delivery_for_its_purpose_only(number):
    made = links.token(number, links.OPEN, "key")
    assert links.delivery_of(made, links.OPEN, "key") == number
    assert links.delivery_of(made.upper(), links.OPEN, "key") == number
    assert links.delivery_of(made, links.UNSUBSCRIBE, "key") is None
    assert links.delivery_of(made, links.OPEN, "another") is None


def test_no_changed_token_is_genuine():
    made = links.token(12345, links.OPEN, "key")
    for at, sign in enumerate(made):
        for other in links.ALPHABET + "-!":
            if other != sign:
                assert links.delivery_of(made[:at] + other + made[at + 1 :], links.OPEN, "key") is None
    for wrong in ["", "-", "x" * 100, made[1:], made + "0", "１２３-" + made[-10:]]:
        assert links.delivery_of(wrong, links.OPEN, "key") is None


@pytest.mark.parametrize(
    ("method", "agent", "is_robot"),
    [
        ("GET", "Mozilla/5.0 (iPhone) MicroMessenger/8.0", False), ("HEAD", "Mozilla/5.0", True), ("GET", "", True),
        ("GET", "Mozilla/5.0 (compatible; Googlebot/2.1)", True), ("GET", "facebookexternalhit/1.1", True),
        ("GET", "Mozilla/5.0 (Linux; Android 14) Cubot", False), ("GET", "WhatsApp Link Preview", True),
    ],
)  # fmt: skip
def test_a_machines_look_is_no_opening(method, agent, is_robot):
    assert links.is_robot(method, agent) is is_robot


@pytest.mark.parametrize(
    ("permanent", "unknown", "garbled", "repeat", "tries", "outcome"),
    [
        (True, False, False, True, 1, Outcome(Fate.FAILED, Reason.REFUSED)),
        (False, False, False, False, 1, Outcome(Fate.AGAIN)),
        (False, False, False, False, 6, Outcome(Fate.FAILED, Reason.UNREACHABLE)),
        (False, True, False, False, 1, Outcome(Fate.UNKNOWN, Reason.UNREACHABLE)),
        (False, True, True, False, 1, Outcome(Fate.UNKNOWN, Reason.GARBLED)),
        (False, True, False, True, 1, Outcome(Fate.SAME_AGAIN)),
        (False, True, True, True, 6, Outcome(Fate.UNKNOWN, Reason.GARBLED)),
    ],
)
def test_what_a_failure_means(permanent, unknown, garbled, repeat, tries, outcome):
    given = {"permanent": permanent, "is_unknown": unknown, "is_garbled": garbled, "may_repeat": repeat}
    assert outcomes.fate_of_failure(**given, tries=tries) == outcome


@pytest.mark.parametrize(
    ("sends", "errors", "bad"),
    [(10, 10, False), (100, 20, False), (100, 21, True), (500, 100, False), (900, 101, True)],
)
def test_too_bad_is_more_than_a_fifth(sends, errors, bad):
    assert outcomes.is_too_bad(sends, errors) is bad


def test_the_rules_and_the_table_know_the_same_reasons():
    assert {each.value for each in Reason} == set(Delivery.Reason.values)
