"""Erasing a person: what says who they are goes, what the books need stays under the member's number.

Each model sorts its fields (``class Privacy``): ``keep`` stays, ``mask`` (hidden on pages) and ``erase`` are emptied; a row
whose key is such a field goes whole. ``Privacy.waits(now)`` is a condition on rows that stand in the way. Free words that
stay are emptied where they hold the person's name or one of their numbers. See docs/consent.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from stores.models import LogEntry, Notice, Staff
from stores.services import log, notices

from ..models import Identity, ImportPlan, ImportProblem, ImportReject, ImportRun, Member, OneTimeCode, PrivacyRequest
from ..queries import consents, privacy
from ..rules import phones
from . import consent, events, identity, one_time_codes
from .privacy import CannotAnswer, State, close, hold

NAME_REQUEST = "SELECT set_config('quanyu.erase', %s, true)"
SHORTEST = 2  # letters of a name that is looked for in free words
FREE = (models.CharField, models.TextField, models.JSONField)


class CannotErase(CannotAnswer):
    """Something about the person is still open. The text says what, and may be shown."""


@transaction.atomic(durable=True)
def erase(request: PrivacyRequest, *, words: str, by: Staff, now: datetime) -> PrivacyRequest:
    """Erase the person of an open erasure request. Raises CannotErase and CannotAnswer; nothing is erased then.

    Locks the person: who buys, joins or merges at this moment is done before, or finds nobody afterwards.
    """
    held = hold(request)
    if held.kind != PrivacyRequest.Kind.ERASE:
        raise CannotAnswer(_("Nobody asked for an erasure here."))
    member = identity.hold(held.member)
    ids = privacy.same_person(member)
    refuse_while_open(ids, now=now)
    known = _known(ids)
    if consents.wants_anything(member):
        consent.withdraw(member, consent.Purpose.MARKETING, method="erased", now=now)
    close(held, State.DONE, words=words, by=by, now=now)
    _name(str(held.pk))
    _beside(ids, known)
    _free_words(ids, known)
    _fields(ids)
    _log_lines(ids, known, by=by, now=now)
    _name("")
    Member.everyone.filter(pk__in=ids).update(erased_at=now, restricted_at=now, updated_at=now)
    events.append("member.erased", member=member, at=now)
    log.record("member.erased", member, by=by, now=now, store_id=member.home_store_id, after={"request": held.pk})
    return PrivacyRequest.objects.get(pk=held.pk)


def refuse_while_open(ids: Sequence[int], *, now: datetime) -> None:
    """Raises CannotErase while a row says that it waits for something."""
    for model in privacy.sorted_models():
        waits = getattr(model.Privacy, "waits", None)  # type: ignore[attr-defined]
        if waits and privacy.rows_of(model, list(ids)).filter(waits(now)).exists():
            raise CannotErase(str(model.Privacy.why))  # type: ignore[attr-defined]
    busy = ImportPlan.objects.filter(target_id__in=ids).exclude(run__status__in=_OVER).exclude(run__kind="products")
    if busy.exists():
        raise CannotErase(_("A file that names this member is being imported. Wait until it is done, or cancel it."))


_OVER = (ImportRun.Status.DONE, ImportRun.Status.FAILED, ImportRun.Status.CANCELLED)


# --- what is known -------------------------------------------------------------------------------------
def _known(ids: Sequence[int]) -> list[str]:
    """The words by which this person could be found in free text: names and numbers, also as people write them."""
    names = Member.everyone.filter(pk__in=ids).values_list("name", flat=True)
    found = {name.strip() for name in names if len(name.strip()) >= SHORTEST}
    for kind, value in Identity.objects.filter(member__in=ids).values_list("kind", "value"):
        found |= {value, value.rpartition(":")[2]}
        if kind == Identity.Kind.PHONE:
            found |= {phones.grouped(value), phones.grouped(value).replace(" ", "-")}
    return sorted(word for word in found if len(word) >= SHORTEST)


def _holds(column: str, known: Sequence[str]) -> Q:
    wanted = Q()
    for word in known:
        wanted |= Q(**{f"{column}__contains": word})
    return wanted


# --- what goes -----------------------------------------------------------------------------------------
def _fields(ids: list[int]) -> None:
    """Empty what the models say; rows that are nothing but a name of the person go whole."""
    for model in privacy.sorted_models():
        gone = [*getattr(model.Privacy, "mask", []), *getattr(model.Privacy, "erase", [])]  # type: ignore[attr-defined]
        if not gone or not privacy.paths(model):
            continue
        rows = privacy.rows_of(model, ids)
        if _key_of(model) & set(gone):
            rows.delete()
        else:
            _update(model, rows, {name: empty(model._meta.get_field(name)) for name in gone})


def _key_of(model: Any) -> set[str]:
    key = model._meta.pk
    return set(getattr(key, "field_names", ())) or {key.name}


def empty(field: Any) -> Any:
    """What an emptied field holds: nothing, in its own way."""
    if field.null:
        return None
    if isinstance(field, models.JSONField):
        return [] if field.default is list else {}
    if isinstance(field, models.BinaryField):
        return b""
    return "" if isinstance(field, models.CharField | models.TextField) else field.get_default()


def _update(model: Any, rows: QuerySet[Any], changes: dict[str, Any]) -> None:
    """In one statement without joins: rows found over a relation are named by their key."""
    found = model._base_manager.filter(pk__in=rows.order_by().values("pk")) if len(privacy.paths(model)) > 1 else rows
    found.order_by().update(**changes)


def _free_words(ids: list[int], known: list[str]) -> None:
    """Empty the kept free words that hold a name or number of the person. Ledger entries keep theirs: nobody edits them."""
    for model in privacy.sorted_models():
        if not privacy.paths(model) or getattr(model.Privacy, "is_ledger", False):  # type: ignore[attr-defined]
            continue
        kept = set(getattr(model.Privacy, "keep", []))  # type: ignore[attr-defined]
        unique = {name for each in model._meta.constraints for name in getattr(each, "fields", ())}
        for field in model._meta.concrete_fields:
            if field.name not in kept - unique or not isinstance(field, FREE) or field.unique or field.choices:
                continue
            told = (
                privacy.rows_of(model, ids).annotate(_told=Cast(field.name, TextField())).filter(_holds("_told", known))
            )
            keys = list(told.order_by().values_list("pk", flat=True))
            if keys:
                model._base_manager.filter(pk__in=keys).update(**{field.name: empty(field)})


def _beside(ids: list[int], known: list[str]) -> None:
    """What names the person without pointing at them: notices of platforms, codes, rows and files of imports."""
    numbers = [Q(subject=notices.subject_of(word)) for word in known]
    about = Q()
    for each in numbers:
        about |= each
    for notice in Notice.objects.filter(about | _holds("key", known)).only("pk") if known else []:
        Notice.objects.filter(pk=notice.pk).update(key=f"erased:{notice.pk}", subject="", body=b"")
    prints = [one_time_codes.print_of("phone", word) for word in known]
    OneTimeCode.objects.filter(phone_hash__in=prints).delete()
    ImportProblem.objects.filter(_holds("raw", known)).update(raw="")
    rejects = ImportReject.objects.annotate(_told=Cast("cells", TextField())).filter(_holds("_told", known))
    ImportReject.objects.filter(pk__in=list(rejects.values_list("pk", flat=True))).update(cells=[])
    runs = ImportRun.objects.filter(pk__in=ImportPlan.objects.filter(target_id__in=ids).values("run"), kind="members")
    for run in runs.exclude(file=""):
        (Path(settings.MEDIA_ROOT) / str(run.file)).unlink(missing_ok=True)


# --- the action log ------------------------------------------------------------------------------------
def _log_lines(ids: list[int], known: list[str], *, by: Staff, now: datetime) -> None:
    """Empty the personal words of log lines about the person, and let the log say which. Their digests stay."""
    lines = LogEntry.objects.filter(object_kind="member", object_id__in=ids)
    told = lines.annotate(_before=Cast("before", TextField()), _after=Cast("after", TextField())).filter(
        Q(address__isnull=False, actor_id=None) | _holds("reason", known) | _holds("_before", known)
        | _holds("_after", known)
    )  # fmt: skip
    keys = list(told.order_by("pk").values_list("pk", flat=True))
    if keys:
        LogEntry.objects.filter(pk__in=keys).update(reason="", before={}, after={}, address=None, salt="")
        log.record("log.erased", Member.everyone.get(pk=ids[0]), by=by, now=now, after={"lines": keys})


def _name(request: str) -> None:
    """Tell the append-only tables which open erasure may empty personal words in this transaction; empty: none."""
    with connection.cursor() as cursor:
        cursor.execute(NAME_REQUEST, [request])
