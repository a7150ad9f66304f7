"""Inviting people, giving them work and places, and seeing them off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ..models import Brand, Dealer, Grant, Region, Staff, Store, StoreCode
from ..queries import staff as people
from ..rules import granting, secrets
from ..rules.masking import masked
from . import log, second_factor, sessions

Node = Brand | Region | Dealer | Store


class StaffProblem(Exception):
    """The change is not allowed. The text may be shown."""


class NotYours(StaffProblem):
    """The role, the place or the person lies outside what the giver holds."""


class UsernameTaken(StaffProblem):
    """Somebody has this login name already."""


class LastAdministrator(StaffProblem):
    """Without this person nobody could run the chain."""


@dataclass(frozen=True)
class Invitation:
    """A new colleague and the temporary password, which exists nowhere else in clear text."""

    staff: Staff
    password: str


def kind_of(nodes: Sequence[Node]) -> str:
    """The scope that these nodes make: chain for none. Raises NotYours when they are of several kinds."""
    kinds = {node._meta.model_name or "" for node in nodes}
    if len(kinds) > 1:
        raise NotYours(_("Give places of one kind: brands, regions, dealers or stores."))
    return kinds.pop() if kinds else Staff.Scope.CHAIN


def demand(by: Staff, *, role: str, nodes: Sequence[Node]) -> str:
    """Refuse (NotYours) a role or a place that the giver does not hold; returns the scope."""
    scope = kind_of(nodes)
    if role not in granting.roles_granted_by(by):
        raise NotYours(_("You cannot hand out this role."))
    if not granting.fits(role, scope):
        raise NotYours(_("This role needs another kind of place."))
    if scope == Staff.Scope.CHAIN:
        if not by.sees_every_store:
            raise NotYours(_("Only somebody who sees the whole chain can hand it out."))
        return scope
    wanted = {node.pk for node in nodes}
    if people.nodes_visible_to(by, scope).filter(pk__in=wanted).count() != len(wanted):
        raise NotYours(_("You can only give places inside your own."))
    return scope


def _demand_person(by: Staff, person: Staff) -> None:
    if not people.manageable_by(by).filter(pk=person.pk).exists():
        raise NotYours(_("You cannot change this person."))


def _grant(person: Staff, nodes: Iterable[Node], *, now: datetime) -> None:
    Grant.objects.bulk_create(
        Grant(staff=person, granted_at=now, **{node._meta.model_name or "": node}) for node in nodes
    )


def _store_id(nodes: Sequence[Any]) -> int | None:
    """The store a log line belongs to: the only one, if it is only one."""
    return nodes[0].pk if len(nodes) == 1 and isinstance(nodes[0], Store) else None


def _names(nodes: Iterable[Any]) -> list[str]:
    return [getattr(node, "code", "") or str(node) for node in nodes]


def _shown(field: str, value: str) -> str:
    return masked(value) if field in {"phone", "email"} else value


def _mark_invited(role: str, nodes: Iterable[Node], *, now: datetime) -> None:
    """A store's first milestone: its manager was invited."""
    if role == "store_manager":
        ids = [node.pk for node in nodes]
        Store.objects.filter(pk__in=ids, invited_at=None).update(invited_at=now)


@transaction.atomic(durable=True)
def invite(
    username: str,
    *,
    name: str,
    role: str,
    nodes: Sequence[Node],
    by: Staff,
    now: datetime,
    email: str = "",
    phone: str = "",
    language: str = "zh-hans",
    address: str | None = None,
) -> Invitation:
    """Make an account with a temporary password to be changed at first sign-in.

    Raises NotYours (role or places beyond the inviter's own) and UsernameTaken.
    """
    scope = demand(by, role=role, nodes=nodes)
    password = secrets.temporary_password()
    person = Staff(
        username=username.strip().lower(), name=name.strip(), role=role, scope=scope, email=email, phone=phone,
        language=language, must_change_password=True, created_at=now,
    )  # fmt: skip
    person.set_password(password)
    try:
        with transaction.atomic():  # a taken name must not spoil the transaction
            person.save(force_insert=True)
    except IntegrityError as error:
        raise UsernameTaken(_("This login name is taken: choose another.")) from error
    _grant(person, nodes, now=now)
    _mark_invited(role, nodes, now=now)
    log.record(
        "staff.invited", person, by=by, now=now, store_id=_store_id(nodes), address=address,
        after={"username": person.username, "role": role, "places": _names(nodes), "phone": masked(phone)},
    )  # fmt: skip
    return Invitation(person, password)


