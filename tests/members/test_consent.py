"""The words people agree to stay the words they agreed to."""

import pytest

from members.models import Consent, ConsentText
from members.rules import consent_texts
from members.services import consent
from tests.factories import NOON, make_member

PUBLISHED = {
    ("membership", 1, "zh-hans"): "99a72716f74b6cc5eda04aa391b21d79a186d591cb4da245f6ffb7e42f772499",
    ("membership", 1, "en"): "be7be032e9f061a7b62fbef770cb665000b941706a9ead89625fb15cfc0fb513",
    ("marketing", 1, "zh-hans"): "a24fd3607a704bf6ecf14347fd3098b2df5f8c5cc5bc58d36ac7e1ae618228fe",
    ("marketing", 1, "en"): "309cb625f9fda441fa164e3c20c1804492a096b0d7ec77372f40564aba769527",
}


def test_a_published_text_is_never_edited():
    assert {(t.purpose, t.version, t.language): t.sha256 for t in consent_texts.TEXTS} == PUBLISHED


def test_texts_are_stored_once_however_often_they_are_asked_for():
    consent.ensure_texts(now=NOON)
    consent.ensure_texts(now=NOON)

    assert ConsentText.objects.count() == len(consent_texts.TEXTS)


def test_a_stored_text_that_differs_from_the_code_stops_everything():
    consent.ensure_texts(now=NOON)
    ConsentText.objects.update(sha256="0" * 64)

    with pytest.raises(ValueError, match="was edited"):
        consent.give(make_member(), "membership", language="en", method="h5", now=NOON)


def test_the_text_is_the_one_that_was_shown():
    member = make_member()

    consent.give(member, "membership", language="en", method="h5", now=NOON)

    row = Consent.objects.select_related("text").get()
    assert (row.text.language, row.text.sha256) == ("en", consent_texts.current("membership", "en").sha256)


def test_a_yes_can_be_taken_back_once():
    member = make_member()
    consent.give(member, "marketing", language="en", method="h5", now=NOON)

    first = consent.withdraw(member, "marketing", method="card", now=NOON)
    again = consent.withdraw(member, "marketing", method="card", now=NOON)

    assert first.is_given is False
    assert again is None
