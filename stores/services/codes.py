"""Issuing, rotating and revoking store codes, and counting who opens them."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ..models import CodeScan, Staff, Store, StoreCode
from ..queries import codes, stores
from ..rules import codes as shape
from . import log

Kind = StoreCode.Kind


class CannotIssue(Exception):
    """The store, associate or poster name does not allow a code. The text may be shown."""


class CodeRetired(Exception):
    """The code was revoked or replaced before. The text may be shown."""

    def __str__(self):
        return _("This code was already revoked or replaced.")


def _make(store: Store, *, kind: str, by: Staff | None, now: datetime, associate: Staff | None, label: str):
    token = shape.new_token()
    check = shape.check_of(token, settings.STORE_CODE_KEY)
    return StoreCode(
        store=store, kind=kind, associate=associate, label=label, token=token, check_chars=check,
        issued_at=now, issued_by=by,
    )  # fmt: skip


def _demand(store: Store, kind: str, associate: Staff | None, label: str) -> None:
    if store.closed_on is not None:
        raise CannotIssue(_("%(store)s is closed: it gets no new codes.") % {"store": store.name})
    if (kind == Kind.ASSOCIATE) != (associate is not None):
        raise CannotIssue(_("An associate's code names its associate, any other code names nobody."))
    if (kind == Kind.POSTER) != bool(label):
        raise CannotIssue(_("A poster's code has the poster's name, any other code has none."))
    if associate and not stores.visible_to(associate).filter(pk=store.pk).exists():
        raise CannotIssue(_("This associate does not work at this store."))


@transaction.atomic(durable=True)
def issue(
    store: Store,
    *,
    kind: str,
    by: Staff | None,
    now: datetime,
    associate: Staff | None = None,
    label: str = "",
) -> StoreCode:
    """The live code of this store, associate or poster; made now unless there is one. Raises CannotIssue.

    Two people who ask at once get the same code: the database holds one live code for each place.
    """
    label = label.strip()[:60]
    _demand(store, kind, associate, label)
    while True:
        # A code that stopped this insert may be retired before it can be read here: then the place is free again.
        made = _insert([_make(store, kind=kind, by=by, now=now, associate=associate, label=label)], by=by, now=now)
        live = codes.live_of(store, kind=kind, associate=associate, label=label)
        if live or made:
            return live or made[0]


@transaction.atomic(durable=True)
def issue_missing(shops: QuerySet[Store], *, by: Staff | None, now: datetime) -> int:
    """A store code for every open store of the queryset that has none, set-based. Returns how many were made."""
    return fill_gaps(shops, by=by, now=now)


def fill_gaps(shops: QuerySet[Store], *, by: Staff | None, now: datetime) -> int:
    """``issue_missing`` for a caller that holds a transaction."""
    missing = codes.without_code(shops.filter(closed_on=None)).only("pk", "name", "code")
    return len(
        _insert(
            [_make(store, kind=Kind.STORE, by=by, now=now, associate=None, label="") for store in missing],
            by=by,
            now=now,
        )
    )


def _insert(made: Iterable[StoreCode], *, by: Staff | None, now: datetime) -> list[StoreCode]:
    """Insert what meets no live code of the same place; log and return those that went in."""
    made = StoreCode.objects.bulk_create(list(made), ignore_conflicts=True)
    went_in = list(
        StoreCode.objects.filter(token__in=[code.token for code in made]).select_related("store", "associate")
    )
    log.record_many("code.issued", went_in, by=by, now=now, store_of=lambda code: code.store_id)
    return went_in


@transaction.atomic(durable=True)
def rotate(code: StoreCode, *, by: Staff | None, now: datetime, reason: str) -> StoreCode:
    """Replace a code by a new one for the same place; the old one then points to it. Raises CodeRetired."""
    old = _retire(code, now=now, reason=reason)
    new = _make(old.store, kind=old.kind, by=by, now=now, associate=old.associate, label=old.label)
    new.save(force_insert=True)
    old.replaced_by = new
    old.save(update_fields=["replaced_by"])
    log.record(
        "code.rotated", new, by=by, now=now, store_id=old.store_id, reason=reason,
        before={"code": old.public}, after={"code": new.public},
    )  # fmt: skip
    return new


@transaction.atomic(durable=True)
def revoke(code: StoreCode, *, by: Staff | None, now: datetime, reason: str) -> StoreCode:
    """Take a code out of use; its page then explains itself. Raises CodeRetired."""
    old = _retire(code, now=now, reason=reason)
    log.record("code.revoked", old, by=by, now=now, store_id=old.store_id, reason=reason)
    return old


def _retire(code: StoreCode, *, now: datetime, reason: str) -> StoreCode:
    """Lock the code and mark it revoked; whoever comes second meets CodeRetired."""
    locked = StoreCode.objects.select_for_update(of=("self",)).select_related("store", "associate").get(pk=code.pk)
    if not locked.is_live:
        raise CodeRetired
    locked.revoked_at, locked.revoked_reason = now, reason.strip()[:200]
    locked.save(update_fields=["revoked_at", "revoked_reason"])
    return locked


@transaction.atomic(durable=True)
def record_scan(code: StoreCode, *, visitor: str, now: datetime) -> bool:
    """Count that a visitor opened the code's page, once an hour. Returns whether it counted.

    ``visitor`` is a random cookie value of at most 32 characters. The first scan of a live code is the store's
    milestone.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    if CodeScan.objects.filter(code=code, visitor=visitor, hour=hour).exists():
        return False
    CodeScan.objects.bulk_create([CodeScan(code=code, visitor=visitor, hour=hour, at=now)], ignore_conflicts=True)
    if code.is_live:
        Store.objects.filter(pk=code.store_id, first_scan_at=None).update(first_scan_at=now)
    return True


def mark_joined(code: StoreCode, *, visitor: str, now: datetime) -> None:
    """Mark the visitor's last scan as the one that led to a membership, and the store's first member."""
    last = CodeScan.objects.filter(code=code, visitor=visitor).order_by("-at").values("pk")[:1]
    CodeScan.objects.filter(pk__in=last, joined_at=None).update(joined_at=now)
    Store.objects.filter(pk=code.store_id, first_join_at=None).update(first_join_at=now)


@transaction.atomic(durable=True)
def mark_printed(printed: QuerySet[StoreCode], *, now: datetime) -> int:
    """Note that posters of these codes were made; the first time is the store's milestone. Returns how many."""
    return note_printed(printed, now=now)


def note_printed(printed: QuerySet[StoreCode], *, now: datetime) -> int:
    """``mark_printed`` for a caller that holds a transaction."""
    ids = list(printed.filter(printed_at=None, revoked_at=None).values_list("pk", flat=True))
    StoreCode.objects.filter(pk__in=ids).update(printed_at=now)
    shops = StoreCode.objects.filter(pk__in=ids).values("store")
    Store.objects.filter(pk__in=shops, code_printed_at=None).update(code_printed_at=now)
    return len(ids)
