"""Within three kilometres: true distance, from the tropics to the cold north."""

from decimal import Decimal
from math import asin, atan2, cos, degrees, pi, radians, sin

import pytest
from django.db import connection

from members.models import Member
from segments.queries import audiences, facts, scoped
from tests.factories import NOON, make_member, make_staff, make_store
from tests.segments.brute import metres

pytestmark = pytest.mark.django_db(transaction=True)
CITIES = {"三亚": (18.2528, 109.5119), "深圳": (22.5431, 114.0579), "上海": (31.2304, 121.4737), "北京": (39.9042, 116.4074),
          "哈尔滨": (45.8038, 126.5349)}  # fmt: skip
EARTH = 6_371_008.8
CROWD = """
    INSERT INTO members_member (number, name, gender, language, note, latitude, longitude, joined_at, created_at, updated_at)
    SELECT 'C' || n, '', '', 'zh-hans', '', CASE WHEN n %% 20 > 0 THEN 31.2304 + (random() - 0.5) * 0.4 END,
        CASE WHEN n %% 20 > 0 THEN 121.4737 + (random() - 0.5) * 0.4 END, %(now)s, %(now)s, %(now)s
    FROM generate_series(1, 100000) AS n
"""


def away(lat: float, lon: float, distance: float, bearing: float) -> tuple[Decimal, Decimal]:
    """The point that lies so many metres from here in this direction, in whole 0.000001 degrees."""
    reach, a = distance / EARTH, radians(lat)
    b = asin(sin(a) * cos(reach) + cos(a) * sin(reach) * cos(bearing))
    turn = atan2(sin(bearing) * sin(reach) * cos(a), cos(reach) - sin(a) * sin(b))
    return Decimal(f"{degrees(b):.6f}"), Decimal(f"{lon + degrees(turn):.6f}")


@pytest.mark.row("000-48")
def test_points_at_2990_metres_are_in_and_at_3010_out_in_eight_directions_at_five_latitudes(follow):
    inside, rules = {}, {}
    for city, (lat, lon) in CITIES.items():
        store = make_store(latitude=Decimal(str(lat)), longitude=Decimal(str(lon)))
        rules[city], inside[city] = {"near": {"store": store.pk, "km": 3}}, []
        for eighth in range(8):
            for distance in (2990, 3010):
                high, wide = away(lat, lon, distance, eighth * pi / 4)
                member = make_member(latitude=high, longitude=wide)
                inside[city] += [member.pk] if distance < 3000 else []
    follow()

    for city, rule in rules.items():
        found = audiences.find(rule, now=NOON)
        assert (found.engine, found.ids.tolist()) == ("store", inside[city])
        assert audiences.ids_in_postgres(facts.planned(rule, now=NOON)).tolist() == inside[city]
        assert audiences.holds(rule, inside[city][0], now=NOON)
        assert not audiences.holds(rule, inside[city][0] + 1, now=NOON)


@pytest.mark.row("000-48")
def test_a_hundred_thousand_members_stand_where_the_slow_haversine_says_and_the_placeless_are_counted(follow):
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.48)")
        cursor.execute(CROWD, {"now": NOON})
    follow()

    lat, lon = CITIES["上海"]
    places = Member.objects.exclude(latitude=None).values_list("pk", "latitude", "longitude")
    expected = [pk for pk, high, wide in places if metres(float(high), float(wide), lat, lon) <= 3000]
    rule = {"near": {"lat": lat, "lon": lon, "km": 3}}

    assert 500 < len(expected) < 50_000
    assert audiences.ids(rule, now=NOON).tolist() == sorted(expected)
    assert audiences.ids_in_postgres(facts.planned(rule, now=NOON)).tolist() == sorted(expected)
    everybody = audiences.count({"all": []}, now=NOON).number
    elsewhere = audiences.count({"not": rule}, now=NOON).number
    assert (everybody, elsewhere) == (100_000, 100_000 - len(expected))
    assert scoped.unplaced(make_staff()) == 5_000  # counted apart, and among those elsewhere
