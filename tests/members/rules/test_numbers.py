"""Member numbers notice a slip of the finger."""

from hypothesis import given
from hypothesis import strategies as st

from members.rules.numbers import is_number, number_of


@given(st.integers(0, 999_999_999))
def test_a_number_fits_its_shape(member_id):
    assert is_number(number_of(member_id))
    assert len(number_of(member_id)) == 11


@given(st.integers(0, 999_999_999), st.integers(1, 10), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(member_id, place, shift):
    number = number_of(member_id)
    slipped = f"{number[:place]}{(int(number[place]) + shift) % 10}{number[place + 1 :]}"

    assert not is_number(slipped)


def test_other_texts_are_no_numbers():
    assert not any(map(is_number, ["", "M", "M123", "16900001234", "m0000000422", "M00000004225"]))
