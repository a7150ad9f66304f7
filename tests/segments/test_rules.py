"""Rules that cannot be are refused with their place; those that can are said in words."""

import json

import pytest
from django.utils import translation

from segments.rules import tree
from segments.rules.fields import FIELDS
from segments.rules.sentence import sentence
from segments.rules.tree import RuleError


def deep(levels: int):
    rule: dict = {"tag": 1}
    for _ in range(levels):
        rule = {"not": rule}
    return rule


BAD = [
    (None, ""), ([], ""), ({}, ""), ("{", ""), ("[" * 100_000, ""), ({"all": [{"all": []}]}, "all[0].all"),
    (deep(8), "not.not.not.not.not.not.not.not"), (deep(5_000), "not.not.not.not.not.not.not.not"),
    ({"any": [{"tag": 1}] * 51}, "any[50]"), ({"tag": True}, "tag"), ({"tag": "3"}, "tag"), ({"tag": 2**31}, "tag"),
    ({"tag": float("nan")}, "tag"), ({"tag": 1, "any": []}, ""), ({"tag": 1, "x": 2}, ""),
    ({"attr": "shoe_size", "op": "eq", "value": 1}, "attr"), ({"attr": ["age"], "op": "gte", "value": 1}, "attr"),
    ({"attr": "age", "op": "in", "value": [1]}, "op"), ({"attr": "age", "op": ["gte"], "value": 1}, "op"),
    ({"attr": "age", "op": "gte", "value": float("inf")}, "value"), ({"attr": "age", "op": "gte", "value": 1.5}, "value"),
    ({"attr": "age", "op": "gte", "value": 10**400}, "value"), ({"attr": "age", "op": "between", "value": [9, 3]}, "value"),
    ({"attr": "age", "op": "known", "value": 3}, "value"), ({"attr": "spent", "op": "gte", "value": 1.005}, "value"),
    ({"attr": "gender", "op": "in", "value": ["x"]}, "value"), ({"attr": "gender", "op": "in", "value": "f"}, "value"),
    ({"attr": "gender", "op": "in", "value": []}, "value"), ({"attr": "has_phone", "op": "eq", "value": 1}, "value"),
    ({"attr": "home_store", "op": "in", "value": [0]}, "value[0]"), ({"orders": 3}, "orders"),
    ({"attr": "birthday_month", "op": "in", "value": [13]}, "value"), ({"orders": {"agg": "average"}}, "orders.agg"),
    ({"all": [{"tag": 1}, {"orders": {"days": 0}}]}, "all[1].orders.days"),
    ({"orders": {"category": ["a\x00"]}}, "orders.category[0]"), ({"orders": {"colour": "red"}}, "orders"),
    ({"near": {"store": 1, "km": float("nan")}}, "near.km"), ({"near": {"lat": 91, "lon": 0, "km": 1}}, "near.lat"),
    ({"near": {"store": 1, "lat": 3, "km": 1}}, "near"), ({"snapshot": -1}, "snapshot"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path"), BAD, ids=range(len(BAD)))
def test_a_rule_that_cannot_be_is_refused_with_its_place_in_both_languages(rule, path):
    said = {}
    for language in ("en", "zh-hans"):
        with translation.override(language), pytest.raises(RuleError) as refused:
            tree.parse(rule)
        assert refused.value.path == path
        said[language] = refused.value.message
    assert said["en"]


def test_the_deepest_and_the_longest_rules_are_taken():
    tree.parse(deep(7))
    assert len(tree.leaves(tree.parse({"any": [{"tag": n} for n in range(1, 51)]}))) == 50
    assert tree.parse(json.dumps({"all": []})) == tree.All(())


def test_yuan_are_exact():
    assert str(tree.parse({"attr": "spent", "op": "gte", "value": 0.1}).value) == "0.10"


def test_every_field_says_what_it_is_and_can_be_parsed():
    assert len(FIELDS) >= 15
    for name, field in FIELDS.items():
        assert (name, bool(str(field.label)), bool(str(field.help))) == (field.name, True, True)


def test_a_rule_is_said_in_words():
    rule = {
        "all": [
            {"tag": 3},
            {
                "any": [
                    {"attr": "age", "op": "between", "value": [18, 30]},
                    {"attr": "gender", "op": "in", "value": ["f"]},
                ]
            },
            {"orders": {"days": 30, "category": ["Dairy"], "agg": "sum", "op": "lt", "value": 1500}},
            {"not": {"near": {"store": 4, "km": 3}}},
        ]
    }
    with translation.override("en"):
        said = sentence(rule, lambda key, value: {("tags", 3): "VIP"}.get((key, value), str(value)))
    assert "tagged “VIP” and (Age from 18 to 30" in said
    assert "bought Dairy in the last 30 days for less than 1,500 yuan and not (within 3 km of 4)" in said


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "bought ever, at least 2 orders"),
        ({"store": [7]}, "bought at Store 7 ever, at least 2 orders"),
        ({"store": [7, 8], "days": 9}, "bought at Store 7, Store 8 in the last 9 days, at least 2 orders"),
        ({"category": ["Tea"], "region": [1]}, "bought Tea in Region 1 ever, at least 2 orders"),
        ({"region": [1], "channel": [2]}, "bought in Region 1 through Channel 2 ever, at least 2 orders"),
        ({"category": ["Tea"], "store": [7]}, "bought Tea at Store 7 ever, at least 2 orders"),
    ],
)
def test_orders_are_said_as_a_sentence_wherever_and_whatever_was_bought(asked, words):
    called = {"stores": "Store", "regions": "Region", "channels": "Channel"}
    with translation.override("en"):
        said = sentence(
            {"orders": {"agg": "count", "op": "gte", "value": 2, **asked}},
            lambda key, value: f"{called[key]} {value}" if key in called else str(value),
        )
    assert said == f"Members for whom: {words}."
