"""Redeeming a coupon at the till: scan or type, look, confirm; two minutes to take it back."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from secrets import token_hex
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.models import Coupon
from loyalty.queries import coupons as queries
from loyalty.rules.coupon_codes import LONGEST
from loyalty.rules.redeeming import UNDO_WITHIN, Refusal
from loyalty.services import coupons
from stores.access import Permission

from .shop import in_store

KEPT = "redeemed_code"  # in the session: no code stands in an address
LATER = {Refusal.AMOUNT_NEEDED, Refusal.BAD_AMOUNT, Refusal.BELOW_THRESHOLD}  # another amount may help
redeeming = partial(in_store, permission=Permission.COUPON_REDEEM)


@dataclass(frozen=True)
class Result:
    """What the card says: green to go, amber for one thing more, red for no."""

    colour: str
    title: str
    text: str = ""
    coupon: Coupon | None = None
    discount: Decimal | None = None
    needs_amount: bool = False


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Coupon code"), max_length=LONGEST,
        error_messages={"required": gettext_lazy("Please scan the coupon or type its code.")},
        widget=forms.TextInput(
            attrs={"class": "weui-input m-letters", "autocomplete": "off", "autocapitalize": "characters",
                   "spellcheck": "false", "enterkeyhint": "go", "autofocus": True, "data-scanned": True}
        ),
    )  # fmt: skip


class ConfirmForm(forms.Form):
    """``key`` is drawn when the card is shown: a double tap counts once."""

    code = forms.CharField(max_length=LONGEST, widget=forms.HiddenInput)
    key = forms.RegexField(r"^[0-9a-f]{1,32}$", widget=forms.HiddenInput)
    amount = forms.DecimalField(
        label=gettext_lazy("Order amount (yuan)"), required=False, max_digits=12, decimal_places=2, min_value=Decimal("0.01"),
        error_messages={"min_value": gettext_lazy("The order amount must be above zero.")},
        widget=forms.TextInput(attrs={"class": "weui-input", "inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    order_number = forms.CharField(
        label=gettext_lazy("Receipt number (if any)"), required=False, max_length=64,
        widget=forms.TextInput(attrs={"class": "weui-input", "autocomplete": "off", "autocapitalize": "characters"}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@redeeming
def look(request: HttpRequest) -> HttpResponse:
    """The field for the code; posted, the coupon's card."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        result = _ask(request, code)
        confirm_form = ConfirmForm(initial={"code": code, "key": token_hex(16)})
        return _shown(request, result, confirm_form)
    status = 422 if form.errors else 200
    return render(request, "counter/redeem.html", {"form": form, "brand": request.store.brand}, status=status)


def _ask(request: HttpRequest, code: str) -> Result:
    """What the coupon is worth here and now, as a card."""
    try:
        found = coupons.check(code, store=request.store, by=request.user, now=timezone.now())
    except (coupons.CannotRedeem, coupons.TooManyGuesses) as refusal:
        return _no(refusal)
    if found.discount is None:
        title = _("Type the order amount")
        return Result("amber", title, coupon=found.coupon, needs_amount=True)
    return Result("green", _("This coupon counts"), "", found.coupon, found.discount, found.needs_amount)


def _no(refusal: Any) -> Result:
    coupon, reason = getattr(refusal, "coupon", None), getattr(refusal, "reason", None)
    if coupon and reason in LATER:
        return Result("amber", _("Not yet"), str(refusal), coupon, needs_amount=True)
    return Result("red", _("Do not accept"), str(refusal), coupon)


def _shown(request: HttpRequest, result: Result, form: ConfirmForm, status: int = 200) -> HttpResponse:
    context = {"result": result, "form": form, "brand": request.store.brand, "may_redeem": result.colour != "red"}
    return render(request, "counter/redeem_card.html", context, status=status)


@require_POST
@redeeming
def confirm(request: HttpRequest) -> HttpResponse:
    """Use it up; what stands in the way is said on the same card."""
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _shown(request, _ask(request, request.POST.get("code", "")), form, status=422)
    said = form.cleaned_data
    said["amount"] = said["amount"] or None
    try:
        made = coupons.redeem(**said, store=request.store, by=request.user, now=timezone.now())
    except (coupons.CannotRedeem, coupons.TooManyGuesses) as refusal:
        return _shown(request, _no(refusal), form, status=422)
    request.session[KEPT] = made.coupon.code
    return redirect("counter-redeem-done")


@require_safe
@redeeming
def done(request: HttpRequest) -> HttpResponse:
    """What was taken off, and the way back."""
    coupon = queries.redeemed_by(request.user, request.session.get(KEPT, ""))
    if coupon is None:
        return redirect("counter-redeem")
    until = coupon.redeemed_at + UNDO_WITHIN
    context = {
        "coupon": coupon, "brand": request.store.brand, "until": until, "may_undo": timezone.now() <= until,
    }  # fmt: skip
    return render(request, "counter/redeem_done.html", context)


@require_POST
@redeeming
def undo(request: HttpRequest) -> HttpResponse:
    """Give the coupon back to its member."""
    coupon = queries.redeemed_by(request.user, request.session.get(KEPT, ""))
    if coupon is None:
        return redirect("counter-redeem")
    try:
        coupons.undo(coupon, by=request.user, now=timezone.now())
    except coupons.CannotUndo as refusal:
        messages.error(request, str(refusal))
        return redirect("counter-redeem-done")
    messages.success(request, _("Taken back. The coupon can be used again."))
    return redirect("counter-redeem")


confirm.permission = undo.permission = Permission.COUPON_REDEEM
