"""True distance on the sphere, one formula for PostgreSQL and numpy: haversine, R = 6,371,008.8 m, 64-bit floats.

Two points are at most ``d`` apart when sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2) <= sin²(d / 2R); no arc has to be computed.
A box of degrees goes first, a little too wide, so that few points need the exact test.
"""

from __future__ import annotations

from decimal import Decimal
from math import asin, cos, degrees, pi, radians, sin
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

EARTH = 6_371_008.8  # metres
RADIAN = 0.017453292519943295
MARGIN = 2e-6  # degrees


class Box(NamedTuple):
    """Degrees that hold every point within reach; no longitudes near a pole or across the date line."""

    latitudes: tuple[Decimal, Decimal]
    longitudes: tuple[Decimal, Decimal] | None


def box(lat: float, lon: float, metres: float) -> Box:
    """The box around a point."""
    reach = metres / EARTH
    high = degrees(reach) + MARGIN
    latitudes = (_degree(lat - high), _degree(lat + high))
    if reach >= pi / 2 or abs(lat) + high >= 90 or sin(reach) >= cos(radians(lat)):
        return Box(latitudes, None)
    wide = degrees(asin(sin(reach) / cos(radians(lat)))) + MARGIN
    if abs(lon) + wide >= 180:
        return Box(latitudes, None)
    return Box(latitudes, (_degree(lon - wide), _degree(lon + wide)))


def _degree(value: float) -> Decimal:
    return Decimal(repr(value))


def limit(metres: float) -> float:
    """What the haversine of a distance must not pass."""
    return sin(metres / (2 * EARTH)) ** 2


def sql(latitude: str, longitude: str, lat: float, lon: float, metres: float) -> tuple[str, list[Any]]:
    """The exact test over two expressions in degrees (float8), with its parameters."""
    test = (
        f"sin((({latitude}) - %s::float8) * {RADIAN} / 2) ^ 2 + %s::float8 * cos(({latitude}) * {RADIAN})"
        f" * sin((({longitude}) - %s::float8) * {RADIAN} / 2) ^ 2 <= %s::float8"
    )
    return test, [lat, cos(lat * RADIAN), lon, limit(metres)]


def within(
    latitudes: NDArray[np.float64], longitudes: NDArray[np.float64], lat: float, lon: float, metres: float
) -> NDArray[np.bool_]:
    """The same test over arrays of degrees."""
    high = np.sin((latitudes - lat) * RADIAN / 2)
    wide = np.sin((longitudes - lon) * RADIAN / 2)
    return high * high + cos(lat * RADIAN) * np.cos(latitudes * RADIAN) * (wide * wide) <= limit(metres)
