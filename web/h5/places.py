"""Finding what a scanned link names, and explaining when it names nothing that can be joined."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from stores.models import StoreCode
from stores.queries import codes, nearby

from .session import with_guest


def by_code(view: Callable) -> Callable:
    """Decorator: the live code of an open store as ``code``; a page that explains itself for every other."""

    @wraps(view)
    def found(request: HttpRequest, public: str) -> HttpResponse:
        try:
            code = codes.find(public)
        except codes.UnknownCode:
            return render(request, "h5/unknown.html", status=404)
        if not code.is_live or code.store.closed_on is not None:
            return retired(request, code)
        return view(request, code)

    return with_guest(found)


def retired(request: HttpRequest, code: StoreCode) -> HttpResponse:
    """Why this code no longer works, and where to go instead."""
    context = {"code": code, "store": code.store, "brand": code.store.brand, "near": nearby.around(code.store)}
    return render(request, "h5/retired.html", context, status=410)


@by_code
def near(request: HttpRequest, code: StoreCode) -> HttpResponse:
    """The wrong store? These are around the corner."""
    context = {"code": code, "store": code.store, "brand": code.store.brand, "near": nearby.around(code.store)}
    return render(request, "h5/near.html", context)
