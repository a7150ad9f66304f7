"""What somebody means who types into the search of the members list. Pure.

Every reading can be answered by an index; what cannot is refused with words that say what to type instead.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from . import phones

LONGEST = 128
_DIGITS = re.compile(r"[\d\s\-()+]+")
_LAST_FOUR = re.compile(r"^(?P<digits>\d{4})\s*(?P<name>\D.*)$|^(?P<name2>\D.*?)\s*(?P<digits2>\d{4})$")


class Means(StrEnum):
    """How a text is understood."""

    NOTHING = "nothing"
    PHONE = "phone"
    ENDING = "ending"  # last four digits of a phone, and the beginning of a name
    NUMBER = "number"  # member number, card or the id that another system has
    NAME = "name"


class Search(NamedTuple):
    """One reading of a text. ``hint`` says what to do when it finds nobody; nothing for the plain case."""

    means: Means
    text: str = ""
    ending: str = ""
    hint: object = ""


FEW = _("Four digits fit too many members. Type the last four digits together with the name: 1234 王.")
SHORT = _(
    "This is only a part of a phone number. Type all of its digits, or the last four digits together with the name."
)
UNKNOWN_PHONE = _("No member has this phone number. Check its digits; the person may have joined with another phone.")
UNKNOWN_ENDING = _(
    "Nobody with this beginning of a name has a phone with these last four digits. Check both, or type the whole number."
)
UNKNOWN_NUMBER = _(
    "No member has this member number, card number or platform id. Type it whole; capitals count in platform ids."
)
UNKNOWN_NAME = _("No member's name begins like this. Type the name from its first character on.")


def read(text: str) -> Search:
    """The reading of a typed text, of at most ``LONGEST`` characters; full-width digits and filling are understood."""
    text = text.strip()[:LONGEST]
    if not text:
        return Search(Means.NOTHING)
    if phone := phones.normalise(text):
        return Search(Means.PHONE, phone, hint=UNKNOWN_PHONE)
    if found := _LAST_FOUR.match(text):
        name = (found["name"] or found["name2"]).strip().rstrip("*")
        if name and not any(letter.isdigit() for letter in name):
            return Search(Means.ENDING, name, found["digits"] or found["digits2"], UNKNOWN_ENDING)
    if _DIGITS.fullmatch(text):
        count = sum(letter.isdigit() for letter in text)
        short = FEW if count <= 4 else SHORT
        return Search(Means.NUMBER, text, hint=short if count < 11 else UNKNOWN_NUMBER)
    if any(letter.isdigit() for letter in text) or "@" in text or ":" in text or _is_id(text):
        return Search(Means.NUMBER, text, hint=UNKNOWN_NUMBER)
    return Search(Means.NAME, text, hint=UNKNOWN_NAME)


def _is_id(text: str) -> bool:
    """A long run of Latin characters without a space: no name, but an OpenID that happens to hold no digit."""
    return len(text) >= 20 and text.isascii() and " " not in text


def values(text: str) -> set[str]:
    """The forms in which a number, a card or an id may be kept: as typed, in capitals, in small letters, unspaced."""
    tight = "".join(text.split())
    return {text, text.upper(), text.lower(), tight, tight.upper()}
