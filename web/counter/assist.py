"""Helping somebody to join: a link that counts once, on the customer's own phone."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from members.models import Assist
from members.queries import assists as queries
from members.services import assists
from stores.access import Permission
from stores.models import StoreCode
from stores.queries import codes
from web.ui.pictures import qr_svg

from .shop import in_store

LATEST = 10


def _said(assist: Assist) -> str:
    """How far it is, in words."""
    if assist.done_at:
        return _("Joined")
    if assist.ends_at <= timezone.now():
        return _("Ran out")
    return _("Opened on their phone") if assist.opened_at else _("Waiting for the scan")


def _own_code(request: HttpRequest) -> StoreCode | None:
    return codes.live_of(request.store, kind=StoreCode.Kind.ASSOCIATE, associate=request.user)


@require_safe
@in_store
def index(request: HttpRequest) -> HttpResponse:
    """One's latest links, and the button for a new one."""
    latest = [(each, _said(each)) for each in queries.of(request.user)[:LATEST]]
    context = {"latest": latest, "code": _own_code(request), "brand": request.store.brand}
    return render(request, "counter/assist.html", context)


@require_POST
@in_store
def start(request: HttpRequest) -> HttpResponse:
    """A new link by one's own code; first that code, if there is none."""
    code = _own_code(request)
    if code is None:
        return redirect("counter-assist")
    return redirect("counter-assist-link", pk=assists.start(code, by=request.user, now=timezone.now()).pk)


@require_safe
@in_store
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """The link as a QR code and as text, and how far the customer is."""
    assist = get_object_or_404(queries.visible_to(request.user), pk=pk)
    address = request.build_absolute_uri(f"/j/{assist.token}")
    context = {
        "assist": assist, "said": _said(assist), "address": address, "brand": request.store.brand,
        "qr": "" if assist.done_at or assist.ends_at <= timezone.now() else qr_svg(address),
    }  # fmt: skip
    return render(request, "counter/assist_link.html", context)


@require_safe
@in_store
def state(request: HttpRequest, pk: int) -> JsonResponse:
    """How far it is, for the page to show it live."""
    return JsonResponse({"text": _said(get_object_or_404(queries.visible_to(request.user), pk=pk))})


start.permission = Permission.COUNTER_USE
