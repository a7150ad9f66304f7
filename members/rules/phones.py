"""Phone numbers as people write them, in one form, and how they are shown. Pure.

The canonical form of a mainland mobile is its 11 digits; of any other number E.164 with its plus sign.
"""

import re
import unicodedata

import phonenumbers

from stores.rules.phones import is_demo

__all__ = ["MAINLAND", "grouped", "is_demo", "mask", "mask_name", "normalise"]

MAINLAND = re.compile(r"1[3-9][0-9]{9}")
_FILLING = re.compile(r"[\s\-‐-―−()./·]+")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$)")
_LONGEST = 40  # characters: nobody writes a phone longer than this
_SCIENCE = re.compile(r"1\.[0-9]{1,10}[eE]\+?10")


def normalise(text: str) -> str | None:
    """The canonical form of a phone number as typed, pasted or read from a file; None when it is not one.

    Full-width digits, spaces, dashes, brackets, +86 and 0086 are understood, and an Excel number (``16900001234.0``).
    A number in scientific notation counts only when all eleven digits are in it.
    """
    if len(text) > _LONGEST:
        return None
    plain = (
        _FILLING.sub(" ", unicodedata.normalize("NFKC", text)).replace(" ", "") if "." not in text else _number(text)
    )
    mainland = _COUNTRY.sub("", plain)
    if MAINLAND.fullmatch(mainland):
        return mainland
    return _elsewhere(plain)


def _number(text: str) -> str:
    """Digits of a text with a point in it: a float that Excel wrote, else dots used as filling."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if _SCIENCE.fullmatch(plain):
        digits = plain[2:].lower().split("e")[0]
        return "1" + digits if len(digits) == 10 else ""
    if re.fullmatch(r"[0-9]{11}\.0+", plain):
        return plain[:11]
    return _FILLING.sub("", plain)


def _elsewhere(plain: str) -> str | None:
    """E.164 of a valid number outside the mainland pattern, which must say its country (+ or 00)."""
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", plain):
        return None
    try:
        number = phonenumbers.parse(plain)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code == 86 or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask(phone: str) -> str:
    """A canonical number with its middle hidden: ``169****1234``, ``+85****4567``."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_name(name: str) -> str:
    """The first character and a star; nothing for nobody."""
    name = name.strip()
    return f"{name[0]}*" if name else ""


def grouped(phone: str) -> str:
    """A canonical number as people read it: ``169 0000 1234``."""
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}" if MAINLAND.fullmatch(phone) else phone
