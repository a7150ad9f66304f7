"""The codes on coupons: 12 letters of an alphabet of 32, 60 bits that nobody can guess."""

from __future__ import annotations

import re
import secrets
from unicodedata import normalize

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ" + "0"  # 32 letters without O, 1, I and L
LENGTH = 12
LONGEST = 40  # characters that a typed code may have, with its spaces and dashes
_SHAPE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_GAPS = re.compile(r"[\s\-·.]+")


def make(count: int = 1) -> list[str]:
    """New codes, drawn at once."""
    drawn = secrets.token_bytes(count * LENGTH)
    letters = "".join(
        ALPHABET[byte % len(ALPHABET)] for byte in drawn
    )  # 256 is a multiple of 32: no letter is favoured
    return [letters[at : at + LENGTH] for at in range(0, len(letters), LENGTH)]


def read(typed: str) -> str | None:
    """The code in what somebody typed or scanned: any case, width and gaps, O for 0; None for what can be no code."""
    if len(typed) > LONGEST:
        return None
    code = _GAPS.sub("", normalize("NFKC", typed)).upper().replace("O", "0")
    return code if _SHAPE.fullmatch(code) else None


def grouped(code: str) -> str:
    """In groups of four, as it is shown and read out."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
