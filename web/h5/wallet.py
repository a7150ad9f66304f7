"""The member's coupons: what may be used, what was, and one of them to show at the till."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from loyalty.queries import coupons
from web.ui.pictures import qr_svg

from .session import members_only

SHOWN = 50  # coupons of each part of the wallet


@require_GET
@members_only
def page(request: HttpRequest) -> HttpResponse:
    """Every coupon of every brand: the usable first, the first to run out on top."""
    now = timezone.now()
    usable = list(coupons.wallet(request.member, now)[:SHOWN])
    over = list(coupons.spent(request.member, now)[:SHOWN])
    context = {
        "usable": usable,
        "over": over,
        "brand": (usable or over)[0].template.program.brand if usable or over else None,
    }
    return render(request, "h5/wallet.html", context)


@require_GET
@members_only
def coupon(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own coupon, with its code to scan; a stranger's is not found."""
    found = coupons.one_of(request.member, pk)
    if found is None:
        raise Http404
    state = found.state(timezone.now())
    context = {
        "coupon": found, "template": found.template, "brand": found.template.program.brand, "state": state,
        "stores": coupons.places_of(found.template), "qr": qr_svg(found.code) if state == "usable" else "",
    }  # fmt: skip
    return render(request, "h5/coupon.html", context)
