"""Where a member belongs, where they belonged, and what a scan would change."""

from datetime import datetime

from django.db.models import QuerySet

from stores.models import Staff, Store

from ..models import Member, StoreBinding
from ..rules import binding as rules


def open_of(member: Member) -> StoreBinding | None:
    """The binding that holds now; None for nobody's member, and for one whose store came by file."""
    return StoreBinding.objects.select_related("store").filter(member=member, ended_at=None).first()


def history(member: Member) -> QuerySet[StoreBinding]:
    """All bindings, the latest first."""
    return StoreBinding.objects.filter(member=member).select_related("store", "associate").order_by("-bound_at", "-pk")


def decide(
    member: Member, held: StoreBinding | None, *, store: Store, associate: Staff | None, now: datetime
) -> rules.Why | None:
    """Why a scan at this store would bind the member anew, by the rule of the store's brand; None if it would not."""
    brand = store.brand
    scanned = rules.Place(brand.pk, store.pk, associate.pk if associate else None)
    if held:
        place, since = rules.Place(held.store.brand_id, held.store_id, held.associate_id), held.bound_at
    elif member.home_store:
        home = member.home_store
        place = rules.Place(home.brand_id, home.pk, member.associate_id)
        since = member.joined_at or member.created_at
    else:
        return rules.Why.FIRST
    return rules.decide(brand.binding, brand.binding_days, held=place, since=since, scanned=scanned, now=now)
