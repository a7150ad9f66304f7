"""The tasks of the day on the store phone: what is to be done, how much of it, and where it begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.queries import promotions
from loyalty.queries import at_store
from members.queries import today
from members.queries.today import Today
from stores.access import Permission, may
from stores.models import TaskDone
from stores.queries import ticks as ticked
from stores.services import ticks

from .shop import in_store

SHOWN = 100  # members on one page
PEOPLE = {"birthdays": today.birthdays, "expiring": at_store.expiring}


@dataclass(frozen=True)
class Task:
    """One thing to do today. ``count`` says how much of it; ``is_done`` by itself, or because somebody ticked it off."""

    kind: str
    icon: str
    title: str
    text: str
    url: str
    count: int | None = None
    is_done: bool = False
    ticked: TaskDone | None = None
    may_tick: bool = False


def of(request: HttpRequest, figures: Today, running: Sequence[Any], *, now: datetime) -> list[Task]:
    """Today's tasks at this store; what is done comes last, what there is none of is left out."""
    found = [_code(figures), *_promotion(request, running, now), *_people(request, figures, now)]
    return sorted(found, key=lambda task: task.is_done)


def _code(figures: Today) -> Task:
    text = _("Put it where people pay; the first scan of the day ticks this off.")
    return Task("code", "qrcode", _("Show the store code"), text, reverse("counter-code"), is_done=figures.scans > 0)


def _promotion(request: HttpRequest, running: Sequence[Any], now: datetime) -> list[Task]:
    """Headquarters allows one and none runs."""
    if not may(request.user, Permission.PROMOTION_START):
        return []
    free = 0 if running else promotions.templates(request.user, request.store).count()
    if not (free or running):
        return []
    text = _("Headquarters allows it without asking.")
    url = reverse("counter-promotions")
    return [Task("promotion", "send", _("Start a promotion"), text, url, free or None, is_done=bool(running))]


def _people(request: HttpRequest, figures: Today, now: datetime) -> list[Task]:
    """Those who wait for a word: ticked off by whoever did it."""
    store, done = request.store, ticked.done(request.store, now=now)
    rows = [
        ("greet", "users", _("Greet who joined today"), _("Thank them, and show them their card."),
         reverse("counter-joined"), figures.joined),
        ("birthdays", "cake", _("Birthdays this week"), _("A word at the till, or a call if they agreed to it."),
         reverse("counter-people", args=["birthdays"]), today.birthdays(store, now=now).count()),
        ("expiring", "ticket", _("Coupons about to run out"), _("Remind them: three days are left at most."),
         reverse("counter-people", args=["expiring"]), at_store.expiring(store, now=now).count()),
    ]  # fmt: skip
    return [
        Task(kind, icon, title, text, url, count, kind in done, done.get(kind), may_tick=True)
        for kind, icon, title, text, url, count in rows
        if count
    ]


@require_safe
@in_store
def people(request: HttpRequest, kind: str) -> HttpResponse:
    """The members that a task is about."""
    if kind not in PEOPLE:
        raise Http404
    rows = PEOPLE[kind](request.store, now=timezone.now())
    context = {
        "kind": kind, "count": rows.count(), "members": today.shown(rows)[:SHOWN], "brand": request.store.brand,
    }  # fmt: skip
    return render(request, "counter/people.html", context)


@require_POST
@in_store
def tick(request: HttpRequest, kind: str) -> HttpResponse:
    """Tick a task off, or with ``undo`` take the tick back."""
    act = ticks.reopen if request.POST.get("undo") else ticks.finish
    try:
        act(request.store, kind, by=request.user, now=timezone.now())
    except KeyError as unknown:
        raise Http404 from unknown
    return redirect(reverse("counter-home") + "#tasks")


tick.permission = Permission.COUNTER_USE
