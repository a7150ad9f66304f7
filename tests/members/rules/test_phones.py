"""Phones in one form, whatever people and files make of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.rules import phones

demo_phones = st.integers(0, 9999).map(lambda n: f"1690042{n:04d}")
digits = st.text("0123456789", max_size=15)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("16900001234", "16900001234"),
        (" 169 0000 1234 ", "16900001234"),
        ("169-0000-1234", "16900001234"),
        ("+86 169\u00a00000\u00a01234", "16900001234"),
        ("0086-16900001234", "16900001234"),
        ("8616900001234", "16900001234"),
        ("（169）0000·1234", "16900001234"),
        ("１６９００００１２３４", "16900001234"),
        ("16900001234.0", "16900001234"),
        ("1.6900001234E+10", "16900001234"),
        ("+44 7700 900123", None),
        ("+1 202-555-0123", "+12025550123"),
        ("001 202 555 0123", "+12025550123"),
        ("1.69E+10", None),
        ("1690000123", None),
        ("169000012345", None),
        ("12900001234", None),
        ("5123 4567", None),
        ("+86 10 1234 5678", None),
        ("无", None),
        ("", None),
        ("1" * 10_000, None),
        ("٠١٢٣٤٥٦٧٨٩", None),
    ],
)
def test_a_phone_has_one_form_and_what_is_none_has_no_form(written, canonical):
    assert phones.normalise(written) == canonical


@given(demo_phones, st.sampled_from(["", "+86", "0086", "86", "+86 "]), st.sampled_from([" ", "-", "", "\u00a0", "·"]))
def test_every_usual_way_of_writing_a_number_gives_the_same_number(phone, country, gap):
    written = f"{country}{phone[:3]}{gap}{phone[3:7]}{gap}{phone[7:]}"

    assert phones.normalise(written) == phone
    assert phones.normalise(written.translate({ord("0") + n: ord("０") + n for n in range(10)})) == phone


@given(st.one_of(st.text(max_size=60), digits, digits.map(lambda text: "+" + text)))
def test_whatever_comes_out_is_stable_and_looks_like_a_phone(text):
    found = phones.normalise(text)

    if found is not None:
        assert phones.normalise(found) == found
        assert phones.MAINLAND.fullmatch(found) or (found[0] == "+" and found[1:].isascii() and found[1:].isdigit())


@given(demo_phones)
def test_a_mask_hides_the_middle_and_grouping_hides_nothing(phone):
    assert phones.mask(phone) == f"169****{phone[-4:]}"
    assert phone[3:7] not in phones.mask(phone)[3:7]
    assert phones.grouped(phone).replace(" ", "") == phone


def test_a_name_shows_its_first_character_only():
    assert [phones.mask_name(name) for name in ("王小明", " 欧阳娜娜 ", "", "Ann")] == ["王*", "欧*", "", "A*"]


def test_the_invented_range_is_invented_and_no_real_number_falls_into_it():
    assert phones.is_demo("16900001234")
    assert phones.is_demo("16900991234")
    assert phones.is_demo("1690" + "1001234")
    assert not phones.is_demo("+16900001234")
