"""The answers while a rule is edited: the drawn rule, the count, the choices."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from segments.queries import audiences, scoped, segments
from segments.rules import fields
from segments.rules.sentence import sentence
from segments.rules.tree import Near, RuleError, leaves, parse
from stores.access import Permission as P
from stores.models import Sender, Staff
from web.ui import htmx
from web.ui.access import requires

from . import builder, changes, shown, words

SAMPLE = 10
MEDIA = {
    Sender.Medium.SMS: ("sms", "device-mobile"), Sender.Medium.EMAIL: ("email", "mail"),
    Sender.Medium.OFFICIAL_ACCOUNT: ("wechat", "message"),
}  # fmt: skip


@require_POST
@requires(P.SEGMENT_EDIT)
def draw(request: HttpRequest) -> HttpResponse:
    """The rule after one button was pressed."""
    root = builder.read(request.POST)
    focus = pressed(request, root)
    response = TemplateResponse(request, "portal/segments/tree.html", drawn(root, request.user, focus))
    return htmx.trigger(no_store(response), "rule-changed")


@require_POST
@requires(P.SEGMENT_EDIT)
def count(request: HttpRequest) -> HttpResponse:
    """Whom the rule in the form means, or what it still needs."""
    root = builder.read(request.POST)
    rule = builder.checked(root)
    return no_store(TemplateResponse(request, "portal/segments/count.html", figures(root, rule, request.user)))


@require_GET
@requires(P.SEGMENT_VIEW)
def size(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom a saved audience means at this moment."""
    segment = get_object_or_404(segments.visible_to(request.user), pk=pk)
    if not htmx.is_partial(request):
        return redirect(f"{reverse('segment-detail', args=[pk])}?count=1")
    root = builder.draft_of(segment.rule)
    told = figures(root, segment.rule, request.user)
    return no_store(TemplateResponse(request, "portal/segments/count.html", told | {"is_page": True}))


@require_GET
@requires(P.SEGMENT_EDIT)
def choices(request: HttpRequest) -> HttpResponse:
    """The choices of a picker that match a searched text, with those already chosen."""
    key, name = request.GET.get("key", ""), request.GET.get("name", "")
    known = {one.choices for one in fields.FIELDS.values()} | {
        key for _label, key, _of in fields.ORDER_FILTERS.values()
    }
    if not key or key not in known or not name.replace("-", "").isalnum():
        return HttpResponse(status=404)
    chosen = request.GET.getlist(name)[: builder.MOST_PICKS]
    picker = shown.Picker(key, name, _("Search"), chosen, is_single="single" in request.GET)
    picker.offered = words.offered(request.user, key, request.GET.get("q", "")[:60])
    picker.labels = words.called(request.user, key, chosen)
    return no_store(TemplateResponse(request, "portal/segments/options.html", {"picker": picker}))


def pressed(request: HttpRequest, root: builder.Draft) -> str:
    """Do what the pressed button says; the name of what to go on with, or nothing."""
    asked = request.POST.get("do", "")[:80]
    around = asked.partition(":")[2]
    target = changes.apply(
        root, asked, at=request.POST.get("at", "")[:40], chosen=request.POST.get(f"new-{around}", "")[:40]
    )
    return f"n{target.id}" if target else ""


def drawn(root: builder.Draft, staff: Staff, focus: str = "") -> dict[str, Any]:
    """What the templates of the rule need."""
    joins = [("all", pgettext("of these hold", "All")), ("any", pgettext("of these hold", "Any"))]
    return {"line": shown.line_of(root, staff), "focus": focus, "joins": joins, "catalogue": shown.catalogue()}


def figures(root: builder.Draft, rule: Any, staff: Staff) -> dict[str, Any]:
    """The count of a rule with all that stands around it; ``troubles`` when it cannot be counted."""
    if rule is None:
        return {"troubles": [error for one in root.every() for error in one.errors]}
    now = timezone.now()
    try:
        counted = audiences.count(rule, now=now, staff=staff)
        reached = [_reached(rule, medium, staff, now) for medium in Sender.Medium]
        people = list(audiences.sample(rule, staff, now=now, limit=SAMPLE)) if counted.number else []
        said = sentence(rule, shown.names_of(root, staff))
    except (RuleError, audiences.TooSlow) as error:
        return {"troubles": [getattr(error, "message", str(error))]}
    for one in reached:
        one["share"] = round(100 * one["count"] / counted.number, 1) if counted.number else 0
    asks_place = any(isinstance(leaf, Near) for leaf in leaves(parse(rule)))
    unplaced = scoped.unplaced(staff) if asks_place else 0
    return {"counted": counted, "reached": reached, "sentence": said, "people": people, "unplaced": unplaced}


def _reached(rule: Any, medium: Sender.Medium, staff: Staff, now: datetime) -> dict[str, Any]:
    word, picture = MEDIA[medium]
    return {"label": medium.label, "icon": picture, "count": scoped.reachable(rule, word, staff, now=now)}


def no_store(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
