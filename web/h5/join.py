"""From a scanned code to a card: phone, six digits, consents. Nothing is joined or bound by opening a page.

Opening the first page counts a scan, once for each visitor and hour (a counter, no personal data): a visitor without
JavaScript would not be counted otherwise.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.queries import cards
from loyalty.services import joining
from members.models import Member
from members.queries import assists, bindings, consents
from members.rules import consent_texts
from members.services import assists as noting
from members.services import identity
from stores.models import StoreCode
from stores.services import codes
from web.addresses import client_address
from web.ui.names import local_name

from . import card, proving
from .forms import CodeForm, PhoneForm, TermsForm
from .places import by_code
from .session import with_guest


def _page(request: HttpRequest, code: StoreCode, name: str, **context) -> HttpResponse:
    context |= {"code": code, "store": code.store, "brand": code.store.brand}
    return render(request, f"h5/{name}.html", context, status=422 if _failed(context) else 200)


def _failed(context: dict) -> bool:
    return bool(context.get("form") and context["form"].errors)


@require_http_methods(["GET", "HEAD", "POST"])
@by_code
def landing(request: HttpRequest, code: StoreCode) -> HttpResponse:
    """The store, what joining gives, and one field; a member sees the card at once."""
    if request.method == "POST":
        return _ask(request, code)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        codes.record_scan(code, visitor=request.guest.visitor, now=timezone.now())
    if request.member:
        return _welcome_back(request, code)
    return _page(request, code, "landing", form=PhoneForm(), gift=cards.welcome_of(code.store.brand))


def _welcome_back(request: HttpRequest, code: StoreCode) -> HttpResponse:
    """The card with a word about this store; the terms for whoever has not agreed to them or is of another brand."""
    if _needs_terms(request.member, code):
        return redirect("join-terms", public=code.public)
    held = bindings.open_of(request.member)
    now = timezone.now()
    why = bindings.decide(request.member, held, store=code.store, associate=code.associate, now=now)
    return card.show(request, brand=code.store.brand, code=code, may_bind=why is not None)


def _needs_terms(member: Member, code: StoreCode) -> bool:
    """A file or a till may have enrolled somebody who never said yes."""
    return not (consents.has_agreed(member) and cards.is_enrolled(member, code.store.brand))


def _ask(request: HttpRequest, code: StoreCode) -> HttpResponse:
    form = PhoneForm(request.POST)
    sender = local_name(code.store.brand)
    if form.is_valid() and proving.ask(request, form, proving.JOIN, sender=sender, store_code_id=code.pk):
        return redirect("join-code", public=code.public)
    return _page(request, code, "landing", form=form, gift=cards.welcome_of(code.store.brand))


@require_http_methods(["GET", "POST"])
@by_code
def prove(request: HttpRequest, code: StoreCode) -> HttpResponse:
    """Six digits. A right code leads a member to the card and everybody else to the terms."""
    now = timezone.now()
    asked = proving.asked(request, proving.JOIN, now=now)
    if not asked:
        return redirect("join-terms" if proving.was_proved(request, now=now) else "store-code", public=code.public)
    form = CodeForm(request.POST or None)
    phone = proving.take(request, form, proving.JOIN) if request.method == "POST" else None
    if phone is None:
        return _page(request, code, "code", form=form, asked=asked)
    member = identity.resolve(phone=phone)
    if member is None or _needs_terms(member, code):
        return redirect("join-terms", public=code.public)
    joining.visit(member, code=code, now=now)
    request.guest.sign_in(member)
    return redirect("card")


@require_http_methods(["GET", "POST"])
@by_code
def terms(request: HttpRequest, code: StoreCode) -> HttpResponse:
    """Two boxes, and the membership begins. A second post finds the member that the first one made."""
    now = timezone.now()
    phone = request.guest.proven_phone(now=now)
    if phone is None:
        return redirect("store-code", public=code.public)
    form = TermsForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (done := _join(request, code, form, phone)):
        request.guest.sign_in(done.member)
        request.guest.keep("welcome", {"coupon": done.coupon.pk if done.coupon else None})
        return redirect("card")
    texts = [consent_texts.current(purpose, get_language()) for purpose in ("membership", "marketing")]
    return _page(request, code, "terms", form=form, phone=phone, terms=texts[0], offers=texts[1])


def _join(request: HttpRequest, code: StoreCode, form: TermsForm, phone: str) -> joining.Joined | None:
    said = form.cleaned_data
    try:
        return joining.join(
            phone, code=code, agrees=said["agrees"], wants_offers=said["offers"], name=said["name"],
            language=get_language(), visitor=request.guest.visitor, address=client_address(request),
            assist=request.guest.kept("assist").get("token", ""), now=timezone.now(),
        )  # fmt: skip
    except joining.CannotJoin as reason:
        form.add_error("agrees", str(reason))
        return None


@require_safe
@with_guest
def assisted(request: HttpRequest, token: str) -> HttpResponse:
    """An associate's link, on the customer's own phone: it leads to the associate's code, and counts once."""
    now = timezone.now()
    assist = assists.live(token, now=now)
    if assist is None:
        reason = _("This link was used or has run out. Please ask for a new one.")
        return render(request, "h5/link_unknown.html", {"reason": reason}, status=410)
    noting.note_opened(assist, now=now)
    request.guest.keep("assist", {"token": token})
    return redirect("store-code", public=assist.code.public)


@require_POST
@by_code
def visit(request: HttpRequest, code: StoreCode) -> HttpResponse:
    """A member scanned a code: bind by the brand's rule. The page of the card posts this by itself."""
    if request.member is None:
        return redirect("store-code", public=code.public)
    joining.visit(request.member, code=code, now=timezone.now())
    return redirect("card")
