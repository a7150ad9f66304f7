"""What may come, and how: a switch for each medium, from a message's link or from the card. No script is needed."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaigns.services import unsubscribing
from campaigns.services.links import NoSuchLink
from loyalty.services import joining
from members.models import Medium, Member
from members.queries import preferences
from members.queries import privacy as privacy_queries
from members.services import privacy
from web.addresses import client_address

from .session import members_only

ASKED = 5  # requests that the page shows
SWITCHES = {str(medium.value): medium for medium in Medium}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The way in of a message. It switches off; on again only what a link switched off."""
    here = reverse("unsubscribe-preferences", args=[token])
    try:
        brand, member = unsubscribing.brand_of(token), unsubscribing.member_of(token)
        if request.method == "POST":
            medium, wanted = _asked(request)
            unsubscribing.choose(
                token, medium, wanted=wanted, language=get_language(), now=timezone.now(),
                address=client_address(request),
            )  # fmt: skip
            return HttpResponseRedirect(here)
    except NoSuchLink as reason:
        return render(request, "h5/link_unknown.html", {"reason": str(reason)}, status=404)
    return _page(request, member, here, brand=brand, by_link=True)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def by_card(request: HttpRequest) -> HttpResponse:
    """The way in of a card: on and off."""
    here = reverse("preferences")
    if request.method == "POST":
        medium, wanted = _asked(request)
        joining.set_offers(
            request.member, wanted=wanted, medium=medium, language=get_language(), now=timezone.now(),
            address=client_address(request),
        )  # fmt: skip
        return HttpResponseRedirect(here)
    store = request.member.home_store
    asked = privacy_queries.of_member(request.member)[:ASKED]
    return _page(
        request, request.member, here, brand=store.brand if store else None, asked=asked, kinds=privacy.Kind.choices
    )


@require_http_methods(["POST"])
@members_only
def ask(request: HttpRequest) -> HttpResponse:
    """A member asks about their own data; the desk answers in time."""
    if (kind := request.POST.get("kind", "")) in privacy.Kind.values:
        privacy.ask(request.member, kind, came_by="card", now=timezone.now())
    return HttpResponseRedirect(reverse("preferences") + "#data")


def _asked(request: HttpRequest) -> tuple[int, bool]:
    """Which switch; one that does not exist is the one for everything."""
    medium = SWITCHES.get(request.POST.get("medium", ""), Medium.EVERY)
    return medium.value, request.POST.get("wanted") == "yes"


def _page(request: HttpRequest, member: Member, here: str, **words: object) -> HttpResponse:
    shown = preferences.of(member, may_add=not words.get("by_link"))
    return render(request, "h5/preferences.html", {"shown": shown, "here": here, **words})
