"""A store's own promotion on the phone: choose a template, choose inside its limits, start it; see and stop one's own."""

from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Campaign, CampaignTemplate
from campaigns.queries import figures
from campaigns.queries import promotions as queries
from campaigns.queries.promotions import Plan, Reach, Room
from campaigns.services import campaigns, promotions
from segments.queries.audiences import TooSlow
from segments.rules.tree import RuleError
from stores.access import Permission
from web.ui import formats

from .shop import in_store

PAST = 20  # promotions that are over, on the list
RADIUS_STEP = 100  # metres
FIELDS = {  # beside which field a broken limit is said; the others stand on top
    "past": "first_day", "first_day": "first_day", "last_day": "days", "days": "days", "value": "value",
    "floor": "value", "budget": "coupons", "radius": "radius_m", "nobody": "radius_m",
}  # fmt: skip
promoting = partial(in_store, permission=Permission.PROMOTION_START)


def _stepper(mode: str = "numeric", **attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "weui-input", "inputmode": mode, "autocomplete": "off", **attrs})


class StartForm(forms.Form):
    """What a store chooses. The limits themselves are the service's: here they only shape the controls."""

    value = forms.DecimalField(max_digits=8, decimal_places=2, widget=_stepper("decimal"))
    days = forms.IntegerField(label=gettext_lazy("How many days"), widget=_stepper())
    first_day = forms.DateField(
        label=gettext_lazy("First day"),
        widget=forms.DateInput(attrs={"type": "date", "class": "weui-input"}, format="%Y-%m-%d"),
    )
    radius_m = forms.IntegerField(label=gettext_lazy("Members within (metres)"), widget=_stepper())
    coupons = forms.IntegerField(
        label=gettext_lazy("Coupons at most"), min_value=1, max_value=10_000_000, widget=_stepper()
    )

    def __init__(self, *args: Any, room: Room, most: int, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["value"].label = _("Percent taken off") if room.is_percent else _("Yuan off")
        shapes: dict[str, tuple[Any, Any, Any]] = {
            "value": (1, room.highest_value, 1), "days": (1, room.most_days, 1), "coupons": (1, most, 10),
            "radius_m": (RADIUS_STEP, room.radius_m, RADIUS_STEP),
        }  # fmt: skip
        for name, (least, highest, step) in shapes.items():
            self.fields[name].widget.attrs |= {
                "data-least": least,
                "data-most": f"{highest:f}" if isinstance(highest, Decimal) else highest,
                "data-step": step,
            }
        self.fields["first_day"].widget.attrs |= {"min": room.first_day.isoformat()}
        if room.last_day:
            self.fields["first_day"].widget.attrs |= {"max": room.last_day.isoformat()}

    def refuse(self, limits: promotions.OutsideLimits) -> None:
        """Say each broken limit beside its field."""
        for reason, text in limits.texts.items():
            self.add_error(FIELDS.get(reason), text)


class StopForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why do you stop it?"), max_length=200,
        widget=forms.TextInput(attrs={"class": "weui-input", "autocomplete": "off"}),
    )  # fmt: skip


@require_safe
@promoting
def index(request: HttpRequest) -> HttpResponse:
    """What may be started, and the store's own promotions with what came of them."""
    now = timezone.now()
    rows = queries.results(list(queries.of_store(request.user, request.store)[:PAST]), now=now)
    offered = list(queries.templates(request.user, request.store))
    context = {
        "running": [row for row in rows if not row.is_over], "over": [row for row in rows if row.is_over],
        "offers": [(each, queries.room(each, request.store, now=now)) for each in offered],
        "has_place": request.store.latitude is not None, "brand": request.store.brand,
    }  # fmt: skip
    return render(request, "counter/promotions/list.html", context)


