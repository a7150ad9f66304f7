"""Opening, editing and closing stores, one by one or a whole file of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ..models import Staff, Store, StoreCode
from . import log

FIELDS = (
    "code", "brand", "region", "dealer", "name", "name_en", "province", "city", "address", "phone",
    "latitude", "longitude", "time_zone", "opened_on",
)  # fmt: skip
_ZONES = available_timezones()


class StoreProblem(Exception):
    """The store cannot be as wished. The text may be shown."""


@dataclass(frozen=True)
class Loaded:
    """How many stores a file made and changed."""

    created: int
    changed: int


def is_zone(name: str) -> bool:
    """Whether the name is a time zone, like Asia/Shanghai."""
    return name in _ZONES


def check(store: Store) -> None:
    """Whether the parts fit together. Raises StoreProblem."""
    if store.region.brand_id != store.brand_id:
        raise StoreProblem(_("The region belongs to another brand."))
    if store.dealer and store.dealer.region_id != store.region_id:
        raise StoreProblem(_("The dealer belongs to another region."))
    if (store.latitude is None) != (store.longitude is None):
        raise StoreProblem(_("Give both latitude and longitude, or neither."))
    if not is_zone(store.time_zone):
        raise StoreProblem(_("There is no time zone “%(zone)s”.") % {"zone": store.time_zone})


@transaction.atomic(durable=True)
def create(*, by: Staff | None, now: datetime, **given: Any) -> Store:
    """Open a store with these FIELDS. Raises StoreProblem when the code is taken or the parts do not fit."""
    store = Store(created_at=now, **given)
    check(store)
    try:
        with transaction.atomic():  # a savepoint: the code may be taken by somebody else right now
            store.save(force_insert=True)
    except IntegrityError as error:
        raise StoreProblem(_("The store number %(code)s is taken.") % {"code": store.code}) from error
    log.record("store.created", store, by=by, now=now, store_id=store.pk, after=_plain(store, FIELDS))
    return store


@transaction.atomic(durable=True)
def edit(store: Store, *, by: Staff | None, now: datetime, **changes: Any) -> Store:
    """Change some FIELDS of a store; what stays the same is not written. Raises StoreProblem."""
    locked = Store.objects.select_for_update().get(pk=store.pk)
    changed = [name for name in FIELDS if name in changes and getattr(locked, name) != changes[name]]
    if not changed:
        return locked
    before = _plain(locked, changed)
    for name in changed:
        setattr(locked, name, changes[name])
    check(locked)
    try:
        with transaction.atomic():  # a savepoint: the code may be taken by somebody else right now
            locked.save(update_fields=changed)
    except IntegrityError as error:
        raise StoreProblem(_("The store number %(code)s is taken.") % {"code": locked.code}) from error
    log.record("store.edited", locked, by=by, now=now, store_id=locked.pk, before=before, after=_plain(locked, changed))
    return locked


@transaction.atomic(durable=True)
def close(store: Store, *, by: Staff | None, now: datetime, on: date, reason: str) -> Store:
    """Close a store on a day and take its codes out of use. Raises StoreProblem if it is closed."""
    locked = Store.objects.select_for_update().get(pk=store.pk)
    if locked.closed_on is not None:
        raise StoreProblem(_("This store is closed already."))
    locked.closed_on = on
    locked.save(update_fields=["closed_on"])
    StoreCode.objects.filter(store=locked, revoked_at=None).update(revoked_at=now, revoked_reason=reason[:200])
    log.record("store.closed", locked, by=by, now=now, store_id=locked.pk, after={"on": on.isoformat()}, reason=reason)
    return locked


@transaction.atomic(durable=True)
def reopen(store: Store, *, by: Staff | None, now: datetime) -> Store:
    """Open a closed store again; it gets new codes when asked for. Raises StoreProblem if it is open."""
    locked = Store.objects.select_for_update().get(pk=store.pk)
    if locked.closed_on is None:
        raise StoreProblem(_("This store is open."))
    locked.closed_on = None
    locked.save(update_fields=["closed_on"])
    log.record("store.reopened", locked, by=by, now=now, store_id=locked.pk)
    return locked


@transaction.atomic(durable=True)
def load_many(
    new: Sequence[Store], changed: Sequence[tuple[Store, dict]], *, by: Staff | None, now: datetime
) -> Loaded:
    """Write a file's stores in a few statements: all or nothing. ``changed`` has each store and its old FIELDS.

    Raises StoreProblem if a code was taken meanwhile.
    """
    for store in (*new, *(store for store, _old in changed)):
        check(store)
    for store in new:
        store.created_at = now
    try:
        with transaction.atomic():  # a savepoint: a code may be taken by somebody else right now
            made = Store.objects.bulk_create(new, batch_size=1000)
    except IntegrityError as error:
        raise StoreProblem(_("A store number of the file was taken meanwhile. Please check the file again.")) from error
    names = sorted({name for _store, old in changed for name in old})
    if names:
        Store.objects.bulk_update([store for store, _old in changed], names, batch_size=500)
    log.record_many("store.created", made, by=by, now=now, store_of=lambda store: store.pk)
    log.record_many("store.edited", [store for store, _old in changed], by=by, now=now, store_of=lambda store: store.pk)
    return Loaded(len(made), len(changed))


def note_promotion(store: Store, *, now: datetime) -> None:
    """The store's milestone: it started a promotion of its own. Only the first counts."""
    Store.objects.filter(pk=store.pk, first_promotion_at=None).update(first_promotion_at=now)


def _plain(store: Store, names: Iterable[str]) -> dict[str, str | None]:
    return {name: None if getattr(store, name) is None else str(getattr(store, name)) for name in names}
