"""Which stores a person or a key may see. Everything scoped in higher apps starts here."""

from collections.abc import Iterable
from datetime import date
from math import degrees

from django.db.models import FloatField, Q, QuerySet, Value
from django.db.models.functions import ASin, Cast, Cos, Least, Lower, Power, Radians, Sin, Sqrt

from ..models import ApiKey, Brand, Dealer, Grant, Region, Staff, Store
from ..rules.places import EARTH


def visible_to(staff: Staff) -> QuerySet[Store]:
    """The stores inside this person's scope: the whole chain, or their brands, regions, dealers or stores."""
    if not staff.is_active:
        return Store.objects.none()
    if staff.sees_every_store:
        return Store.objects.all()
    granted = Grant.objects.filter(staff=staff)
    if staff.scope == Staff.Scope.STORE:
        return Store.objects.filter(pk__in=granted.exclude(store=None).values("store"))
    lookup = f"{staff.scope}__in"
    return Store.objects.filter(**{lookup: granted.exclude(**{staff.scope: None}).values(staff.scope)})


def visible_to_key(key: ApiKey) -> QuerySet[Store]:
    """The stores a channel's key may write for: its own list, else its channel's brand, else all."""
    listed = key.stores.all()
    if listed.exists():
        return listed
    if key.channel.brand_id:
        return Store.objects.filter(brand=key.channel.brand_id)
    return Store.objects.all()


def brands_visible_to(staff: Staff) -> QuerySet[Brand]:
    """The brands with at least one store this person sees; all of them for the whole chain."""
    if staff.is_active and staff.sees_every_store:
        return Brand.objects.all()
    return Brand.objects.filter(pk__in=visible_to(staff).values("brand"))


def by_codes(staff: Staff, codes: Iterable[str]) -> dict[str, Store]:
    """This person's stores with these codes, by lower-case code."""
    wanted = [code.lower() for code in codes]
    found = visible_to(staff).annotate(low=Lower("code")).filter(low__in=wanted)
    return {store.low: store for store in found}


def taken_codes(codes: Iterable[str]) -> set[str]:
    """Those of these codes, in lower case, that some store of the chain has."""
    wanted = [code.lower() for code in codes]
    return set(Store.objects.annotate(low=Lower("code")).filter(low__in=wanted).values_list("low", flat=True))


def open_at(shops: QuerySet[Store], day: date) -> QuerySet[Store]:
    """Of these stores, those not closed on a day."""
    return shops.filter(Q(closed_on=None) | Q(closed_on__gt=day))


def nearest(
    shops: QuerySet[Store], *, latitude: float, longitude: float, within: float | None = None
) -> QuerySet[Store]:
    """The stores with coordinates, nearest first, each with ``metres`` (true distance). ``within`` is in metres.

    A belt of latitude lets PostgreSQL skip most rows before it computes.
    """
    here = Radians(Value(float(latitude)))
    there = Radians(Cast("latitude", FloatField()))
    high = Power(Sin((there - here) / 2.0), 2)
    wide = Power(Sin(Radians(Cast("longitude", FloatField()) - Value(float(longitude))) / 2.0), 2)
    half = Least(Value(1.0), high + Cos(here) * Cos(there) * wide)
    found = shops.filter(latitude__isnull=False, longitude__isnull=False)
    if within is not None:
        belt = degrees(within / EARTH) + 1e-6
        found = found.filter(latitude__range=(latitude - belt, latitude + belt))
    found = found.annotate(metres=ASin(Sqrt(half)) * Value(2 * EARTH))
    if within is not None:
        found = found.filter(metres__lte=within)
    return found.order_by("metres", "pk")


def neighbours(store: Store, shops: QuerySet[Store], *, day: date, count: int = 5) -> list[Store]:
    """The open stores nearest to one, without itself, with ``metres``; none if its place is unknown."""
    if store.latitude is None or store.longitude is None:
        return []
    others = open_at(shops, day).exclude(pk=store.pk)
    return list(nearest(others, latitude=float(store.latitude), longitude=float(store.longitude))[:count])


def regions_visible_to(staff: Staff) -> QuerySet[Region]:
    """The regions with at least one store this person sees; all of them for the whole chain."""
    regions = Region.objects.select_related("brand").order_by("brand__code", "code")
    return regions if staff.sees_every_store else regions.filter(pk__in=visible_to(staff).values("region"))


def dealers_visible_to(staff: Staff) -> QuerySet[Dealer]:
    """The dealers with at least one store this person sees; all of them for the whole chain."""
    dealers = Dealer.objects.select_related("region__brand").order_by("code")
    return dealers if staff.sees_every_store else dealers.filter(pk__in=visible_to(staff).values("dealer"))


def cities_visible_to(staff: Staff) -> list[str]:
    """The cities of this person's stores, in order."""
    return list(visible_to(staff).exclude(city="").order_by("city").values_list("city", flat=True).distinct())


def tree(staff: Staff) -> tuple[list[Brand], list[Region], list[Dealer]]:
    """Brands, regions and dealers that this person may put a store under."""
    return list(brands_visible_to(staff)), list(regions_visible_to(staff)), list(dealers_visible_to(staff))


def people_at(store: Store) -> QuerySet[Staff]:
    """Those who work at this very store, managers first."""
    return Staff.objects.filter(grants__store=store, is_active=True).order_by("-role", "name", "pk")
