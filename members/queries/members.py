"""Which members a person may see, and how they are found."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from stores.models import Staff
from stores.queries import stores

from ..models import Member, Order


def visible_to(staff: Staff) -> QuerySet[Member]:
    """Head office sees every member; a store sees those who belong to it or bought there."""
    if not staff.is_active:
        return Member.objects.none()
    if staff.sees_every_store:
        return Member.objects.all()
    mine = stores.visible_to(staff).values("pk")
    bought = Order.objects.filter(member=OuterRef("pk"), store__in=mine)
    return Member.objects.filter(Q(home_store__in=mine) | Exists(bought))
