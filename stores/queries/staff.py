"""Which colleagues a person sees, and which they may change."""

from collections.abc import Iterable

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from ..models import Brand, Dealer, Grant, Region, Staff, Store
from ..rules import granting
from . import stores

NODES: dict[str, type[Model]] = {"brand": Brand, "region": Region, "dealer": Dealer, "store": Store}
_ABOVE = {"brand": {"brand": ""}, "region": {"brand": "brand", "region": ""}, "dealer": {
    "brand": "region__brand", "region": "region", "dealer": ""}}  # fmt: skip


def nodes_visible_to(staff: Staff, kind: str) -> QuerySet:
    """The brands, regions, dealers or stores (``kind``) that lie inside this person's scope."""
    model = NODES[kind]
    if kind == "store":
        return stores.visible_to(staff)
    if not staff.is_active:
        return model._default_manager.none()
    if staff.sees_every_store:
        return model._default_manager.all()
    path = _ABOVE[kind].get(staff.scope)
    if path is None:
        return model._default_manager.none()
    own = Grant.objects.filter(staff=staff).exclude(**{staff.scope: None}).values(staff.scope)
    return model._default_manager.filter(**{f"{path}__in" if path else "pk__in": own})


def _inside(staff: Staff) -> Q:
    """Grants on nodes inside this person's scope."""
    wanted = Q(store__in=stores.visible_to(staff).values("pk"))
    for kind in ("brand", "region", "dealer"):
        wanted |= Q(**{f"{kind}__in": nodes_visible_to(staff, kind).values("pk")})
    return wanted


def visible_to(staff: Staff) -> QuerySet[Staff]:
    """Colleagues with a place inside this person's scope, and the person; everybody for the whole chain."""
    if not staff.is_active:
        return Staff.objects.none()
    if staff.sees_every_store:
        return Staff.objects.all()
    inside = Grant.objects.filter(_inside(staff)).values("staff")
    return Staff.objects.filter(Q(pk__in=inside) | Q(pk=staff.pk))


def manageable_by(staff: Staff) -> QuerySet[Staff]:
    """Whom this person may change: a role they may hand out, every place inside their own scope, not themselves."""
    people = visible_to(staff).filter(role__in=granting.roles_granted_by(staff)).exclude(pk=staff.pk)
    if staff.sees_every_store:
        return people
    outside = Grant.objects.filter(staff=OuterRef("pk")).exclude(_inside(staff))
    return people.exclude(scope=Staff.Scope.CHAIN).exclude(Exists(outside))


def for_list(staff: Staff) -> QuerySet[Staff]:
    """The people on the list page, with their places fetched in two more questions."""
    return visible_to(staff).prefetch_related(
        "grants__store", "grants__brand", "grants__region", "grants__dealer"
    ).order_by("-is_active", "username")  # fmt: skip


def places(person: Staff) -> list[Model]:
    """The nodes of the tree that this person was given."""
    grants = Grant.objects.filter(staff=person).select_related("brand", "region", "dealer", "store")
    nodes = (grant.brand or grant.region or grant.dealer or grant.store for grant in grants.order_by("pk"))
    return [node for node in nodes if node is not None]


def is_last_administrator(person: Staff) -> bool:
    """Whether nobody else could run the whole chain if this person went."""
    chief = Q(role="admin", scope=Staff.Scope.CHAIN, is_active=True)
    return Staff.objects.filter(chief, pk=person.pk).exists() and not (
        Staff.objects.filter(chief).exclude(pk=person.pk).exists()
    )


def by_usernames(usernames: Iterable[str]) -> dict[str, Staff]:
    """Existing people by login name, for a file of many."""
    return {person.username: person for person in Staff.objects.filter(username__in=list(usernames))}
