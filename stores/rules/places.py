"""Where on earth a store is: distances, and what a pair of coordinates may look like. Pure."""

from decimal import Decimal, InvalidOperation
from math import asin, cos, radians, sin, sqrt

EARTH = 6_371_008.8  # metres: the mean radius


class WrongPlace(ValueError):
    """A coordinate that cannot be: ``reason`` is number, range, half, zero or swapped."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def metres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The distance between two points given in degrees (haversine)."""
    here, there = radians(latitude), radians(other_latitude)
    high = sin((there - here) / 2) ** 2
    wide = sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(high + cos(here) * cos(there) * wide)))


def pair(latitude: str, longitude: str) -> tuple[Decimal, Decimal] | None:
    """Two texts as degrees with six decimals; None when both are empty. Raises WrongPlace."""
    if not latitude and not longitude:
        return None
    if not latitude or not longitude:
        raise WrongPlace("half")
    high, wide = _degrees(latitude), _degrees(longitude)
    if high == 0 and wide == 0:
        raise WrongPlace("zero")
    if abs(high) > 90 and abs(wide) <= 90:
        raise WrongPlace("swapped")
    if abs(high) > 90 or abs(wide) > 180:
        raise WrongPlace("range")
    return high, wide


def _degrees(text: str) -> Decimal:
    try:
        value = Decimal(text.strip().rstrip("°"))
        if not value.is_finite() or abs(value) > 1000:
            raise WrongPlace("number")
        return value.quantize(Decimal("0.000001"))
    except InvalidOperation:
        raise WrongPlace("number") from None
