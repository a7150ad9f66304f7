"""Two records are compared in words."""

import pytest
from django.utils import translation

from members.models import Identity
from web.ui.templatetags.signs import SIGNS, sign, signs


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("phone+name", "phone and name"),
        ("recycled phone", "phone given out anew"),
        ("openid:wx123", "OpenID:wx123"),
        ("case: name+birthday", "looked at by a colleague: name and birthday"),
        ("something new", "something new"),
        ("", ""),
    ],
)
def test_a_rule_is_said_in_words_and_an_unknown_one_as_it_stands(code, words):
    with translation.override("en"):
        assert sign(code) == words


def test_contradictions_are_a_list():
    with translation.override("en"):
        assert signs(["unionid", "name"]) == "UnionID, name"


def test_every_kind_of_identity_has_a_word():
    assert {one.lower() for one in Identity.Kind.names} <= set(SIGNS)
