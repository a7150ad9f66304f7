"""Many people at once, from a file: accounts without a password, opened by one-time links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from ..models import Grant, Staff, Store
from ..queries import staff as people
from ..rules import granting
from . import log
from .staff import Node, NotYours, kind_of


class InviteUsed(Exception):
    """The link is used, forged or too old. The text may be shown."""


@dataclass
class NewPerson:
    """One row of the file, checked."""

    username: str
    name: str
    role: str
    nodes: Sequence[Node] = field(default_factory=list)
    email: str = ""
    phone: str = ""


def _demand_all(by: Staff, new: Sequence[NewPerson]) -> None:
    """The rules of `staff.invite` for all rows in a handful of questions. Raises NotYours."""
    allowed = granting.roles_granted_by(by)
    wanted: dict[str, set[int]] = {}
    for person in new:
        scope = kind_of(person.nodes)
        if person.role not in allowed or not granting.fits(person.role, scope):
            raise NotYours(_("You cannot hand out this role."))
        if scope == Staff.Scope.CHAIN and not by.sees_every_store:
            raise NotYours(_("Only somebody who sees the whole chain can hand it out."))
        wanted.setdefault(scope, set()).update(node.pk for node in person.nodes)
    for scope, ids in wanted.items():
        if ids and people.nodes_visible_to(by, scope).filter(pk__in=ids).count() != len(ids):
            raise NotYours(_("You can only give places inside your own."))


def invite_many(new: Sequence[NewPerson], *, by: Staff, now: datetime) -> list[Staff]:
    """Make accounts set-based; each opens with its one-time link. Inner: the file's transaction is around it.

    Raises NotYours for any row beyond the inviter's own roles and places, IntegrityError for a taken login name.
    """
    _demand_all(by, new)
    made = Staff.objects.bulk_create(
        [
            Staff(
                username=row.username, name=row.name, role=row.role, scope=kind_of(row.nodes), email=row.email,
                phone=row.phone, password=make_password(None), created_at=now,
            )
            for row in new
        ],
        batch_size=1000,
    )  # fmt: skip
    pairs = list(zip(made, new, strict=True))
    Grant.objects.bulk_create(
        [
            Grant(staff=person, granted_at=now, **{node._meta.model_name or "": node})
            for person, row in pairs
            for node in row.nodes
        ],
        batch_size=2000,
    )
    led = {node.pk for row in new if row.role == "store_manager" for node in row.nodes}
    Store.objects.filter(pk__in=led, invited_at=None).update(invited_at=now)
    first = {person.pk: row.nodes[0].pk for person, row in pairs if kind_of(row.nodes) == "store"}
    log.record_many("staff.invited", made, by=by, now=now, store_of=lambda person: first.get(person.pk), reason="file")
    return made


def edit_many(changed: Sequence[Staff], *, by: Staff, now: datetime) -> None:
    """Write name, e-mail and phone of known people set-based. Inner. Raises NotYours."""
    ids = {person.pk for person in changed}
    if people.manageable_by(by).filter(pk__in=ids).count() != len(ids):
        raise NotYours(_("You cannot change this person."))
    Staff.objects.bulk_update(changed, ["name", "email", "phone"], batch_size=1000)
    log.record_many("staff.edited", changed, by=by, now=now, reason="file")


@transaction.atomic(durable=True)
def accept(person: Staff, password: str, *, now: datetime, address: str | None = None) -> None:
    """The invited person chose a password (already checked against the rules); the link is dead from now on.

    Raises InviteUsed when another browser was quicker.
    """
    locked = Staff.objects.select_for_update().get(pk=person.pk)
    if locked.has_usable_password() or not locked.is_active:
        raise InviteUsed(_("This invitation was used already."))
    locked.set_password(password)
    locked.save(update_fields=["password"])
    log.record("staff.invitation_accepted", locked, by=locked, now=now, address=address)
