"""Keeping a list as somebody likes to see it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db import transaction
from django.utils.translation import gettext as _

from ..models import SavedView, Staff
from . import log

NEVER = frozenset({"q", "s", "page", "after", "before", "export", "row", "csrfmiddlewaretoken"})
MOST = 30  # named views of one list and person
LONGEST = 1000


class CannotSave(ValueError):
    """The view cannot be kept. The text may be shown."""


def kept(query: str) -> str:
    """The words of an address that a view may hold: filters, order and columns, and no searched words."""
    return urlencode([(name, value) for name, value in parse_qsl(query) if name not in NEVER and value])


@transaction.atomic(durable=True)
def save(list_name: str, *, name: str, query: str, is_shared: bool, by: Staff, now: datetime) -> SavedView:
    """Keep the filters, order and columns of an address under a name; the same name again replaces it.

    ``is_shared`` shows it to colleagues of the same role. Raises CannotSave.
    """
    name, words = " ".join(name.split()), kept(query)
    if not 0 < len(name) <= 40 or not name.isprintable():
        raise CannotSave(_("A view needs a name of 1 to 40 characters."))
    if not words:
        raise CannotSave(_("Set a filter, an order or columns first: this view would be the plain list."))
    if len(words) > LONGEST:
        raise CannotSave(_("This view has too many filters to be kept. Take some away."))
    Staff.objects.select_for_update().get(pk=by.pk)  # two tabs at once are counted one after the other
    others = SavedView.objects.filter(owner=by, list=list_name).exclude(name__in=["", name])
    if others.count() >= MOST:
        raise CannotSave(_("You keep 30 views of this list. Delete one first."))
    given = {"words": words, "role": by.role if is_shared else "", "saved_at": now}
    made, _is_new = SavedView.objects.update_or_create(owner=by, list=list_name, name=name, defaults=given)
    log.record("view.saved", made, by=by, now=now, after={"list": list_name, "shared": is_shared})
    return made


@transaction.atomic(durable=True)
def delete(view: SavedView, *, by: Staff, now: datetime) -> None:
    """Forget one's own view; colleagues it was shared with lose it, too."""
    log.record("view.deleted", view, by=by, now=now, before={"list": view.list, "shared": bool(view.role)})
    view.delete()


def choose_columns(list_name: str, columns: list[str], *, by: Staff, now: datetime) -> None:
    """Remember which columns this person wants to see, in every browser. Leaves no line in the log: it changes nothing
    for anybody else."""
    words = urlencode([("cols", column) for column in columns])[:LONGEST]
    given = {"words": words, "saved_at": now}
    SavedView.objects.update_or_create(owner=by, list=list_name, name="", defaults=given)
