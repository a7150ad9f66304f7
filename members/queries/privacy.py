"""The desk of privacy requests, and the copy of everything that is known about one person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import F, Model, QuerySet

from stores.models import Staff

from ..models import Member, PrivacyRequest
from . import members

KINDS = ("keep", "mask", "erase")


def visible_to(staff: Staff) -> QuerySet[PrivacyRequest]:
    """The requests of members whom this person may see: the open ones first, the most urgent on top."""
    rows = PrivacyRequest.objects.filter(member__in=members.visible_to(staff).values("pk"))
    return rows.select_related("member", "noted_by", "decided_by").order_by(
        F("decided_at").desc(nulls_first=True), "due_on", "pk"
    )


def of_member(member: Member) -> QuerySet[PrivacyRequest]:
    """What this member asked, the latest first."""
    return PrivacyRequest.objects.filter(member=member).order_by("-asked_at", "-pk")


def overdue(staff: Staff, *, today: date) -> int:
    """How many open requests are past their day."""
    return visible_to(staff).filter(state=PrivacyRequest.State.OPEN, due_on__lt=today).count()


# --- which rows are about somebody ---------------------------------------------------------------------
def sorted_models() -> list[type[Model]]:
    """Every model whose fields are sorted into keep, mask and erase."""
    return [model for model in apps.get_models() if hasattr(model, "Privacy")]


def paths(model: Any) -> tuple[str, ...]:
    """How a model's rows lead to a member: its own ``Privacy.paths``, else its foreign keys to one; none for others."""
    if model is Member:
        return ("pk",)
    own = getattr(model.Privacy, "paths", None)
    if own is not None:
        return own
    return tuple(
        field.attname for field in model._meta.concrete_fields if field.is_relation and field.related_model is Member
    )


def same_person(member: Member) -> list[int]:
    """The ids of this member and of every record that was merged into it."""
    return [member.pk, *Member.everyone.filter(merged_into=member.pk).order_by("pk").values_list("pk", flat=True)]


def rows_of(model: Any, ids: list[int]) -> QuerySet[Any]:
    """The model's rows about these members."""
    found = model._base_manager.none()
    for path in paths(model):
        found = found | model._base_manager.filter(**{f"{path}__in": ids})
    return found


# --- the copy ------------------------------------------------------------------------------------------
def copy(member: Member) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept about the person, table by table: name of the table, its rows. Plain values for JSON."""
    ids = same_person(member)
    found = {}
    for model in sorted_models():
        if paths(model):
            rows = list(_rows(model, ids))
            if rows:
                found[model._meta.label_lower] = rows
    return found


def _rows(model: Any, ids: list[int]) -> Iterator[dict[str, Any]]:
    names = [field.attname for field in model._meta.concrete_fields]
    for row in rows_of(model, ids).order_by("pk").values(*names):
        yield {name: _plain(value) for name, value in row.items() if value not in (None, "")}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value
