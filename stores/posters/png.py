"""A sheet as a picture, for chats and screens."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from . import fonts
from .sheet import Box, Code, Dashes, Disc, Matrix, Sheet, Turned, Words, runs

DOTS = 8  # per millimetre: 203 dpi
FINE = 2  # drawn twice as fine, then halved, for smooth edges


def write(sheet: Sheet) -> bytes:
    """The bytes of the file, at 8 dots a millimetre."""
    picture = _blank(sheet.width, sheet.height)
    for shape in sheet.shapes:
        _draw(picture, shape)
    out = BytesIO()
    picture.reduce(FINE).save(out, "PNG", dpi=(DOTS * 25.4, DOTS * 25.4))
    return out.getvalue()


def modules(matrix: Matrix, *, dots: int, quiet: int) -> bytes:
    """A QR code alone in black and white, ``dots`` for each module, with ``quiet`` modules of white around it."""
    side = len(matrix) + 2 * quiet
    picture = Image.new("1", (side, side), 1)
    for row, column, length in runs(matrix):
        picture.paste(0, (column + quiet, row + quiet, column + quiet + length, row + quiet + 1))
    out = BytesIO()
    picture.resize((side * dots, side * dots), Image.Resampling.NEAREST).save(out, "PNG", dpi=(300, 300))
    return out.getvalue()


def _blank(width: float, height: float) -> Image.Image:
    scale = DOTS * FINE
    return Image.new("RGB", (round(width * scale), round(height * scale)), "white")


@lru_cache(maxsize=64)
def _font(dots: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.path()), dots, layout_engine=ImageFont.Layout.BASIC)


def _draw(picture: Image.Image, shape) -> None:
    scale = DOTS * FINE
    brush = ImageDraw.Draw(picture)
    match shape:
        case Box(x, y, width, height, fill, radius):
            frame = (x * scale, y * scale, (x + width) * scale - 1, (y + height) * scale - 1)
            brush.rounded_rectangle(frame, radius * scale, fill=fill)
        case Disc(x, y, radius, fill):
            brush.ellipse(tuple(scale * v for v in (x - radius, y - radius, x + radius, y + radius)), fill=fill)
        case Words():
            _words(brush, shape)
        case Dashes(x, y, width, colour):
            for step in range(int(width / 3.6)):
                left = (x + step * 3.6) * scale
                brush.line((left, y * scale, left + 2 * scale, y * scale), fill=colour, width=4)
        case Code(x, y, size, matrix):
            unit = size / len(matrix) * scale
            for row, column, length in runs(matrix):
                left, top = round(x * scale + column * unit), round(y * scale + row * unit)
                right, bottom = round(x * scale + (column + length) * unit), round(y * scale + (row + 1) * unit)
                brush.rectangle((left, top, right - 1, bottom - 1), fill="black")
        case Turned(width, height, shapes):
            face = _blank(width, height)
            for inner in shapes:
                _draw(face, inner)
            picture.paste(face.rotate(180), (0, 0))


def _words(brush: ImageDraw.ImageDraw, line: Words) -> None:
    scale = DOTS * FINE
    text = fonts.printable(line.text)
    pen = line.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[line.anchor] * fonts.width(text, line.size, line.spacing)
    font = _font(round(line.size * scale))
    bold = round(line.weight * line.size * scale / 2)
    for sign in text:
        place = (pen * scale, line.y * scale)
        brush.text(place, sign, fill=line.fill, font=font, anchor="ls", stroke_width=bold, stroke_fill=line.fill)
        pen += fonts.advance(sign) * line.size + line.spacing
