"""The designs: A4, A5, a table tent and a till sticker. Every code is at least 4 cm with four modules of white."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import segno

from . import fonts
from .sheet import Box, Code, Dashes, Disc, Matrix, Shape, Sheet, Turned, Words, ink_on, mix
from .words import LANGUAGES, Wording, other

QUIET = 4  # modules of white on each side
BOLD, SEMI = 0.035, 0.018
INK, GREY, PALE = "#16211c", "#5d6863", "#eef1ef"
SMALLEST = 40.0  # millimetres: the least a code may measure


@dataclass(frozen=True)
class Poster:
    """What one poster says. ``readable`` is the code for people, ``domain`` the host of ``address``."""

    brand: str
    colour: str
    store: str
    second_name: str
    place: str
    code: str
    readable: str
    address: str
    domain: str
    note: str
    language: str


@lru_cache(maxsize=64)
def matrix_of(address: str) -> Matrix:
    """The QR code of an address at error level Q (a quarter may be torn off), without its quiet zone.

    Kept for a moment: a poster, its SVG and its PNG show the same code, and finding the best mask is the slow part.
    """
    code = segno.make(address, error="q", boost_error=False, micro=False)
    return tuple(tuple(bool(dark) for dark in row) for row in code.matrix)


def draw(poster: Poster, form: str) -> Sheet:
    """The sheet of a form: a4, a5, tent or sticker."""
    return FORMS[form](poster)


def _code_card(poster: Poster, centre: float, top: float, size: float) -> list[Shape]:
    """A white card with the code in its middle; ``size`` is the code's side without the quiet zone."""
    matrix = matrix_of(poster.address)
    edge = max(QUIET * size / len(matrix), size * 0.09)
    card = size + 2 * edge
    return [
        Box(centre - card / 2, top, card, card, "#ffffff", size * 0.05),
        Code(centre - size / 2, top + edge, size, matrix),
    ]


def _rings(x: float, y: float, radius: float, colour: str) -> list[Shape]:
    """Four rings that fade into the ground: a code's echo, in the brand's colour."""
    shares = (0.07, 0.0, 0.1, 0.0)
    return [
        Disc(x, y, radius * (1 - 0.2 * step), mix(colour, "#ffffff", share) if share else colour)
        for step, share in enumerate(shares)
    ]


def _named(text: str, x: float, y: float, size: float, room: float, fill: str, **more) -> Words:
    text = fonts.printable(text)
    return Words(x, y, fonts.fitting(text, room, size), text, fill, **more)


def _steps(words: Wording, x: float, y: float, width: float, size: float, colour: str) -> list[Shape]:
    """Three numbered discs side by side with a word under each."""
    shapes: list[Shape] = []
    for step, text in enumerate(words.steps):
        middle = x + width * (2 * step + 1) / 6
        if step:
            shapes.append(
                Box(middle - width / 3 + size * 1.5, y - 0.25, width / 3 - size * 3, 0.5, mix(colour, "#ffffff", 0.7))
            )
        shapes += [
            Disc(middle, y, size, colour),
            Words(middle, y + size * 0.42, size * 1.15, str(step + 1), ink_on(colour), SEMI, "middle"),
            _named(text, middle, y + size * 2.45, size * 0.98, width / 3 - 2, INK, anchor="middle"),
        ]
    return shapes


def _official(poster: Poster, words: Wording, x: float, y: float, size: float, room: float) -> list[Shape]:
    """The line that helps against pasted-over codes."""
    line = f"{words.official} {poster.domain}"
    return [
        _named(line, x, y, size, room, INK, weight=SEMI, anchor="middle"),
        _named(words.check, x, y + size * 1.45, size * 0.86, room, GREY, anchor="middle"),
    ]


def _a4(poster: Poster) -> Sheet:
    return _portrait(poster, 210.0)


def _a5(poster: Poster) -> Sheet:
    return _portrait(poster, 148.0)


def _portrait(poster: Poster, width: float) -> Sheet:
    """A4 and A5 are one design: every length is a share of the width."""
    u = width / 210
    height = 297 * u if width == 210 else 210.0
    words, second = LANGUAGES[poster.language], other(poster.language)
    ink, half = ink_on(poster.colour), width / 2
    soft = mix(poster.colour, ink, 0.82)
    shapes: list[Shape] = [Box(0, 0, width, 172 * u, poster.colour)]
    shapes += _rings(width - 14 * u, 16 * u, 62 * u, poster.colour)
    shapes += [
        Disc(-6 * u, 150 * u, 34 * u, mix(poster.colour, "#000000", 0.06)),
        Box(0, 172 * u, width, height - 172 * u, "#ffffff"),
        _named(poster.brand, 18 * u, 25 * u, 9 * u, 120 * u, ink, weight=SEMI),
        _named(words.headline, 18 * u, 57 * u, 25 * u, width - 36 * u, ink, weight=BOLD),
        _named(words.promise, 18 * u, 71 * u, 7.4 * u, width - 36 * u, ink),
        _named(f"{second.headline}  ·  {second.promise}", 18 * u, 80.5 * u, 4.6 * u, width - 36 * u, soft),
    ]
    shapes += _code_card(poster, half, 90 * u, 100 * u)
    shapes += [
        _named(poster.store, half, 222.5 * u, 10 * u, width - 36 * u, INK, weight=BOLD, anchor="middle"),
        _named(poster.second_name or poster.place, half, 230 * u, 4.8 * u, width - 36 * u, GREY, anchor="middle"),
    ]
    shapes += _steps(words, 18 * u, 244.5 * u, width - 36 * u, 4.9 * u, poster.colour)
    shapes += _foot(poster, u, height)
    if poster.note:
        shapes.append(_named(poster.note, width - 18 * u, 25 * u, 5 * u, 50 * u, ink, anchor="end"))
    return Sheet(width, height, _title(poster), shapes)


