"""Cells as people type them → clean values. One cleaner per kind of column; a fast path, repair only for the dirty.

Runs inside the sealed child: no Django here. A cleaner returns the value (or None for an empty cell) and raises
:class:`Bad` with a code of ``words.PROBLEMS`` otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any

from members.rules import phones

Cleaner = Callable[[Any], Any]

MAINLAND = re.compile(r"1[3-9]\d{9}").fullmatch
NOISE = re.compile(r"[\s\u00a0\u200b-\u200f\u202a-\u202e\u2060\ufeff\-–—()]+")
SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE]\+?\d+").fullmatch
WHOLE_FLOAT = re.compile(r"(\d+)\.0+").fullmatch
YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d.*)?").fullmatch
AS_TEXT = ("'", "=")  # '1690… and ="1690…"
WRAPPED = re.compile(r'=\s*"([^"]*)"\s*').fullmatch
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?").fullmatch
TAG_BREAK = re.compile(r"[,，;；|、/]")
SERIAL_EPOCH = date(1899, 12, 30)
LAST_SERIAL = 80_000  # 2119-01-10
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")  # reverse what follows them
NO_CARDS = {bool, date, datetime, clock, timedelta}  # the program took 3-4 for a day
EXACT_DIGITS = 10**15  # a spreadsheet keeps 15 digits of a number
NOTHING = {"", "-", "--", "/", "无", "暂无", "空", "没有", "n/a", "na", "null", "none", "#n/a"}
GENDERS = {
    "男": "m", "男士": "m", "先生": "m", "男性": "m", "m": "m", "male": "m", "mr": "m", "1": "m",
    "女": "f", "女士": "f", "小姐": "f", "女性": "f", "f": "f", "female": "f", "ms": "f", "mrs": "f", "2": "f",
    "未知": "", "保密": "", "unknown": "", "0": "",
}  # fmt: skip
YES = {"是", "同意", "已同意", "接受", "愿意", "y", "yes", "true", "1", "√", "✓", "✔"}
NO = {"否", "不同意", "拒绝", "不接受", "退订", "已退订", "n", "no", "false", "0", "×", "x"}


class Bad(ValueError):
    """A cell that cannot be used; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def as_text(value: Any) -> str:
    """Any cell as trimmed text with full-width forms folded; whole numbers without a fraction."""
    if type(value) is str:
        if value.startswith(AS_TEXT):
            value = unwrapped(value)
        if value.isascii() and "\x00" not in value:
            return value.strip()
        return unicodedata.normalize("NFKC", value).replace("\x00", "").strip()
    if value is None:
        return ""
    if type(value) is bool:
        return "1" if value else "0"
    if type(value) is float:
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def unwrapped(value: str) -> str:
    """Without the signs by which files keep a spreadsheet program from reading digits as a number."""
    return found[1] if (found := WRAPPED(value)) else value.removeprefix("'")


def text(limit: int) -> Cleaner:
    """Free text kept as typed (rare characters and dots stay), trimmed; control characters go."""

    def clean(value: Any) -> str | None:
        if type(value) is not str or WRAPPED(value):
            value = as_text(value)
        elif not value.isprintable():
            value = _printable(value)
        value = value.strip()
        if len(value) > limit:
            raise Bad("too_long")
        return value or None

    return clean


def _printable(value: str) -> str:
    """Line breaks and tabs become a space; control characters, marks that turn a text round and lone surrogates go."""
    spaced = re.sub(r"[\s\u00a0]+", " ", value)
    return "".join(c for c in spaced if c not in TURNING and unicodedata.category(c) not in {"Cc", "Cs"})


def word(limit: int) -> Cleaner:
    """A short word such as a store code or a tier: folded, and 无 counts as empty."""

    def clean(value: Any) -> str | None:
        value = as_text(value)
        if value.lower() in NOTHING:
            return None
        if len(value) > limit:
            raise Bad("too_long")
        if not value.isprintable():
            raise Bad("not_readable")
        return value

    return clean


def phone(value: Any) -> str | None:
    """A phone in its canonical form, from text or number cells with spaces, +86, full-width digits or ``.0``."""
    if type(value) is str and MAINLAND(value) and value.isascii():
        return value
    folded = NOISE.sub("", as_text(value))
    if folded.lower() in NOTHING:
        return None
    found = phones.normalise(folded)
    if found is None:
        raise Bad("phone_scientific" if SCIENTIFIC(folded) else "phone_invalid")
    return found


