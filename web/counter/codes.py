"""The store's code on the whole screen, for customers to scan from the phone in one's hand."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from members.queries import today
from stores import access
from stores.access import Permission
from stores.models import StoreCode
from stores.queries import codes as queries
from stores.rules.codes import readable
from stores.services import codes
from web.ui.pictures import qr_svg

from .shop import in_store

Kind = StoreCode.Kind


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("of", "store")
    if kind not in (Kind.STORE, Kind.ASSOCIATE):
        raise Http404
    return kind


@require_safe
@in_store
def show(request: HttpRequest) -> HttpResponse:
    """The store's code, or with ``?of=associate`` one's own."""
    kind = _kind(request)
    own = request.user if kind == Kind.ASSOCIATE else None
    code = queries.live_of(request.store, kind=kind, associate=own)
    context = {
        "kind": kind, "code": code, "brand": request.store.brand, "may_issue": _may_issue(request, kind),
        "scans": today.scans(request.store, now=timezone.now()),
    }  # fmt: skip
    if code:
        context |= {"qr": qr_svg(queries.address(code)), "readable": readable(code.public)}
    return render(request, "counter/code.html", context)


def _may_issue(request: HttpRequest, kind: str) -> bool:
    """Everybody who works here may make their own code; the store's takes the permission."""
    return kind == Kind.ASSOCIATE or access.may(request.user, Permission.CODE_ISSUE)


@require_POST
@in_store
def issue(request: HttpRequest) -> HttpResponse:
    """Make the code that is missing; the one that is there if somebody was quicker."""
    kind = _kind(request)
    if not _may_issue(request, kind):
        raise Http404
    own = request.user if kind == Kind.ASSOCIATE else None
    try:
        codes.issue(request.store, kind=kind, associate=own, by=request.user, now=timezone.now())
    except codes.CannotIssue as reason:
        messages.error(request, str(reason))
    return redirect(f"{reverse('counter-code')}?of={kind}")


@require_safe
@in_store
def scans(request: HttpRequest) -> HttpResponse:
    """Today's scans, for the page to show them live."""
    return JsonResponse({"scans": today.scans(request.store, now=timezone.now())})


issue.permission = Permission.COUNTER_USE
