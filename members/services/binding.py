"""Binding members to stores and associates by the brand's rule, with its history."""

from datetime import datetime

from stores.models import Staff, Store, StoreCode
from stores.services import log

from ..models import Member, StoreBinding
from ..queries import bindings
from ..rules.binding import Why
from . import events, identity


def first(
    member: Member, *, store: Store, associate: Staff | None, code: StoreCode | None, now: datetime
) -> StoreBinding:
    """Open the first line of history of a member who was just made with this home store. Inner."""
    _tell(member, Why.FIRST, store=store, associate=associate, code=code, now=now)
    return StoreBinding.objects.create(
        member=member, store=store, associate=associate, code=code, bound_at=now, reason=Why.FIRST.value
    )


def bind(
    member: Member,
    *,
    store: Store,
    associate: Staff | None = None,
    code: StoreCode | None = None,
    now: datetime,
) -> StoreBinding | None:
    """Bind the member to this store and associate if the store's brand says so; None when all stays as it is. Inner.

    The member's row is locked first, so that two scans at once leave one open binding and a true history.
    """
    person = identity.hold(member)
    member = member if person.pk == member.pk else person
    locked = Member.people.select_related("home_store").get(pk=member.pk)
    held = bindings.open_of(locked)
    why = bindings.decide(locked, held, store=store, associate=associate, now=now)
    if why is None:
        return None
    _close(locked, held, now=now)
    keeps = associate or (held.associate if held and held.store_id == store.pk else None)
    made = StoreBinding.objects.create(
        member=locked, store=store, associate=keeps, code=code, bound_at=now, reason=why.value
    )
    before = {"store": locked.home_store.code if locked.home_store else None}
    member.home_store, member.associate, member.updated_at = store, keeps, now
    member.save(update_fields=["home_store", "associate", "updated_at"])
    _tell(member, why, store=store, associate=keeps, code=code, now=now)
    log.record(
        "member.bound", member, by=None, now=now, store_id=store.pk, before=before, after={"store": store.code},
        reason=why.value,
    )  # fmt: skip
    return made


def _tell(
    member: Member, why: Why, *, store: Store, associate: Staff | None, code: StoreCode | None, now: datetime
) -> None:
    events.append(
        "member.bound", member=member, at=now, store=store, reason=why.value,
        associate=associate.pk if associate else None, code=code.public if code else "",
    )  # fmt: skip


def _close(member: Member, held: StoreBinding | None, *, now: datetime) -> None:
    """End what is open. A member who came by file gets the line of history that the file did not write."""
    if held:
        held.ended_at = now
        held.save(update_fields=["ended_at"])
    elif member.home_store_id:
        StoreBinding.objects.create(
            member=member, store_id=member.home_store_id, associate_id=member.associate_id,
            bound_at=member.joined_at or member.created_at,
            ended_at=now, reason=Why.IMPORTED.value,
        )  # fmt: skip
