"""A sheet as SVG: outlines only, nothing to fetch and nothing to run."""

from xml.sax.saxutils import escape

from . import fonts
from .sheet import Box, Code, Dashes, Disc, Sheet, Turned, Words, runs

SIGNS = {"moveTo": "M", "lineTo": "L", "curveTo": "C"}


def write(sheet: Sheet) -> bytes:
    """The bytes of the file, sized in millimetres."""
    title = escape("".join(sign for sign in sheet.title if sign.isprintable()))
    drawn = "\n".join(_draw(shape) for shape in sheet.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{sheet.width:g}mm" height="{sheet.height:g}mm" '
        f'viewBox="0 0 {sheet.width:g} {sheet.height:g}" role="img"><title>{title}</title>\n{drawn}\n</svg>\n'
    ).encode()


def _draw(shape) -> str:
    match shape:
        case Box(x, y, width, height, fill, radius):
            round_ = f' rx="{radius:g}"' if radius else ""
            return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"{round_} fill="{fill}"/>'
        case Disc(x, y, radius, fill):
            return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"/>'
        case Words():
            return _words(shape)
        case Dashes(x, y, width, colour):
            return f'<path d="M{x:g} {y:g}h{width:g}" stroke="{colour}" stroke-width=".25" stroke-dasharray="2 1.6"/>'
        case Code(x, y, size, matrix):
            unit = size / len(matrix)
            rows = "".join(f"M{column} {row}h{length}v1h-{length}z" for row, column, length in runs(matrix))
            return (
                f'<path transform="translate({x:g} {y:g}) scale({unit:.6f})" d="{rows}" shape-rendering="crispEdges"/>'
            )
        case Turned(width, height, shapes):
            inner = "\n".join(_draw(one) for one in shapes)
            return f'<g transform="rotate(180 {width / 2:g} {height / 2:g})">\n{inner}\n</g>'
    raise TypeError(shape)


def _words(line: Words) -> str:
    text = fonts.printable(line.text)
    pen = line.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[line.anchor] * fonts.width(text, line.size, line.spacing)
    parts = []
    for sign in text:
        for word, points in fonts.outline(sign):
            placed = " ".join(f"{pen + x * line.size:.3f} {line.y - y * line.size:.3f}" for x, y in points)
            parts.append("Z" if word == "closePath" else f"{SIGNS[word]}{placed}")
        pen += fonts.advance(sign) * line.size + line.spacing
    bold = f' stroke="{line.fill}" stroke-width="{line.weight * line.size:.3f}" stroke-linejoin="miter"'
    return f'<path d="{"".join(parts)}" fill="{line.fill}"{bold if line.weight else ""}/>'