def card(value: Any) -> str | None:
    """A card number. A number cell beyond 15 digits has lost its last digits already."""
    if type(value) in {float, int} and abs(value) >= EXACT_DIGITS:
        raise Bad("digits_lost")
    if type(value) in NO_CARDS or (type(value) is float and not value.is_integer()):
        raise Bad("card_changed")
    folded = as_text(value).replace(" ", "")
    if folded.lower() in NOTHING:
        return None
    if SCIENTIFIC(folded):
        raise Bad("digits_lost")
    if whole := WHOLE_FLOAT(folded):
        folded = whole[1]
    if len(folded) > 64:
        raise Bad("too_long")
    if not folded.isprintable():
        raise Bad("not_readable")
    return folded


def opaque(value: Any) -> str | None:
    """An OpenID or UnionID: letters, digits, ``-`` and ``_`` only; its case counts."""
    folded = as_text(value)
    if folded.lower() in NOTHING:
        return None
    if not re.fullmatch(r"[A-Za-z0-9_-]{6,64}", folded):
        raise Bad("id_invalid")
    return folded


def day(value: Any) -> date | None:
    """A date: a date cell, a serial number, 1990-1-5, 1990/01/05, 1990年1月5日 or 19900105."""
    if type(value) is datetime:
        return value.date()
    if type(value) is date:
        return value
    if value is None or value == "":
        return None
    folded = as_text(value)
    if folded.lower() in NOTHING:
        return None
    try:
        if found := YMD(folded):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if NUMBER(folded):
            return _numbered_day(folded)
    except (ValueError, OverflowError):
        pass
    raise Bad("date_invalid")


def _numbered_day(folded: str) -> date:
    if len(folded) == 8 and folded.isdigit():
        return date(int(folded[:4]), int(folded[4:6]), int(folded[6:]))
    serial = float(folded)
    if 1 <= serial <= LAST_SERIAL:
        return SERIAL_EPOCH + timedelta(days=int(serial))
    raise ValueError(folded)


def past_day(today: date, since: int = 1900) -> Cleaner:
    """A date that has come already and is not before the year ``since``."""
    earliest = date(since, 1, 1)

    def clean(value: Any) -> date | None:
        found = day(value)
        if found is not None and found > today:
            raise Bad("date_future")
        if found is not None and found < earliest:
            raise Bad("date_too_old")
        return found

    return clean


def whole(value: Any) -> int | None:
    """A whole number, not negative: 1200, '1,200 ', '１２００', 1200.0."""
    kind = type(value)
    if kind is float:
        if not value.is_integer():
            raise Bad("number_fraction")
        number = int(value)
    elif kind is int:
        number = value
    else:
        folded = as_text(value).replace(",", "").replace(" ", "").replace("分", "")
        if folded.lower() in NOTHING:
            return None
        found = NUMBER(folded)
        if not found:
            raise Bad("number_invalid")
        if found[1] and found[1].strip(".0"):
            raise Bad("number_fraction")
        number = int(folded.split(".")[0])
    if number < 0:
        raise Bad("number_negative")
    if number > 10**12:
        raise Bad("number_too_large")
    return number


def gender(value: Any) -> str | None:
    folded = as_text(value).lower().rstrip(".")
    if folded in NOTHING:
        return None
    if folded not in GENDERS:
        raise Bad("gender_unknown")
    return GENDERS[folded] or None


def yes_no(value: Any) -> int | None:
    """1, 0, or None when the cell is empty."""
    folded = as_text(value).lower()
    if folded in NOTHING and folded not in NO:
        return None
    if folded in YES:
        return 1
    if folded in NO:
        return 0
    raise Bad("yes_no_unknown")


def tags(value: Any) -> list[str] | None:
    """Several words in one cell, parted by commas of either width, semicolons, slashes or bars."""
    folded = as_text(value)
    if not folded or folded.lower() in NOTHING:
        return None
    found = list(dict.fromkeys(part.strip() for part in TAG_BREAK.split(folded) if part.strip()))
    if len(found) > 50 or any(len(part) > 40 or not part.isprintable() for part in found):
        raise Bad("tag_invalid")
    return found or None


def make(kind: str, *, limit: int, today: date) -> Cleaner:
    """The cleaner for a column that a resource declares."""
    fixed: dict[str, Cleaner] = {
        "phone": phone, "card": card, "opaque": opaque, "whole": whole, "gender": gender, "yes_no": yes_no,
        "tags": tags, "day": past_day(today),
    }  # fmt: skip
    if kind in fixed:
        return fixed[kind]
    return {"text": text, "word": word}[kind](limit)
