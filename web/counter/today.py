"""The first page of the store phone, and who joined today."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.queries import promotions
from loyalty.queries import at_store
from members.queries import today
from stores.access import Permission, may

from . import todo
from .shop import in_store

SHOWN = 100  # members of one day on one page


@require_safe
@in_store
def home(request: HttpRequest) -> HttpResponse:
    """Today in figures, the three large buttons, what runs and what is to be done."""
    now = timezone.now()
    figures = today.figures(request.store, now=now)
    running = promotions.running(request.user, request.store, now=now)
    context = {
        "today": figures, "redeemed": at_store.redeemed(request.store, now=now), "running": running,
        "tasks": todo.of(request, figures, running, now=now), "brand": request.store.brand,
        "may_promote": may(request.user, Permission.PROMOTION_START),
    }  # fmt: skip
    return render(request, "counter/home.html", context)


@require_safe
@in_store
def joined(request: HttpRequest) -> HttpResponse:
    """Members who joined today, the latest first."""
    rows = today.joined(request.store, now=timezone.now())
    context = {"count": rows.count(), "members": rows[:SHOWN], "brand": request.store.brand}
    return render(request, "counter/joined.html", context)