def _template(request: HttpRequest, pk: int) -> CampaignTemplate:
    found = queries.templates(request.user, request.store).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@promoting
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose inside the limits, and start in one step; what headquarters does not allow is said beside its field."""
    template, now = _template(request, pk), timezone.now()
    room = queries.room(template, request.store, now=now)
    form = _form(request, template, room)
    if request.method == "POST" and form.is_valid() and (made := _begun(request, template, form)):
        messages.success(request, _("It is live. Messages go out now, outside of quiet hours."))
        return redirect("counter-promotion", made.number)
    context = {
        "form": form, "template": template, "room": room, "message": _message(template, request),
        "told": _told(request, template, room, form), "brand": request.store.brand,
    }  # fmt: skip
    return render(request, "counter/promotions/start.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest, template: CampaignTemplate, room: Room) -> StartForm:
    most = max(1, queries.affordable(template, room.value))
    initial = {
        "value": f"{room.value.normalize():f}", "days": min(3, room.most_days), "first_day": room.first_day,
        "radius_m": room.radius_m, "coupons": most,
    }  # fmt: skip
    return StartForm(request.POST or None, initial=initial, room=room, most=most)


def _begun(request: HttpRequest, template: CampaignTemplate, form: StartForm) -> Campaign | None:
    """Start it; None when a limit is broken, which the form then says."""
    try:
        return promotions.start(
            request.store, template, by=request.user, now=timezone.now(), **form.cleaned_data
        )  # fmt: skip
    except promotions.OutsideLimits as limits:
        form.refuse(limits)
    except campaigns.CampaignProblem as problem:
        form.add_error(None, str(problem))
    return None


def _message(template: CampaignTemplate, request: HttpRequest) -> str:
    """What members would read, in the language of the page as far as it is written."""
    draft = queries.draft(template, request.store)
    return campaigns.preview(draft, None, language=translation.get_language() or "zh-hans")


def _told(request: HttpRequest, template: CampaignTemplate, room: Room, form: StartForm) -> dict[str, Any]:
    """The live part in words, for what stands in the form now."""
    radius = form["radius_m"].value()
    given = int(radius) if str(radius).isdigit() and 0 < int(radius) <= room.radius_m else room.radius_m
    value = form["value"].value()
    coupons = str(form["coupons"].value() or "")
    wanted = int(coupons) if coupons.isdecimal() and len(coupons) < 9 else 0
    return _words(request, template, given, Decimal(value) if _is_number(value) else room.value, wanted)


def _is_number(text: Any) -> bool:
    return str(text).replace(".", "", 1).isdigit() and len(str(text)) < 9


def _words(
    request: HttpRequest, template: CampaignTemplate, radius: int, value: Decimal, coupons: int
) -> dict[str, Any]:  # fmt: skip
    """Members within the radius, those who can be told, and what the budget pays."""
    try:
        found = queries.reach(request.store, template, radius, now=timezone.now())
    except (RuleError, TooSlow) as problem:
        return {
            "problem": str(problem), "members": "–", "gets": "–", "unplaced": 0, "affordable": 0, "budget": "",
            "why": "",
        }  # fmt: skip
    return _in_words(found, template, value, coupons)


def _in_words(found: Reach, template: CampaignTemplate, value: Decimal, coupons: int) -> dict[str, Any]:
    most = queries.affordable(template, value)
    plan = queries.plan(found, coupons=coupons or most, paid_for=most)
    text = _("The budget of %(budget)s pays %(count)s coupons of this value.") % {
        "budget": formats.money(template.budget), "count": formats.number(most)
    }  # fmt: skip
    return {
        "members": formats.number(plan.members), "gets": formats.number(plan.gets), "why": _why(plan),
        "unplaced": found.unplaced, "affordable": most, "budget": text, "problem": "",
    }  # fmt: skip


def _why(plan: Plan) -> str:
    """Why the others do not get it; empty when everybody does."""
    silent = ngettext(
        "%(count)s has not agreed to offers or has no address.",
        "%(count)s have not agreed to offers or have no address.", plan.silent,
    )  # fmt: skip
    beyond = ngettext(
        "For %(count)s there is no coupon: raise their number as far as the budget goes, or come closer.",
        "For %(count)s there is no coupon: raise their number as far as the budget goes, or come closer.", plan.beyond,
    )  # fmt: skip
    said = [(silent, plan.silent), (beyond, plan.beyond)]
    return " ".join(text % {"count": formats.number(count)} for text, count in said if count)


@require_safe
@promoting
def reach(request: HttpRequest, pk: int) -> JsonResponse:
    """The live part while somebody moves the sliders."""
    template = _template(request, pk)
    room = queries.room(template, request.store, now=timezone.now())
    form = StartForm(request.GET, room=room, most=1)
    return JsonResponse(_told(request, template, room, form))


def _mine(request: HttpRequest, number: str) -> Campaign:
    found = queries.of_store(request.user, request.store).filter(number=number).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@promoting
def promotion(request: HttpRequest, number: str) -> HttpResponse:
    """One promotion: what came of it; posted, it is stopped with a reason."""
    found, form = _mine(request, number), StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            promotions.stop(found, by=request.user, now=timezone.now(), reason=form.cleaned_data["reason"])
            messages.success(request, _("Stopped. Coupons that members hold stay good."))
        except campaigns.CampaignProblem as problem:
            messages.error(request, str(problem))
        return redirect("counter-promotion", number)
    result = queries.results([found], now=timezone.now())[0]
    troubles = figures.pulse(found, now=timezone.now()).troubles
    context = {
        "result": result, "campaign": found, "form": form, "brand": request.store.brand, "troubles": troubles,
    }  # fmt: skip
    return render(request, "counter/promotions/page.html", context, status=422 if form.errors else 200)


start.permission = promotion.permission = Permission.PROMOTION_START
