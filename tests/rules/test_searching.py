"""What a searched text means, and what is said when it finds nobody."""

import pytest

from members.rules import searching
from members.rules.searching import FEW, SHORT, UNKNOWN_NAME, UNKNOWN_NUMBER, UNKNOWN_PHONE, Means


@pytest.mark.parametrize(
    ("typed", "means", "text", "ending"),
    [
        ("", Means.NOTHING, "", ""),
        ("  ", Means.NOTHING, "", ""),
        ("+86 169-0000-5678", Means.PHONE, "16900005678", ""),
        ("１６９００００５６７８", Means.PHONE, "16900005678", ""),
        ("5678王", Means.ENDING, "王", "5678"),
        ("王 5678", Means.ENDING, "王", "5678"),
        ("王*5678", Means.ENDING, "王", "5678"),
        ("VIP35678", Means.NUMBER, "VIP35678", ""),
        ("wang@example.com", Means.NUMBER, "wang@example.com", ""),
        ("oAbCdEfGhIjKlMnOpQrStUvW", Means.NUMBER, "oAbCdEfGhIjKlMnOpQrStUvW", ""),
        ("王小明", Means.NAME, "王小明", ""),
        ("Mary Anne", Means.NAME, "Mary Anne", ""),
    ],
)
def test_a_text_is_read_in_one_way(typed, means, text, ending):
    assert searching.read(typed)[:3] == (means, text, ending)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("5678", FEW), ("169 0000 567", SHORT), ("16900005678", UNKNOWN_PHONE), ("169000056789", UNKNOWN_NUMBER),
        ("QH0000777", UNKNOWN_NUMBER), ("王小明", UNKNOWN_NAME), ("", ""),
    ],
)  # fmt: skip
def test_who_finds_nobody_is_told_what_to_type_instead(typed, hint):
    assert searching.read(typed).hint == hint
