"""Member numbers: ``M``, nine digits of the id and a Luhn check digit, so that a mistyped one is noticed. Pure."""

import re

_SHAPE = re.compile(r"M[0-9]{10}")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def check_digit(digits: str) -> str:
    """The Luhn digit that follows these."""
    total = sum(_DOUBLED[int(sign)] if place % 2 == 0 else int(sign) for place, sign in enumerate(reversed(digits)))
    return str(-total % 10)


def number_of(member_id: int) -> str:
    """42 → ``M0000000422``."""
    digits = f"{member_id:09d}"
    return f"M{digits}{check_digit(digits)}"


def is_number(text: str) -> bool:
    """Whether this has the shape of a member number and its check digit fits."""
    return bool(_SHAPE.fullmatch(text)) and check_digit(text[1:-1]) == text[-1]