def _foot(poster: Poster, u: float, height: float) -> list[Shape]:
    """The pale strip below: the code for people, and the official domain."""
    width = 210 * u
    words, second = LANGUAGES[poster.language], other(poster.language)
    return [
        Box(0, 264.5 * u, width, height - 264.5 * u, PALE),
        Words(18 * u, 275.5 * u, 4.4 * u, f"{words.code}  {second.code}", GREY),
        Words(18 * u, 285.5 * u, 8.6 * u, poster.readable, INK, SEMI, spacing=0.5 * u),
        _named(
            f"{words.official}  {poster.domain}",
            width - 18 * u,
            275.5 * u,
            4.8 * u,
            92 * u,
            INK,
            weight=SEMI,
            anchor="end",
        ),
        _named(words.check, width - 18 * u, 281.6 * u, 4 * u, 92 * u, GREY, anchor="end"),
        _named(second.check, width - 18 * u, 287 * u, 3.4 * u, 92 * u, GREY, anchor="end"),
    ]


def _face(poster: Poster) -> list[Shape]:
    """One side of the tent, A5 lying down: the words on colour at the left, the code at the right."""
    words, second = LANGUAGES[poster.language], other(poster.language)
    ink = ink_on(poster.colour)
    soft = mix(poster.colour, ink, 0.82)
    shapes: list[Shape] = [Box(0, 0, 106, 148.5, poster.colour)]
    shapes += _rings(10, 138, 44, poster.colour)
    shapes += [
        Box(106, 0, 104, 148.5, "#ffffff"),
        _named(poster.brand, 14, 24, 7, 84, ink, weight=SEMI),
        _named(words.headline, 14, 52, 19, 82, ink, weight=BOLD),
        _named(words.promise, 14, 64, 5.6, 82, ink),
        _named(second.headline, 14, 75, 5, 82, soft),
        _named(second.promise, 14, 81.5, 4, 82, soft),
        *(
            _named(line, 14, 105 + 9 * row, 7, 82, ink, weight=SEMI)
            for row, line in enumerate(_name_lines(poster.store, 82, 7))
        ),
        _named(poster.second_name or poster.place, 14, 122.5, 4.2, 82, soft),
    ]
    shapes += _code_card(poster, 158, 10, 80)
    shapes += [
        _named(words.how, 158, 111, 4.4, 92, INK, anchor="middle"),
        Words(158, 122.5, 7, poster.readable, INK, SEMI, "middle", 0.4),
    ]
    shapes += _official(poster, words, 158, 131.5, 3.8, 92)
    return shapes


def _name_lines(name: str, room: float, size: float) -> list[str]:
    """A name on one line if a little smaller type is enough, else on two."""
    name = fonts.printable(name)
    return [name] if fonts.fitting(name, room, size) >= 0.75 * size else fonts.wrapped(name, room, size, 2)


def _tent(poster: Poster) -> Sheet:
    """A4 to fold in the middle: the same face twice, the upper one upside down."""
    words = LANGUAGES[poster.language]
    lower = _moved(_face(poster), 148.5)
    shapes = [
        Turned(210, 148.5, _face(poster)), *lower, Dashes(0, 148.5, 210, "#9aa5a0"),
        Words(204, 152.4, 2.6, words.fold, "#9aa5a0", anchor="end"),
    ]  # fmt: skip
    return Sheet(210, 297, _title(poster), shapes)


def _moved(shapes: list[Shape], down: float) -> list[Shape]:
    """The same shapes lower on the sheet."""
    return [type(shape)(**{**vars(shape), "y": shape.y + down}) for shape in shapes if not isinstance(shape, Turned)]


def _sticker(poster: Poster) -> Sheet:
    """For the till, 90 × 120 mm: the code as large as it goes."""
    words, second = LANGUAGES[poster.language], other(poster.language)
    ink = ink_on(poster.colour)
    shapes: list[Shape] = [
        Box(0, 0, 90, 120, "#ffffff"),
        Box(0, 0, 90, 29, poster.colour),
        *_rings(88, 2, 19, poster.colour),
        _named(poster.brand, 7, 9.4, 4, 56, ink),
        _named(words.headline, 7, 20.2, 9.4, 60, ink, weight=BOLD),
        _named(second.headline, 7, 25.6, 3.4, 60, mix(poster.colour, ink, 0.82)),
        Box(0, 29, 90, 6, "#ffffff"),
        *_code_card(poster, 45, 29, 58),
        _named(poster.store, 45, 101.4, 5, 78, INK, weight=BOLD, anchor="middle"),
        Words(45, 108, 4.6, poster.readable, INK, SEMI, "middle", 0.3),
        _named(f"{words.official} {poster.domain}", 45, 113.2, 3, 80, INK, anchor="middle"),
        _named(words.check, 45, 117, 2.5, 80, GREY, anchor="middle"),
    ]
    return Sheet(90, 120, _title(poster), shapes)


def _title(poster: Poster) -> str:
    return f"{poster.brand} {poster.store} {poster.readable}"


def bare(poster: Poster) -> Sheet:
    """The code alone, 50 mm wide with its quiet zone."""
    matrix = matrix_of(poster.address)
    unit = 50 / (len(matrix) + 2 * QUIET)
    return Sheet(
        50, 50, _title(poster),
        [Box(0, 0, 50, 50, "#ffffff"), Code(QUIET * unit, QUIET * unit, 50 - 2 * QUIET * unit, matrix)],
    )  # fmt: skip


FORMS: dict[str, Callable[[Poster], Sheet]] = {"a4": _a4, "a5": _a5, "tent": _tent, "sticker": _sticker}
