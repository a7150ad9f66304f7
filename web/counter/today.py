"""The first page of the store phone, and who joined today."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from members.queries import today

from .shop import in_store

SHOWN = 100  # members of one day on one page


@require_safe
@in_store
def home(request: HttpRequest) -> HttpResponse:
    """Today in figures, and three buttons."""
    figures = today.figures(request.store, now=timezone.now())
    return render(request, "counter/home.html", {"today": figures, "brand": request.store.brand})


@require_safe
@in_store
def joined(request: HttpRequest) -> HttpResponse:
    """Members who joined today, the latest first."""
    rows = today.joined(request.store, now=timezone.now())
    context = {"count": rows.count(), "members": rows[:SHOWN], "brand": request.store.brand}
    return render(request, "counter/joined.html", context)
