"""A sheet as a one-page PDF: outlines only, so that no printer can miss a font."""

import zlib
from functools import lru_cache

from . import fonts
from .sheet import Box, Code, Dashes, Disc, Sheet, Turned, Words, rgb, runs

POINTS = 72 / 25.4  # per millimetre
ROUND = 0.5523  # how far a curve's handles reach for a quarter of a circle


def write(sheet: Sheet) -> bytes:
    """The bytes of the file. Its title is the sheet's."""
    wide, high = sheet.width * POINTS, sheet.height * POINTS
    drawing = [f"{POINTS:.5f} 0 0 {-POINTS:.5f} 0 {high:.3f} cm 0 j 4 M"]
    for shape in sheet.shapes:
        _draw(shape, drawing)
    stream = zlib.compress("\n".join(drawing).encode(), 6)
    return _file(
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.3f %.3f] /Resources << >> /Contents 4 0 R >>" % (wide, high),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Title <FEFF" + sheet.title.encode("utf-16-be").hex().upper().encode() + b"> /Producer (Quanyu) >>",
    )


def _file(*objects: bytes) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe5\x85\xa8\xe5\x9f\x9f\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        len(objects),
        table,
    )
    return bytes(out)


def _colour(colour: str, word: str = "rg") -> str:
    return "{:.3f} {:.3f} {:.3f} ".format(*(part / 255 for part in rgb(colour))) + word


def _draw(shape, out: list[str]) -> None:
    match shape:
        case Box(x, y, width, height, fill, 0):
            out.append(f"{_colour(fill)} {x:.3f} {y:.3f} {width:.3f} {height:.3f} re f")
        case Box(x, y, width, height, fill, radius):
            out.append(f"{_colour(fill)} {_rounded(x, y, width, height, radius)} f")
        case Disc(x, y, radius, fill):
            out.append(f"{_colour(fill)} {_rounded(x - radius, y - radius, 2 * radius, 2 * radius, radius)} f")
        case Words():
            _words(shape, out)
        case Dashes(x, y, width, colour):
            out.append(f"q {_colour(colour, 'RG')} 0.25 w [2 1.6] 0 d {x:.3f} {y:.3f} m {x + width:.3f} {y:.3f} l S Q")
        case Code(x, y, size, matrix):
            unit = size / len(matrix)
            rows = " ".join(f"{column} {row} {length} 1 re" for row, column, length in runs(matrix))
            out.append(f"q 0 0 0 rg {unit:.5f} 0 0 {unit:.5f} {x:.3f} {y:.3f} cm {rows} f Q")
        case Turned(width, height, shapes):
            out.append(f"q -1 0 0 -1 {width:.3f} {height:.3f} cm")
            for inner in shapes:
                _draw(inner, out)
            out.append("Q")


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> str:
    k, right, bottom = radius * (1 - ROUND), x + width, y + height
    return (
        f"{x + radius:.3f} {y:.3f} m {right - radius:.3f} {y:.3f} l "
        f"{right - k:.3f} {y:.3f} {right:.3f} {y + k:.3f} {right:.3f} {y + radius:.3f} c "
        f"{right:.3f} {bottom - radius:.3f} l "
        f"{right:.3f} {bottom - k:.3f} {right - k:.3f} {bottom:.3f} {right - radius:.3f} {bottom:.3f} c "
        f"{x + radius:.3f} {bottom:.3f} l "
        f"{x + k:.3f} {bottom:.3f} {x:.3f} {bottom - k:.3f} {x:.3f} {bottom - radius:.3f} c "
        f"{x:.3f} {y + radius:.3f} l {x:.3f} {y + k:.3f} {x + k:.3f} {y:.3f} {x + radius:.3f} {y:.3f} c h"
    )


SIGNS = {"moveTo": "m", "lineTo": "l", "curveTo": "c", "closePath": "h"}


@lru_cache(maxsize=8192)
def _sign(sign: str) -> str:
    """A sign's path in ems, y upwards, as it stands in every file."""
    return " ".join(
        " ".join([*(f"{x:.3f} {y:.3f}" for x, y in points), SIGNS[word]]) for word, points in fonts.outline(sign)
    )


def _words(line: Words, out: list[str]) -> None:
    text = fonts.printable(line.text)
    pen = line.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[line.anchor] * fonts.width(text, line.size, line.spacing)
    paint = "B" if line.weight else "f"
    out.append(f"q {_colour(line.fill)} {_colour(line.fill, 'RG')} {line.weight:.3f} w")
    for sign in text:
        if path := _sign(sign):
            out.append(f"q {line.size:.4f} 0 0 {-line.size:.4f} {pen:.3f} {line.y:.3f} cm {path} {paint} Q")
        pen += fonts.advance(sign) * line.size + line.spacing
    out.append("Q")
