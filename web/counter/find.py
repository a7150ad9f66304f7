"""Finding a member who stands at the till: by phone, last four and name, number, or the code on their card."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loyalty.queries import cards as loyalty_cards
from members.models import Member
from members.queries import cards, members, today
from members.rules.cards import BadToken, OldToken, looks_like

from .shop import in_store

SHOWN = 10  # members that one search lists


class FindForm(forms.Form):
    """One field for everything that names a member. Posted, so that no phone stands in an address or a log."""

    q = forms.CharField(
        label=gettext_lazy("Phone, last 4 digits and name, or card"), max_length=128,
        error_messages={"required": gettext_lazy("Please enter something to look for.")},
        widget=forms.TextInput(
            attrs={"class": "weui-input", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false",
                   "enterkeyhint": "search", "autofocus": True}
        ),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@in_store
def find(request: HttpRequest) -> HttpResponse:
    """Look for a member; one hit opens the card at once."""
    form = FindForm(request.POST or None)
    hits: list[Member] | None = None
    if request.method == "POST" and form.is_valid():
        hits = _hits(request, form)
        if len(hits) == 1:
            return _card(request, hits[0])
    context = {"form": form, "hits": hits, "brand": request.store.brand}
    return render(request, "counter/find.html", context, status=422 if form.errors else 200)


def _hits(request: HttpRequest, form: FindForm) -> list[Member]:
    """Those members of this person's stores whom the text names; the form says why there are none."""
    text = form.cleaned_data["q"].strip()
    if looks_like(text):
        return _holder(request, form, text)
    if text.isdigit() and len(text) < 5:
        form.add_error("q", _("Add the name to the last four digits, for example 1234 王."))
        return []
    return list(members.find(request.user, text)[:SHOWN])


def _holder(request: HttpRequest, form: FindForm, token: str) -> list[Member]:
    try:
        holder = cards.holder(request.user, token, now=timezone.now())
    except OldToken:
        form.add_error("q", _("This code is older than a minute. Let the member refresh the card and scan again."))
    except BadToken:
        form.add_error("q", _("This is not one of our cards."))
    else:
        if holder:
            return [holder]
        form.add_error("q", _("A real card, but not of a member of your stores. Let them scan your store code first."))
    return []


@require_safe
@in_store
def member(request: HttpRequest, number: str) -> HttpResponse:
    """One member's small card."""
    found = today.by_number(request.user, number)
    if found is None:
        raise Http404
    return _card(request, found)


def _card(request: HttpRequest, found: Member) -> HttpResponse:
    held = loyalty_cards.card_at(found, request.store.brand, now=timezone.now())
    context = {
        "member": found, "card": held, "visit": today.last_visit(found, request.user), "brand": request.store.brand,
    }  # fmt: skip
    return render(request, "counter/member.html", context)
