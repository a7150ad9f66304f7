"""The last look: whom it reaches, who is left out and why, what it costs; then one press."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from campaigns.queries import campaigns as queries
from campaigns.queries import review
from campaigns.rules.content import ContentProblem
from campaigns.services import campaigns, recalls
from members.models import Purpose
from segments.queries.audiences import TooSlow
from segments.rules.tree import RuleError
from stores.access import Permission as P
from stores.models import Sender, Staff
from stores.services.senders import SenderProblem, SendFailed
from web.ui.access import requires
from web.ui.pages import DetailPage

from . import shown
from .editor import HERE
from .forms import EVENTS


class Review(DetailPage):
    """What a launch would do."""

    permission = P.CAMPAIGN_EDIT
    template = "portal/campaigns/review.html"

    def rows(self):
        return queries.for_list(self.request.user).exclude(kind=Campaign.Kind.LOCAL)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.object = self.thing()
        if self.object.status != Campaign.Status.DRAFT:
            return redirect("campaign-detail", pk=self.object.pk)
        return self.render(object=self.object, title=self.object.name)

    def context(self) -> dict[str, Any]:
        campaign, staff, now = self.object, self.request.user, timezone.now()
        member = shown.sample(campaign, staff, now=now)
        return looked_over(campaign, now) | {
            "campaign": campaign, "trail": shown.trail("review", campaign), "member": member,
            "previews": shown.previews(campaign, member), "own": own_address(campaign, staff),
            "problems": campaigns.problems_of(campaign, now=now, undo=undo()), "undo": settings.UNDO_SECONDS,
            "event": EVENTS.get(campaign.trigger, ""),
            "is_marketing": campaign.purpose == Purpose.MARKETING,
            "is_triggered": campaign.kind == Campaign.Kind.TRIGGERED,
        }  # fmt: skip

    def crumbs(self):
        return [HERE]


def looked_over(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """The counts with their exclusions, and the cost in text messages; or why nobody can count now."""
    if campaign.kind == Campaign.Kind.TRIGGERED or not (campaign.segment_id or campaign.snapshot_id):
        return {}
    try:
        found = review.of(campaign, now=now)
    except (RuleError, TooSlow) as error:
        return {"uncounted": getattr(error, "message", str(error))}
    except ContentProblem:
        return {}
    is_sms = campaign.sender is not None and campaign.sender.medium == Sender.Medium.SMS
    short = found.coupons_left is not None and found.coupons_left < found.eligible
    return {"review": found, "cost": found.eligible * found.parts if is_sms else None, "is_short": short}


def own_address(campaign: Campaign, staff: Staff) -> str:
    """Where this person gets a test message; nothing while the address is not known."""
    if campaign.sender is None:
        return ""
    return {Sender.Medium.SMS: staff.phone, Sender.Medium.EMAIL: staff.email}.get(campaign.sender.medium, "")


@require_POST
@requires(P.CAMPAIGN_EDIT)
def test_send(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The message to the person who presses, in the language they chose."""
    campaign = get_object_or_404(queries.for_list(request.user), pk=pk)
    address = own_address(campaign, request.user)
    language = "en" if request.POST.get("language") == "en" else "zh-hans"
    try:
        if not address:
            raise campaigns.CampaignProblem(
                gettext("Your own address for this medium is not known. An administrator adds it.")
            )
        campaigns.test_send(campaign, address, language=language, by=request.user, now=timezone.now())
        messages.success(request, gettext("The test message is on its way to you."))
    except (campaigns.CampaignProblem, ContentProblem, SenderProblem, SendFailed) as problem:
        messages.error(request, str(problem))
    return redirect("campaign-review", pk=pk)


@require_POST
@requires(P.CAMPAIGN_LAUNCH)
def launch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Launch it, once. A second press finds it launched and changes nothing."""
    campaign = get_object_or_404(queries.for_list(request.user), pk=pk)
    if campaign.status != Campaign.Status.DRAFT:
        messages.info(request, gettext("It was launched already. Nothing was sent twice."))
        return redirect("campaign-detail", pk=pk)
    try:
        launched = campaigns.launch(campaign, by=request.user, now=timezone.now(), undo=undo())
    except campaigns.CannotLaunch as problem:
        messages.error(request, str(problem))
        return redirect("campaign-review", pk=pk)
    messages.success(request, told_of(launched))
    return redirect("campaign-detail", pk=pk)


def told_of(launched: Campaign) -> str:
    """What can still be done about it."""
    if not undo() or launched.starts_at > launched.launched_at + undo():
        return gettext("Launched. You can pause or stop it here at any time.")
    told = gettext("Launched. Nothing is sent in the first %(seconds)s seconds: until then you can take it back.")
    return told % {"seconds": settings.UNDO_SECONDS}


def undo() -> timedelta:
    """How long after a launch nothing is sent."""
    return timedelta(seconds=settings.UNDO_SECONDS)


@require_POST
@requires(P.CAMPAIGN_LAUNCH)
def take_back(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A draft again, while nothing was prepared."""
    campaign = get_object_or_404(queries.for_list(request.user), pk=pk)
    try:
        recalls.take_back(campaign, by=request.user, now=timezone.now(), undo=undo())
        messages.success(request, gettext("Taken back. It is a draft again, and nothing was sent."))
    except campaigns.CampaignProblem as problem:
        messages.error(request, str(problem))
    return redirect("campaign-detail", pk=pk)
