"""The member's card: code, tier, points, coupons, store; and the way back to it from any phone."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from loyalty.queries import cards as loyalty_cards
from loyalty.services import joining
from members.queries import cards, consents, identities
from members.rules import consent_texts
from members.rules.cards import LIFE
from members.services import identity
from stores.models import Brand, StoreCode
from stores.queries import brands
from web.addresses import client_address
from web.ui.names import local_name
from web.ui.pictures import qr_svg

from . import proving
from .forms import CodeForm, PhoneForm, TermsForm
from .session import members_only, with_guest


def show(
    request: HttpRequest, *, brand: Brand | None = None, code: StoreCode | None = None, may_bind: bool = False
) -> HttpResponse:
    """The card at a brand. ``code`` was just scanned; ``may_bind`` says that a post would bind to its store."""
    now, member = timezone.now(), request.member
    held = loyalty_cards.card(member, brand, now=now)
    welcome = request.guest.kept("welcome")
    request.guest.forget("welcome")
    context = {
        "member": member, "card": held, "brand": held.holding.brand if held else None, "code": code,
        "may_bind": may_bind, "welcome": welcome, "offers": cards.wants_offers(member),
        "phone": identities.phone_of(member), "qr": qr_svg(cards.token(member, now=now)), "until": now + LIFE,
        "seconds": LIFE.seconds,
    }  # fmt: skip
    return render(request, "h5/card.html", context)


@require_GET
@members_only
def page(request: HttpRequest) -> HttpResponse:
    """One's own card; ``?brand=`` turns to another brand's."""
    return show(request, brand=brands.by_code(request.GET.get("brand", "")))


@require_GET
@members_only
def code_picture(request: HttpRequest) -> HttpResponse:
    """A fresh QR code as SVG, for the page to put in place of the old one."""
    svg = qr_svg(cards.token(request.member, now=timezone.now()))
    return HttpResponse(svg, content_type="image/svg+xml")


@require_POST
@members_only
def offers(request: HttpRequest) -> HttpResponse:
    """Offers and news, on or off."""
    joining.set_offers(
        request.member, wanted=request.POST.get("wanted") == "yes", language=get_language(), now=timezone.now(),
        address=client_address(request),
    )  # fmt: skip
    return HttpResponseRedirect(redirect("card").url + "#offers")


@require_POST
@members_only
def leave(request: HttpRequest) -> HttpResponse:
    """Close the card on this phone."""
    request.guest.leave()
    response = redirect("card-sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_http_methods(["GET", "POST"])
@with_guest
def sign_in(request: HttpRequest) -> HttpResponse:
    """A member on a new phone: the number, then six digits. Nobody becomes a member here."""
    if request.member:
        return redirect("card")
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sender = local_name(brands.chain())
        if proving.ask(request, form, proving.CARD, sender=sender):
            return redirect("card-sign-in-code")
    return render(request, "h5/sign_in.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@with_guest
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The six digits of the sign-in."""
    if not (asked := proving.asked(request, proving.CARD, now=timezone.now())):
        return redirect("card-terms" if proving.was_proved(request, now=timezone.now()) else "card-sign-in")
    form = CodeForm(request.POST or None)
    phone = proving.take(request, form, proving.CARD) if request.method == "POST" else None
    member = identity.resolve(phone=phone) if phone else None
    if member and not consents.has_agreed(member):
        return redirect("card-terms")
    if member:
        request.guest.sign_in(member)
        return redirect("card")
    if phone:
        form.add_error("code", _("There is no membership with this number yet. Scan the code in a store to join."))
    return render(request, "h5/code.html", {"form": form, "asked": asked}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@with_guest
def terms(request: HttpRequest) -> HttpResponse:
    """A member whom a file or a till brought agrees before the card opens."""
    now = timezone.now()
    phone = request.guest.proven_phone(now=now)
    member = identity.resolve(phone=phone) if phone else None
    if member is None:
        return redirect("card-sign-in")
    form = TermsForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (done := _agree(request, form, phone)):
        request.guest.sign_in(done.member)
        request.guest.keep("welcome", {"coupon": done.coupon.pk if done.coupon else None})
        return redirect("card")
    texts = [consent_texts.current(purpose, get_language()) for purpose in ("membership", "marketing")]
    brand = member.home_store.brand if member.home_store else brands.chain()
    context = {"form": form, "phone": phone, "terms": texts[0], "offers": texts[1], "brand": brand}
    return render(request, "h5/terms.html", context, status=422 if form.errors else 200)


def _agree(request: HttpRequest, form: TermsForm, phone: str) -> joining.Joined | None:
    said = form.cleaned_data
    try:
        return joining.agree(
            phone, agrees=said["agrees"], wants_offers=said["offers"], name=said["name"], language=get_language(),
            now=timezone.now(), address=client_address(request),
        )  # fmt: skip
    except joining.CannotJoin as reason:
        form.add_error("agrees", str(reason))
        return None
