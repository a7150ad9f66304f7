"""Which of their stores a person stands in."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from stores.access import Permission
from stores.models import Store
from stores.queries import stores
from web.ui.access import requires

CHOSEN = "counter_store"


def _mine(request: HttpRequest) -> list[Store]:
    return list(stores.visible_to(request.user).filter(closed_on=None).select_related("brand").order_by("code"))


def in_store(view: Callable, permission: Permission = Permission.COUNTER_USE) -> Callable:
    """Decorator: holds the permission, and stands in a store (``request.store``, ``request.stores``)."""

    @wraps(view)
    def placed(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        request.stores = _mine(request)
        if not request.stores:
            return render(request, "counter/nowhere.html", status=200)
        chosen = request.session.get(CHOSEN)
        request.store = next((store for store in request.stores if store.pk == chosen), request.stores[0])
        return view(request, *args, **kwargs)

    return requires(permission)(placed)


@require_POST
@in_store
def switch(request: HttpRequest) -> HttpResponse:
    """Stand in another of one's stores; any other number changes nothing."""
    wanted = request.POST.get("store", "")
    if any(str(store.pk) == wanted for store in request.stores):
        request.session[CHOSEN] = int(wanted)
    return redirect(reverse("counter-home"))


switch.permission = Permission.COUNTER_USE
