"""The links inside messages: the tracked one leads on, the other one ends the offers. No sign-in, no script."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.rules.links import is_robot
from campaigns.services import links, unsubscribing
from campaigns.services.links import NoSuchLink
from web.addresses import client_address


@require_safe
@never_cache
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on, and note that a person came. Looks ahead by mail programs and chat apps are led on without a note."""
    agent = request.headers.get("User-Agent", "")
    looks_ahead = "prefetch" in request.headers.get("Sec-Purpose", "") or is_robot(request.method or "", agent)
    try:
        target = links.open_link(token, is_robot=looks_ahead, now=timezone.now())
    except NoSuchLink as reason:
        return _unknown(request, reason)
    return HttpResponseRedirect(target, headers={"X-Robots-Tag": "noindex"})


@csrf_exempt  # mail programs post here by themselves; the token is what allows it
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One question on GET, done on POST. Mail programs want the answer itself and no redirect."""
    try:
        brand = unsubscribing.brand_of(token)
        if request.method == "POST":
            unsubscribing.unsubscribe(token, now=timezone.now(), address=client_address(request))
        is_out = unsubscribing.is_out(token)
    except NoSuchLink as reason:
        return _unknown(request, reason)
    words = {"brand": brand, "token": token, "is_out": is_out, "is_fresh": request.method == "POST"}
    return render(request, "h5/unsubscribe.html", words)


@require_POST
@never_cache
def give_back(request: HttpRequest, token: str) -> HttpResponse:
    """The tap was a mistake: offers again."""
    try:
        brand = unsubscribing.brand_of(token)
        address = client_address(request)
        unsubscribing.give_back(token, language=get_language(), now=timezone.now(), address=address)
        is_out = unsubscribing.is_out(token)
    except NoSuchLink as reason:
        return _unknown(request, reason)
    words = {"brand": brand, "token": token, "is_out": is_out, "is_back": True}
    return render(request, "h5/unsubscribe.html", words)


def _unknown(request: HttpRequest, reason: NoSuchLink) -> HttpResponse:
    return render(request, "h5/link_unknown.html", {"reason": str(reason)}, status=404)
