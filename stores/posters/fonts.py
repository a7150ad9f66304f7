"""Letters as outlines, from Noto Sans SC in a Python package: the same on every machine, nothing to install."""

from functools import cache, lru_cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

Command = tuple[str, tuple[tuple[float, float], ...]]
MISSING = "□"


@cache
def path() -> Path:
    return pylopdf_fonts_zh_cn.sans_path()


@cache
def _face():
    font = TTFont(path(), lazy=True)
    return font.getGlyphSet(), font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm


def printable(text: str) -> str:
    """The text on one line, with a box for each sign that the font lacks."""
    known = _face()[1]
    return "".join(sign if ord(sign) in known else MISSING for sign in " ".join(text.split()))


@lru_cache(maxsize=8192)
def advance(sign: str) -> float:
    """How far a sign moves the pen, in ems."""
    _, names, metrics, units = _face()
    return metrics[names[ord(sign)]][0] / units


@lru_cache(maxsize=8192)
def outline(sign: str) -> tuple[Command, ...]:
    """A sign's curves in ems, y upwards: moveTo, lineTo, curveTo (cubic) and closePath."""
    glyphs, names, _, units = _face()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[names[ord(sign)]].draw(pen)
    return tuple((word, tuple((x / units, y / units) for x, y in points)) for word, points in pen.value)


def width(text: str, size: float, spacing: float = 0) -> float:
    """How wide a printable text is, in the unit of ``size``."""
    return sum(advance(sign) for sign in text) * size + spacing * max(len(text) - 1, 0)


def fitting(text: str, room: float, size: float) -> float:
    """The size, at most ``size``, at which the text fits in the room."""
    wide = width(text, size)
    return size if wide <= room else size * room / wide


def wrapped(text: str, room: float, size: float, lines: int) -> list[str]:
    """The text in at most ``lines`` lines, broken at a space where there is one; the last ends in … if cut."""
    rows: list[str] = []
    rest = text
    while rest and len(rows) < lines:
        cut = _cut(rest, room, size)
        rows.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    if rest:
        rows[-1] = rows[-1][:-1].rstrip() + "…"
    return rows


def _cut(text: str, room: float, size: float) -> int:
    """How many signs go on the first line."""
    used = 0.0
    for place, sign in enumerate(text):
        used += advance(sign) * size
        if used > room and place:
            space = text.rfind(" ", 1, place + 1)
            return space if space > 0 and text[:place].isascii() else place
    return len(text)
