"""The few shapes that a poster is made of. All lengths are millimetres, the origin is the top left corner."""

from dataclasses import dataclass, field

Matrix = tuple[tuple[bool, ...], ...]


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0


@dataclass(frozen=True)
class Disc:
    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True)
class Words:
    """One line of text. ``y`` is the baseline, ``size`` the em; ``anchor`` is start, middle or end.

    ``weight`` thickens the strokes, as a share of the em (0.03 reads as bold); ``spacing`` is between letters.
    """

    x: float
    y: float
    size: float
    text: str
    fill: str
    weight: float = 0
    anchor: str = "start"
    spacing: float = 0


@dataclass(frozen=True)
class Dashes:
    """A horizontal line to fold along."""

    x: float
    y: float
    width: float
    colour: str


@dataclass(frozen=True)
class Code:
    """A QR code of ``size`` without its quiet zone; the design leaves four modules of white around it."""

    x: float
    y: float
    size: float
    matrix: Matrix


@dataclass(frozen=True)
class Turned:
    """Shapes drawn upside down within a face of this size at the origin: the back of a tent."""

    width: float
    height: float
    shapes: "list[Shape]"


Shape = Box | Disc | Words | Dashes | Code | Turned


@dataclass
class Sheet:
    width: float
    height: float
    title: str
    shapes: list[Shape] = field(default_factory=list)


def runs(matrix: Matrix) -> list[tuple[int, int, int]]:
    """The dark modules as horizontal runs: (row, column, length)."""
    found = []
    for row, line in enumerate(matrix):
        start = None
        for column, dark in enumerate((*line, False)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                found.append((row, start, column - start))
                start = None
    return found


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """``share`` of the other colour in the first."""
    mixed = (round(a * (1 - share) + b * share) for a, b in zip(rgb(colour), rgb(other), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG counts it, 0 to 1."""
    linear = [(c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4) for c in (v / 255 for v in rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ink_on(colour: str) -> str:
    """White or near black, whichever reads better on the colour."""
    return "#ffffff" if 1.05 / (luminance(colour) + 0.05) >= 4.5 else "#16211c"
