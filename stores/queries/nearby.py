"""Which stores of the same brand are around the corner."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from ..models import Store

EARTH = 6371.0  # kilometres
LOOKED_AT = 300  # stores of one city, at most


@dataclass(frozen=True)
class Near:
    """A store and its distance in kilometres; None when one of the two has no place on the map."""

    store: Store
    kilometres: float | None


def distance(here: Store, there: Store) -> float | None:
    """Kilometres between two stores as the crow flies."""
    if here.latitude is None or here.longitude is None or there.latitude is None or there.longitude is None:
        return None
    a, b = radians(float(here.latitude)), radians(float(there.latitude))
    east = radians(float(there.longitude) - float(here.longitude)) / 2
    return 2 * EARTH * asin(sqrt(sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(east) ** 2))


def around(store: Store, *, limit: int = 5) -> list[Near]:
    """The nearest open stores of the brand in the same city, the nearest first."""
    others = Store.objects.filter(brand=store.brand_id, city=store.city, closed_on=None).exclude(pk=store.pk)
    found = [Near(other, distance(store, other)) for other in others.order_by("code")[:LOOKED_AT]]
    return sorted(found, key=lambda near: (near.kilometres is None, near.kilometres or 0))[:limit]
