"""Which stores a person or a key may see. Everything scoped in higher apps starts here."""

from django.db.models import QuerySet

from ..models import ApiKey, Brand, Grant, Staff, Store


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
