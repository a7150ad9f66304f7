"""A brand's colour as readable tokens: dark enough under white, light enough on black."""

import re
from colorsys import hls_to_rgb, rgb_to_hls

Rgb = tuple[float, float, float]
WHITE: Rgb = (1.0, 1.0, 1.0)
NIGHT: Rgb = (0.082, 0.106, 0.094)  # --q-surface in the dark
DEFAULT = "#0b6b4f"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def parse(colour: str) -> Rgb:
    """#rrggbb as three parts of 1; our own green for anything else."""
    text = colour if _HEX.fullmatch(colour) else DEFAULT
    return tuple(int(text[start : start + 2], 16) / 255 for start in (1, 3, 5))


def written(colour: Rgb) -> str:
    """Three parts of 1 as #rrggbb."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def _light(colour: Rgb) -> float:
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG's ratio, 1 to 21."""
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _mix(colour: Rgb, with_: Rgb, part: float) -> Rgb:
    return tuple(a + (b - a) * part for a, b in zip(colour, with_, strict=True))


def until(colour: Rgb, *, against: Rgb, ratio: float, towards: Rgb) -> Rgb:
    """The colour, mixed in small steps with ``towards`` until it stands out enough against ``against``."""
    for step in range(51):
        mixed = _mix(colour, towards, step / 50)
        if contrast(mixed, against) >= ratio:
            return mixed
    return towards


def glowing(colour: Rgb, *, against: Rgb, ratio: float) -> Rgb:
    """The colour, lightened until it stands out enough against a dark one; it keeps its hue and stays a colour."""
    if contrast(colour, against) >= ratio:
        return colour
    hue, light, full = rgb_to_hls(*colour)
    for step in range(51):
        lighter = hls_to_rgb(hue, light + (1 - light) * step / 50, min(full, 0.72))
        if contrast(lighter, against) >= ratio:
            return lighter
    return WHITE


def stylesheet(colour: str) -> str:
    """The brand's tokens for light and dark as CSS; over the ones in tokens.css."""
    own = parse(colour)
    deep = until(own, against=WHITE, ratio=5.5, towards=(0.0, 0.0, 0.0))
    bright = glowing(own, against=NIGHT, ratio=7.5)
    both = f"--b:{written(deep)};--b-2:{written(_mix(deep, (0, 0, 0), 0.28))};"
    light = (
        f"{both}--q-brand:{written(deep)};--q-brand-strong:{written(_mix(deep, (0, 0, 0), 0.2))};"
        f"--q-brand-ink:{written(_mix(deep, (0, 0, 0), 0.1))};--q-brand-soft:{written(_mix(deep, WHITE, 0.9))};"
        f"--q-brand-line:{written(_mix(deep, WHITE, 0.7))};--q-focus:{written(deep)};"
    )
    dark = (
        f"{both}--q-brand:{written(bright)};--q-brand-strong:{written(_mix(bright, WHITE, 0.2))};"
        f"--q-brand-ink:{written(_mix(bright, WHITE, 0.1))};--q-brand-soft:{written(_mix(bright, NIGHT, 0.82))};"
        f"--q-brand-line:{written(_mix(bright, NIGHT, 0.6))};--q-focus:{written(bright)};"
    )
    return (
        f":root{{{light}}}\n:root[data-bs-theme=dark]{{{dark}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-bs-theme=light]){{{dark}}}}}\n"
    )
