"""A launched campaign: how it is doing while it runs, what came of it, and the brakes."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from campaigns.models import Campaign
from campaigns.queries import campaigns as queries
from campaigns.queries import figures, reports
from campaigns.services import campaigns, promotions
from stores import access
from stores.access import Permission as P
from stores.queries import log
from web.ui import htmx
from web.ui.access import requires
from web.ui.pages import DeletePage, DetailPage, EditPage

from ..log.words import lines as words_of
from . import shown
from .editor import HERE
from .forms import EVENTS, NeededReasonForm, ReasonForm
from .tables import whom

Status = Campaign.Status
LIVE = {Status.SCHEDULED, Status.RUNNING, Status.PAUSED}
SOON = timedelta(minutes=2)
COUNTED = 120  # seconds that are counted down


def live_facts(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """What the running part shows."""
    progress, pulse = reports.progress(campaign), figures.pulse(campaign, now=now)
    waiting = max(progress.audience, progress.planned) - progress.planned + progress.waiting + progress.in_flight
    return {
        "object": campaign, "progress": progress, "pulse": pulse, "percent": round(100 * progress.share, 1),
        "whole": max(progress.audience, progress.planned), "done": progress.planned - progress.waiting - progress.in_flight,
        "left": shown.seconds_left(waiting, pulse.speed), "waiting": waiting,
        "is_live": campaign.status in LIVE, "every": _pace(campaign, now), "is_resting": _is_resting(campaign, now),
        "is_held": bool(progress.next_at and progress.next_at > now), "begins_in": _begins_in(campaign, now),
    }  # fmt: skip


def _begins_in(campaign: Campaign, now: datetime) -> int | None:
    """Seconds until it begins, 0 when it is due; None when that is long or was."""
    if not campaign.is_untouched or campaign.status == Status.PAUSED or campaign.starts_at is None:
        return None
    left = ceil((campaign.starts_at - now).total_seconds())
    is_over = campaign.kind == Campaign.Kind.TRIGGERED and left <= 0
    return None if is_over or left > COUNTED else max(left, 0)


def _pace(campaign: Campaign, now: datetime) -> int:
    """Seconds until the page asks again: soon while something may happen."""
    begins = campaign.status == Status.SCHEDULED and campaign.starts_at <= now + SOON
    return 2 if begins or campaign.status == Status.RUNNING else 10


def _is_resting(campaign: Campaign, now: datetime) -> bool:
    sender = campaign.sender
    return bool(sender and sender.closed_until and sender.closed_until > now)


class CampaignPage(DetailPage):
    """The run on top, the results below. A draft goes on where it was left."""

    permission = P.CAMPAIGN_VIEW
    template = "portal/campaigns/page.html"

    def rows(self):
        return queries.for_list(self.request.user).select_related("snapshot", "template").defer("snapshot__bits")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.object = self.thing()
        if self.object.status == Status.DRAFT and access.may(request.user, P.CAMPAIGN_EDIT):
            return redirect(
                "campaign-review" if len(shown.ready(self.object)) > 3 else "campaign-audience", self.object.pk
            )
        return self.render(object=self.object, title=self.object.name)

    def context(self) -> dict[str, Any]:
        campaign, staff = self.object, self.request.user
        results = reports.results(campaign)
        return live_facts(campaign, timezone.now()) | {
            "results": results, "funnel": shown.funnel(campaign, results), "rule": shown.rule_of(results),
            "bought": reverse("campaign-messages", args=[campaign.pk]) + "?did=bought",
            "event": EVENTS.get(campaign.trigger, ""), "whom": whom(campaign),
            "previews": shown.previews(campaign, None), "member": None,
            "lines": words_of(log.of(campaign, limit=8)) if access.may(staff, P.LOG_VIEW) else [],
        }  # fmt: skip

    def crumbs(self):
        return [HERE]


@require_GET
@requires(P.CAMPAIGN_VIEW)
def progress(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The running part alone, every few seconds; when the run is over the whole page comes again."""
    rows = queries.for_list(request.user).select_related("snapshot").defer("snapshot__bits")
    campaign = get_object_or_404(rows, pk=pk)
    if not htmx.is_partial(request):
        return redirect("campaign-detail", pk)
    words = live_facts(campaign, timezone.now())
    response = TemplateResponse(request, "portal/campaigns/live.html", words)
    response["Cache-Control"] = "no-store"
    was_untouched = "untouched" in request.GET and not campaign.is_untouched
    if was_untouched or not words["is_live"]:
        response["HX-Refresh"] = "true"
    return response


class Brake(EditPage):
    """What pausing, going on and stopping share."""

    permission = P.CAMPAIGN_LAUNCH
    form_class = ReasonForm
    refusals = (campaigns.CampaignProblem,)

    def rows(self):
        return queries.for_list(self.request.user)

    def back(self) -> str:
        return reverse("campaign-detail", args=[self.kwargs["pk"]])

    def crumbs(self):
        return [HERE, (self.object.name, self.back())]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "note": self.note}


class Pause(Brake):
    """Hold it."""

    template = "portal/campaigns/brake.html"
    title = submit = _("Pause")
    done = _("Paused. Nothing more leaves until you go on.")
    note = _("What is on its way right now still arrives; everything else waits until you go on.")

    def save(self, form: ReasonForm) -> None:
        campaigns.pause(self.object, by=self.request.user, now=self.now, **form.cleaned_data)


class Resume(Brake):
    """Go on where it was paused."""

    template = "portal/campaigns/brake.html"
    title = submit = _("Go on")
    done = _("It goes on where it was paused.")
    note = _("Nobody gets a message twice. Quiet hours and the cap hold as before.")

    def save(self, form: ReasonForm) -> None:
        campaigns.resume(self.object, by=self.request.user, now=self.now, **form.cleaned_data)


class Cancel(Brake, DeletePage):
    """Stop it for good."""

    form_class = NeededReasonForm
    title = _("Stop the campaign")
    submit = _("Stop for good")
    done = _("Stopped. Whoever had not got the message gets none.")
    note = ""
    question = _("Whoever has not got the message yet never will. Coupons already given stay good.")

    def save(self, form: NeededReasonForm) -> None:
        stop = promotions.stop if self.object.kind == Campaign.Kind.LOCAL else campaigns.cancel
        stop(self.object, by=self.request.user, now=self.now, **form.cleaned_data)
