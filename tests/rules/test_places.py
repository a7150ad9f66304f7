"""Distances and coordinates."""

import math
from decimal import Decimal

import pytest

from stores.rules import places


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [
        ((31.2304, 121.4737), (39.9042, 116.4074), 1067.3),  # Shanghai to Beijing
        ((0, 179.5), (0, -179.5), 111.195),  # over the date line
        ((90, 0), (-90, 0), 20015.115),
    ],
)
def test_distances_agree_with_the_globe(one, other, kilometres):
    assert places.metres(*one, *other) / 1000 == pytest.approx(kilometres, rel=2e-3)


def test_from_sanya_to_harbin_agrees_with_the_angle_between_two_vectors():
    def vector(high, wide):
        high, wide = math.radians(high), math.radians(wide)
        return math.cos(high) * math.cos(wide), math.cos(high) * math.sin(wide), math.sin(high)

    one, other = (18.2528, 109.5119), (45.8038, 126.5340)
    angle = math.acos(sum(a * b for a, b in zip(vector(*one), vector(*other), strict=True)))
    assert places.metres(*one, *other) == pytest.approx(angle * places.EARTH, rel=1e-9)


def test_a_point_is_nowhere_from_itself():
    assert places.metres(30, 120, 30, 120) == 0


def test_coordinates_are_read_with_six_decimals():
    assert places.pair("30.27410049", " 120.1551 ") == (Decimal("30.274100"), Decimal("120.155100"))
    assert places.pair("", "") is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        ("120.1551", "30.2741", "swapped"), ("91", "181", "range"), ("30", "181", "range"), ("30", "", "half"),
        ("", "120", "half"), ("0", "0", "zero"), ("north", "120", "number"), ("NaN", "1", "number"),
        ("1e999", "1", "number"), ("Infinity", "1", "number"),
    ],
)  # fmt: skip
def test_coordinates_that_cannot_be_say_why(latitude, longitude, reason):
    with pytest.raises(places.WrongPlace) as wrong:
        places.pair(latitude, longitude)
    assert wrong.value.reason == reason