@transaction.atomic(durable=True)
def edit(person: Staff, *, by: Staff, now: datetime, address: str | None = None, **changes: str) -> None:
    """Change name, email, phone or language. One's own, or of somebody one manages. Raises NotYours."""
    if person.pk != by.pk:
        _demand_person(by, person)
    allowed = {"name", "email", "phone", "language", "time_zone"}
    changed = {field: value for field, value in changes.items() if field in allowed and getattr(person, field) != value}
    if not changed:
        return
    before = {field: _shown(field, getattr(person, field)) for field in changed}
    for field, value in changed.items():
        setattr(person, field, value)
    person.save(update_fields=list(changed))
    after = {field: _shown(field, value) for field, value in changed.items()}
    log.record("staff.edited", person, by=by, now=now, address=address, before=before, after=after,
               store_id=_store_id(people.places(person)))  # fmt: skip


@transaction.atomic(durable=True)
def change_role(
    person: Staff, *, role: str, nodes: Sequence[Node], by: Staff, now: datetime, address: str | None = None
) -> None:
    """Give another role with its places. Sessions end at once. Raises NotYours, LastAdministrator."""
    _demand_person(by, person)
    scope = demand(by, role=role, nodes=nodes)
    if (role, scope) != (person.role, person.scope) and people.is_last_administrator(person):
        raise LastAdministrator(_("This is the last administrator of the chain: name another one first."))
    old = people.places(person)
    before = {"role": person.role, "scope": person.scope, "places": _names(old)}
    person.role, person.scope = role, scope
    person.save(update_fields=["role", "scope"])
    Grant.objects.filter(staff=person).delete()
    _grant(person, nodes, now=now)
    _mark_invited(role, nodes, now=now)
    sessions.drop([person.pk])
    after = {"role": role, "scope": scope, "places": _names(nodes)}
    log.record("staff.role_changed", person, by=by, now=now, before=before, after=after, address=address,
               store_id=_store_id(nodes) or _store_id(old))  # fmt: skip


def assign_stores(
    person: Staff, stores: Sequence[Store], *, by: Staff, now: datetime, address: str | None = None
) -> None:
    """Give other places and keep the role. Raises what `change_role` raises."""
    change_role(person, role=person.role, nodes=stores, by=by, now=now, address=address)


@transaction.atomic(durable=True)
def leave(person: Staff, *, by: Staff, now: datetime, reason: str = "", address: str | None = None) -> None:
    """See somebody off: no sign-in, sessions dead at once, own codes revoked. Raises NotYours, LastAdministrator."""
    _demand_person(by, person)
    if people.is_last_administrator(person):
        raise LastAdministrator(_("This is the last administrator of the chain: name another one first."))
    person.is_active, person.left_at = False, now
    person.set_unusable_password()
    person.save(update_fields=["is_active", "left_at", "password"])
    sessions.drop([person.pk])
    second_factor.drop([person.pk])
    codes = StoreCode.objects.filter(associate=person, revoked_at=None)
    retired = list(codes.select_related("store"))
    codes.update(revoked_at=now, revoked_reason="left")
    log.record_many("code.revoked", retired, by=by, now=now, store_of=lambda code: code.store_id, reason="left")
    log.record("staff.left", person, by=by, now=now, reason=reason, address=address,
               store_id=_store_id(people.places(person)), after={"codes_revoked": len(retired)})  # fmt: skip


@transaction.atomic(durable=True)
def reset_password(person: Staff, *, by: Staff, now: datetime, address: str | None = None) -> Invitation:
    """A new temporary password, shown once; the old one and every session die. Raises NotYours."""
    _demand_person(by, person)
    if not person.is_active:
        raise NotYours(_("This person has left."))
    password = secrets.temporary_password()
    person.set_password(password)
    person.must_change_password = True
    person.save(update_fields=["password", "must_change_password"])
    sessions.drop([person.pk])
    log.record("staff.password_reset", person, by=by, now=now, address=address,
               store_id=_store_id(people.places(person)))  # fmt: skip
    return Invitation(person, password)


@transaction.atomic(durable=True)
def reset_second_factor(person: Staff, *, by: Staff, now: datetime, address: str | None = None) -> None:
    """Forget the authenticator and recovery codes of somebody who lost the phone. Raises NotYours."""
    _demand_person(by, person)
    second_factor.drop([person.pk])
    sessions.drop([person.pk])
    log.record("staff.second_factor_reset", person, by=by, now=now, address=address,
               store_id=_store_id(people.places(person)))  # fmt: skip


@transaction.atomic(durable=True)
def set_own_password(person: Staff, password: str, *, now: datetime, address: str | None = None) -> None:
    """The person chose a password (already checked against the rules). Their other sessions die."""
    person.set_password(password)
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])
    log.record("staff.password_changed", person, by=person, now=now, address=address)
