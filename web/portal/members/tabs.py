"""The tabs of a member's page. Each reads only its own, page after page by the key of the last row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from campaigns.queries import deliveries
from loyalty.queries import accounts, coupons
from members.queries import orders
from stores.access import Permission, may
from stores.queries import log

from ..log.words import lines as words_of
from . import history, sources
from .card import Head

SIZE = 30


@dataclass(frozen=True)
class Slice:
    """Some rows; ``older`` is the key of the next ones, empty at the end. ``is_later`` when these are not the latest."""

    rows: Sequence[Any]
    older: str
    is_later: bool


def slice_of(rows: QuerySet, asked: str, field: str, *, key: str = "pk", size: int = SIZE) -> Slice:
    """The rows behind a key (``2026-03-04T04:00:00+00:00~17``), the latest first. A key that cannot be read: the first."""
    at, _sign, last = asked.partition("~")
    moment = read_moment(at) if last.isdecimal() and len(last) < 19 else None
    rows = rows.order_by(f"-{field}", f"-{key}")
    if moment:
        same = Q(**{field: moment, f"{key}__lt": int(last)})
        rows = rows.filter(Q(**{f"{field}__lt": moment}) | same, **{f"{field}__lte": moment})
    found = list(rows[: size + 1])
    end = found[size - 1] if len(found) > size else None
    older = f"{getattr(end, field).isoformat()}~{getattr(end, key)}" if end else ""
    return Slice(found[:size], older, moment is not None)


def read_moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _timeline(request: HttpRequest, head: Head, older: str) -> dict[str, Any]:
    chosen, rows = history.rows(request, head)
    page = slice_of(rows, older, "at")
    return {"filter": chosen, "slice": page, "lines": history.lines(list(page.rows), head)}


def _orders(request: HttpRequest, head: Head, older: str) -> dict[str, Any]:
    return {"slice": slice_of(orders.of_member(request.user, head.member), older, "paid_at")}


def _points(request: HttpRequest, head: Head, older: str) -> dict[str, Any]:
    rows = accounts.statement(head.member, asset="points").filter(book__program__in=head.mine)
    return {"slice": slice_of(rows, older, "posted_at", key="id")}


def _coupons(request: HttpRequest, head: Head, older: str) -> dict[str, Any]:
    rows = coupons.of_member(head.member).filter(template__program__in=head.mine)
    return {"slice": slice_of(rows, older, "issued_at")}


def _messages(request: HttpRequest, head: Head, older: str) -> dict[str, Any]:
    rows = deliveries.visible_to(request.user).filter(member=head.member).select_related("campaign")
    return {"slice": slice_of(rows, older, "created_at")}


def _sources(request: HttpRequest, head: Head, older: str) -> dict[str, Any]:
    held = [rung.holding for rung in head.rungs]
    return {"sources": sources.of(head.member, head.identities, head.answers, head.tags, held, head.links)}


def _log(request: HttpRequest, head: Head, older: str) -> dict[str, Any]:
    return {"log": words_of(log.of(head.member, limit=SIZE * 2))}


@dataclass(frozen=True)
class Tab:
    """One tab: its name in the address, label, template and what it reads."""

    name: str
    label: Any
    read: Callable[[HttpRequest, Head, str], dict[str, Any]]
    permission: Permission = Permission.MEMBER_VIEW

    @property
    def template(self) -> str:
        return f"portal/members/tab_{self.name}.html"


TABS = (
    Tab("timeline", _("Timeline"), _timeline),
    Tab("orders", _("Orders"), _orders, Permission.ORDER_VIEW),
    Tab("points", _("Points ledger"), _points),
    Tab("coupons", _("Coupons"), _coupons),
    Tab("messages", _("Messages"), _messages, Permission.CAMPAIGN_VIEW),
    Tab("sources", _("Sources"), _sources),
    Tab("log", _("Action log"), _log, Permission.LOG_VIEW),
)


def offered(staff: Any) -> list[Tab]:
    """The tabs that this person may open."""
    return [tab for tab in TABS if may(staff, tab.permission)]
